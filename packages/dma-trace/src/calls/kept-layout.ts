// SPDX-License-Identifier: GPL-2.0-only
// How a step is written as words of 32 bits and doubles: kept-steps.ts writes, kept-reader.ts reads.

import {
  type CallForm,
  type EntrySource,
  type Mapping,
  type RecordedMap,
  type RecordedUnmap,
  pageCeil,
  pageFloor,
  rangeEnd,
  rangeStart,
} from './step';
import type { Texts } from './numbers';

/** A step's kind is its place here. */
export const KINDS = ['map', 'unmap', 'sync'] as const;
/** Eight: a form has three bits. */
export const FORMS: readonly CallForm[] = [
  ...(['page', 'resource', 'sg', 'coherent', 'pages', 'noncontiguous'] as const),
  ...(['iova', 'reconstructed'] as const),
];
export const SOURCES: readonly EntrySource[] = [
  ...(['recorded', 'chunks', 'layout', 'unfitting'] as const),
  ...(['partial', 'cut', 'reconstructed'] as const),
];

// The first word of a step: kind, whether its time is far from that of the step before, CPU, flags, file. NAME_AT is the first bit.
export const KIND = 3;
export const FAR = 1 << 2;
export const CPU_AT = 3;
export const FLAGS_AT = 15;
export const FILE_AT = 23;
export const CPUS = 1 << 12;
export const FLAGS = 1 << 8;
export const FILES = 1 << 9;
// The fourth word of a map: device, form, direction, attributes, may sleep, call, source of the entries.
export const DEVICES = 1 << 10;
export const FORM_AT = 10;
export const DIR_AT = 13;
export const ATTRS_AT = 14;
export const CALL_AT = 25;
export const CALLS = 1 << 4;
export const MAY_SLEEP = 1 << 24;
/** In the word with the number of a mapping: one iommu:map over its pages, no entries. */
export const PLAIN = 2 ** 31;
/** Neither of them. */
export const BARE = 2 ** 30;
export const MOST_PIECES = 1 << 16;
// The fourth word of an unmap, and of a sync: direction. Of an unmap then: attributes, and these.
export const DIR = 3;
export const UNMAP_ATTRS_AT = 1;
export const IMPLIED = 1 << 11;
export const OWN_SIZE = 1 << 12;
export const OWN_ADDRESS = 1 << 13;
export const USUAL_RECORDED = 1 << 14;
export const LIST_RECORDED = 1 << 15;
export const FOR_CPU = 1 << 2;

/** Texts that steps have the numbers of. */
export interface KeptTexts {
  readonly flags: Texts;
  readonly files: Texts;
  readonly devices: Texts;
  readonly calls: Texts;
}

/** The iommu:map that a mapping of one run of pages has. */
export function usualMap(dmaAddr: number, phys: number, size: number): RecordedMap {
  const iova = pageFloor(dmaAddr);
  return { iova, paddr: pageFloor(phys), size: pageCeil(dmaAddr + size) - iova };
}

/** Whether that is the only one. */
export function hasUsualMap({ maps, size, dmaAddr, phys }: Mapping): boolean {
  const map = maps[0];
  if (!map || maps.length !== 1) return false;
  const iova = pageFloor(dmaAddr);
  const isThere = map.iova === iova && map.paddr === pageFloor(phys);
  return isThere && map.size === pageCeil(dmaAddr + size) - iova;
}

/** The iommu:unmap that a mapping has. */
export function usualUnmap(mapping: Mapping): RecordedUnmap {
  const iova = rangeStart(mapping);
  const size = rangeEnd(mapping) - iova;
  return { iova, size, unmapped: size };
}

export function isUsualUnmap(unmap: RecordedUnmap | undefined, mapping: Mapping): boolean {
  if (!unmap) return false;
  const { iova, size, unmapped } = unmap;
  const start = rangeStart(mapping);
  return iova === start && size === unmapped && size === rangeEnd(mapping) - start;
}
