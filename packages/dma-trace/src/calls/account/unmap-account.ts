// SPDX-License-Identifier: GPL-2.0-only
// Unmaps that are not the mirror of their map, and unmaps of what is not mapped.

import type { dma_data_direction } from '@iommu-bounce/linux-shim';
import type { DmaFree, IovaDestroy, IovaPiece, UnmapPage, UnmapSg } from '../../events';
import type { ObsUnmapPage, ObsUnmapSg } from '../../pool-events';
import { DIRECTIONS } from '../../event-head';
import type { LiveMappings } from '../live-mappings';
import {
  type CallForm,
  type Mapping,
  type Place,
  formName,
  mapCallOf,
  rangeEnd,
  rangeStart,
} from '../step';
import { type FreedMapping, type FreedMappings, shortListKey } from './freed-mappings';
import { type Before, type MappedBuffer, LISTED, type Seen, seen } from './seen';

/** What ends a mapping. */
export type UnmapCall =
  | UnmapPage
  | UnmapSg
  | DmaFree
  | IovaPiece
  | IovaDestroy
  | ObsUnmapPage
  | ObsUnmapSg;

/** `call`: by the counterpart of another call. `address`: at an address inside of it. `entries`: of a list. */
export type UnmapDifference = 'size' | 'direction' | 'call' | 'address' | 'entries';

export interface UnmapSide {
  readonly form: CallForm;
  /** The map call that it belongs to, by the name that the recorded kernel gives it. */
  readonly call: string;
  /** Null where the line has none. */
  readonly dir: dma_data_direction | null;
  /** Bytes; null where the line has none. */
  readonly size: number | null;
  readonly dmaAddr: number | null;
  /** Of a list. */
  readonly entries: number | null;
}

export interface DifferentUnmap extends Seen {
  readonly device: string;
  readonly what: readonly UnmapDifference[];
  readonly mappedAt: Place | null;
  readonly map: UnmapSide;
  readonly unmap: UnmapSide;
}

export interface StrayUnmap extends Seen, UnmapSide {
  readonly device: string;
  /** The unmap before; null where the capture has neither a map nor an unmap of it. */
  readonly before: Before | null;
  /** Another device that has a buffer mapped at this address. */
  readonly heldBy: string | null;
}

export class UnmapAccount {
  /** Unmaps that differ from their map, and of these how many in what. */
  different = 0;
  readonly differentIn: Record<UnmapDifference, number> = {
    size: 0,
    direction: 0,
    call: 0,
    address: 0,
    entries: 0,
  };
  readonly firstDifferent: DifferentUnmap[] = [];
  /** Unmaps of what was unmapped before and not mapped since. */
  second = 0;
  readonly firstSecond: StrayUnmap[] = [];
  /** Unmaps of what the capture never shows mapped. */
  notMapped = 0;
  readonly firstNotMapped: StrayUnmap[] = [];

  constructor(private readonly freed: FreedMappings) {}

  /** An unmap that was paired with its map. */
  paired(mapping: Mapping, call: UnmapCall, file: string): void {
    const freed = { place: { file, line: call.line }, timeNs: call.timeNs };
    this.freed.add(freedFrom(mapping, freed), listName(call));
    const unmap = unmapSide(call);
    const sameSize = unmap.size === null || unmap.size === mapping.size;
    const sameDir = unmap.dir === null || unmap.dir === mapping.dir;
    const sameForm = unmap.form === mapping.form;
    if (sameSize && sameDir && sameForm) return;
    const what: UnmapDifference[] = [];
    if (!sameSize) what.push('size');
    if (!sameDir) what.push('direction');
    if (!sameForm) what.push('call');
    this.differ(seen(call, file), mapping, what, mapSide(mapping), unmap);
  }

  /** Another list of the same memory was the one that was unmapped. */
  exchanged(wrong: Mapping, right: Mapping, at: Seen): void {
    this.freed.remove(wrong.device, wrong.dmaAddr);
    this.freed.add(freedFrom(right, at), null);
  }

  /** An unmap without a map. */
  stray(at: Seen, call: UnmapCall | null, live: LiveMappings, endedNs: number): void {
    if (!call) {
      this.notMapped++;
      return;
    }
    const unmap = unmapSide(call);
    const near = nearMapping(call, live, endedNs);
    if (near) {
      const what = unmap.dmaAddr === null ? 'entries' : 'address';
      this.differ(at, near, [what], mapSide(near), unmap);
      return;
    }
    const list = listName(call);
    const { device } = call;
    const before =
      unmap.dmaAddr === null
        ? this.freed.list(device, list ?? '')
        : this.freed.at(device, unmap.dmaAddr);
    const stray: StrayUnmap = {
      ...at,
      ...unmap,
      device,
      before: before && beforeOf(before, at),
      heldBy: unmap.dmaAddr === null ? null : live.holder(unmap.dmaAddr, device),
    };
    if (before) {
      this.second++;
      if (this.firstSecond.length < LISTED) this.firstSecond.push(stray);
      return;
    }
    this.notMapped++;
    if (this.firstNotMapped.length < LISTED) this.firstNotMapped.push(stray);
    this.freed.add(
      {
        device,
        form: unmap.form,
        call: unmap.call,
        dir: unmap.dir ?? 0,
        dmaAddr: unmap.dmaAddr ?? 0,
        size: unmap.size ?? 0,
        mapped: null,
        start: 0,
        end: 0,
        freed: at.place,
        freedNs: at.timeNs,
      },
      list,
    );
  }

  private differ(
    at: Seen,
    mapping: Mapping,
    what: readonly UnmapDifference[],
    map: UnmapSide,
    unmap: UnmapSide,
  ): void {
    this.different++;
    for (const one of what) this.differentIn[one]++;
    if (this.firstDifferent.length < LISTED)
      this.firstDifferent.push({
        ...at,
        device: mapping.device,
        what,
        mappedAt: mapping.place,
        map,
        unmap,
      });
  }
}

export function bufferOf(mapping: Mapping): MappedBuffer {
  const { device, form, call, dir, dmaAddr, size, place } = mapping;
  return { device, form, call, dir, dmaAddr, size, mapped: place };
}

export function beforeOf(freed: FreedMapping, at: Seen): Before {
  return { place: freed.freed, agoNs: at.timeNs - freed.freedNs };
}

function freedFrom(mapping: Mapping, at: Pick<Seen, 'place' | 'timeNs'>): FreedMapping {
  const start = rangeStart(mapping);
  const end = rangeEnd(mapping);
  const { device, form, call, dir, dmaAddr, size, place: mapped } = mapping;
  const { place: freed, timeNs: freedNs } = at;
  return { device, form, call, dir, dmaAddr, size, mapped, start, end, freed, freedNs };
}

export function mapSide(mapping: Mapping): UnmapSide {
  const { form, call, dir, size, dmaAddr, listEntries: entries } = mapping;
  return { form, call, dir, size, dmaAddr, entries };
}

export function unmapSide(call: UnmapCall): UnmapSide {
  const dir = call.dir === null ? null : directionOf(call.dir);
  switch (call.kind) {
    case 'unmapPage':
      return pageSide(call, dir);
    case 'obsUnmapPage':
      return side('page', dir, call.size, call.dmaAddr);
    case 'unmapSg':
      return side('sg', dir, null, null, call.physAddrs.length);
    case 'obsUnmapSg':
      return side('sg', dir, null, call.dmaAddr);
    case 'iovaDestroy':
      return side('iova', dir, call.size, call.dmaAddr);
    case 'iovaLink':
    case 'iovaUnlink':
      return side('iova', dir, call.size, call.dmaAddr + call.offset);
    case 'dmaFree': {
      const forms = { coherent: 'coherent', pages: 'pages', sgt: 'noncontiguous' } as const;
      const form = call.form === 'sgtErr' ? 'noncontiguous' : forms[call.form];
      return side(form, dir, call.size, call.dmaAddr);
    }
  }
}

function pageSide(call: UnmapPage, dir: UnmapSide['dir']): UnmapSide {
  const { resource, size, dmaAddr } = call;
  const form = resource ? 'resource' : 'page';
  return { form, call: mapCallOf(call), dir, size, dmaAddr, entries: null };
}

function side(
  form: CallForm,
  dir: UnmapSide['dir'],
  size: number | null,
  dmaAddr: number | null,
  entries: number | null = null,
): UnmapSide {
  return { form, call: formName(form), dir, size, dmaAddr, entries };
}

/** As the mappings have it: NONE counts as both ways. */
function directionOf(dir: (typeof DIRECTIONS)[number]): dma_data_direction {
  const number = DIRECTIONS.indexOf(dir);
  return number === 1 || number === 2 ? number : 0;
}

function listName(call: UnmapCall): string | null {
  return call.kind === 'unmapSg' ? shortListKey(call.physAddrs) : null;
}

/**
 * A mapping in force that the caller may have meant: around the address, or behind it in its page, or a list that begins with
 * the same memory. Not one that was mapped after the pages had been unmapped: the line is a late one, of a buffer from before the
 * capture.
 */
export function nearMapping(call: UnmapCall, live: LiveMappings, endedNs: number): Mapping | null {
  if (call.kind === 'unmapSg') return live.listFrom(call.device, call.physAddrs);
  const near = live.around(call.device, call.dmaAddr) ?? live.behind(call.device, call.dmaAddr);
  return near !== null && near.mappedNs <= endedNs ? near : null;
}
