// SPDX-License-Identifier: GPL-2.0-only
// The obs_* events of a kernel with the series: DMA API calls and every decision of its pool, by trace_printk.
import type { Direction, EventHead } from './event-head';

/** A DMA API call on one page range; `phys` is where the data lies, not where it bounces. */
export interface ObsMapPage extends EventHead {
  kind: 'obsMapPage';
  device: string;
  dir: Direction;
  phys: number;
  size: number;
  attrs: number;
  dmaAddr: number;
}

export interface ObsUnmapPage extends EventHead {
  kind: 'obsUnmapPage';
  device: string;
  dir: Direction;
  dmaAddr: number;
  size: number;
  attrs: number;
}

/** One input entry of the scatterlist of the ObsMapSg that follows in the same context. */
export interface ObsSgEnt extends EventHead {
  kind: 'obsSgEnt';
  index: number;
  phys: number;
  length: number;
}

export interface ObsMapSg extends EventHead {
  kind: 'obsMapSg';
  device: string;
  dir: Direction;
  /** A kernel pointer: 16 hex digits, good for pairing only. */
  sgl: string;
  nents: number;
  total: number;
  attrs: number;
  ret: number;
  dmaAddr: number;
  dmaLength: number;
}

export interface ObsUnmapSg extends EventHead {
  kind: 'obsUnmapSg';
  device: string;
  dir: Direction;
  sgl: string;
  nents: number;
  attrs: number;
  dmaAddr: number;
  dmaLength: number;
}

/** A slot of a class left the cache of its protection, or the list of slots without pages. */
export interface ObsPoolTake extends EventHead {
  kind: 'obsPoolTake';
  from: 'cache' | 'empty';
  classSize: number;
  slot: number;
  prot: number;
}

/** A slot taken from the empty list got its pages and was mapped. */
export interface ObsPoolFill extends EventHead {
  kind: 'obsPoolFill';
  classSize: number;
  slot: number;
  prot: number;
  iova: number;
}

/** `size` includes the offset into the page: what the class was chosen by. */
export interface ObsPoolMap extends EventHead {
  kind: 'obsPoolMap';
  classIndex: number;
  classSize: number;
  slot: number;
  size: number;
  prot: number;
  iova: number;
}

export interface ObsPoolUnmap extends EventHead {
  kind: 'obsPoolUnmap';
  classSize: number;
  slot: number;
  prot: number;
  dmaAddr: number;
}

/** No slot left in the class: the mapping fell back to the plain path. */
export interface ObsPoolFull extends EventHead {
  kind: 'obsPoolFull';
  classIndex: number;
  classSize: number;
  size: number;
  prot: number;
}

/** Larger than the largest class: the mapping fell back to the plain path. */
export interface ObsPoolTooBig extends EventHead {
  kind: 'obsPoolTooBig';
  size: number;
  prot: number;
}

export interface ObsPoolEvictRun extends EventHead {
  kind: 'obsPoolEvictRun';
  teardown: boolean;
}

export interface ObsPoolEvictTake extends EventHead {
  kind: 'obsPoolEvictTake';
  classSize: number;
  slot: number;
  prot: number;
}

export interface ObsPoolEvict extends EventHead {
  kind: 'obsPoolEvict';
  classSize: number;
  slot: number;
  iova: number;
}

/** The evicted slot is back on the empty list. */
export interface ObsPoolRelease extends EventHead {
  kind: 'obsPoolRelease';
  classSize: number;
  slot: number;
}

export type PoolEvent =
  | ObsMapPage
  | ObsUnmapPage
  | ObsSgEnt
  | ObsMapSg
  | ObsUnmapSg
  | ObsPoolTake
  | ObsPoolFill
  | ObsPoolMap
  | ObsPoolUnmap
  | ObsPoolFull
  | ObsPoolTooBig
  | ObsPoolEvictRun
  | ObsPoolEvictTake
  | ObsPoolEvict
  | ObsPoolRelease;
