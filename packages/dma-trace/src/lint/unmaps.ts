// SPDX-License-Identifier: GPL-2.0-only
// Unmaps that are not the mirror of their map, and unmaps of what is not mapped.

import { ALL_ONES, type EventHead } from '../event-head';
import type { MapPage, MapSg, MapSgErr, TraceEvent } from '../events';
import { shortListKey } from '../calls/account/freed-mappings';
import { type UnmapCall, mapSide, nearMapping, unmapSide } from '../calls/account/unmap-account';
import type { LiveMappings } from '../calls/live-mappings';
import type { Mapping, Place } from '../calls/step';
import type { Check } from './check';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';
import { bytes, dirName, entries, hex } from './words';

const needs = ['maps', 'unmaps'] as const;

const DOUBLE: Rule = {
  id: 'double-unmap',
  severity: 'error',
  summary: 'A buffer is unmapped twice and was not mapped in between.',
  dmaDebug: 'the driver frees DMA memory that it has not allocated',
  needs,
  pairing: true,
  cannotSee: 'Unmaps of what was mapped before the capture began, if they come once.',
  why: 'The address may belong to another buffer by then, which loses its mapping; in the pool a second unmap corrupts the list of free buffers (finding 22).',
  fix: 'Unmap in one place only, and forget the address when you do.',
};
const SIZE: Rule = {
  id: 'unmap-size',
  severity: 'error',
  summary: 'A buffer is unmapped with another size than it was mapped with.',
  dmaDebug: 'the driver frees DMA memory with another size',
  needs,
  pairing: true,
  cannotSee: 'Lists: dma_unmap_sg prints no size.',
  why: 'A smaller size leaves a part mapped, and a bounce buffer copies back only that many bytes; a larger one unmaps what belongs to others.',
  fix: 'Keep the size of the map call (dma_unmap_len_set) and unmap with it.',
};
const DIRECTION: Rule = {
  id: 'unmap-direction',
  severity: 'error',
  summary: 'A buffer is unmapped with another direction than it was mapped with.',
  dmaDebug: 'the driver frees DMA memory with another direction',
  needs,
  pairing: true,
  cannotSee: 'Lists whose memory is mapped twice at once.',
  why: 'The direction of the unmap decides what is copied back: a bounce buffer that nobody wrote overwrites the data, or the data of the device is lost.',
  fix: 'Unmap with the direction of the map call.',
};
const CALL: Rule = {
  id: 'unmap-call',
  severity: 'error',
  summary: 'A buffer is unmapped by the counterpart of another call.',
  dmaDebug: 'the driver frees DMA memory with the wrong function',
  needs,
  pairing: true,
  cannotSee: 'dma_map_single and dma_map_page: the kernel prints both alike.',
  why: 'Each kind of mapping has its own bookkeeping, which the other call does not undo.',
  fix: 'Use the unmap or free call that belongs to the map or allocation call.',
};
const ADDRESS: Rule = {
  id: 'unmap-address',
  severity: 'error',
  summary: 'An unmap names an address inside a buffer or before it in its page, not its start.',
  dmaDebug: 'the driver frees DMA memory that it has not allocated',
  needs,
  pairing: true,
  cannotSee: 'Buffers that were mapped before the capture began.',
  why: 'The IOMMU unmaps whole pages from that address on, and the start of the buffer stays mapped.',
  fix: 'Unmap with the address that the map call returned.',
};
const ENTRIES: Rule = {
  id: 'unmap-list-entries',
  severity: 'error',
  summary: 'A list is unmapped with other entries than it was mapped with.',
  dmaDebug: 'the driver frees a list with another count of entries',
  needs: ['lists', 'unmaps'],
  pairing: true,
  cannotSee:
    'Which entries follow the 128th: dma_map_sg prints only how many there are, or not even that.',
  why: 'Entries that are left out stay mapped; the pool takes another list for one that it does not know and copies nothing back (finding 6).',
  fix: 'Unmap the same list with the count that was given to dma_map_sg, not with the one that it returned.',
};
const OTHER_DEVICE: Rule = {
  id: 'unmap-other-device',
  severity: 'error',
  summary: 'A buffer is unmapped for another device than it was mapped for.',
  dmaDebug: 'the driver frees DMA memory that it has not allocated',
  needs,
  pairing: true,
  cannotSee:
    'Whether the device had a buffer of its own there from before the capture, unless events of iommu groups show that both devices share their addresses: else it is a note.',
  why: 'The buffer stays mapped for its device, and the other one loses what it may have at that address.',
  fix: 'Give the unmap the struct device of the map call.',
};
const FAILED: Rule = {
  id: 'failed-mapping-used',
  severity: 'error',
  summary: 'The result of a map call that failed is unmapped or synced.',
  dmaDebug: 'the driver frees an invalid DMA address',
  needs: ['maps'],
  pairing: false,
  cannotSee: 'Whether the driver looked at the result: only its use is seen.',
  why: 'The address is no address: the device writes to it or faults, and the unmap may hit what others have mapped.',
  fix: 'Check each address with dma_mapping_error(), and the count that dma_map_sg returns; stop there.',
};
const MAP_FAILED: Rule = {
  id: 'map-failed',
  severity: 'note',
  summary: 'A map call failed.',
  dmaDebug: null,
  needs: ['maps'],
  pairing: false,
  cannotSee: 'dma_map_sg of kernels without dma_map_sg_err.',
  why: 'It is no bug of the driver, but drivers often do not check it.',
  fix: 'Look in the kernel log for the reason: no addresses left, a full swiotlb, a mask that is too small.',
};

const MOST_FAILED_LISTS = 256;

export class UnmapCheck implements Check {
  readonly rules = [
    DOUBLE,
    SIZE,
    DIRECTION,
    CALL,
    ADDRESS,
    ENTRIES,
    OTHER_DEVICE,
    FAILED,
    MAP_FAILED,
  ];
  /** The iommu group of each device: its devices have the same addresses. */
  private readonly groups = new Map<string, number>();
  /** Where a list could not be mapped, by device and list. */
  private readonly failedLists = new Map<string, Place>();

  unmappedLate(mapping: Mapping, state: MappingState, call: UnmapCall, context: LintContext): void {
    this.unmapped(mapping, state, call, context);
  }

  unmapped(mapping: Mapping, state: MappingState, call: UnmapCall, context: LintContext): void {
    const [map, unmap] = [mapSide(mapping), unmapSide(call)];
    const { device } = mapping;
    const doubt = context.doubtOf(state.mappedNs);
    const at = `mapped at ${context.lineOf(mapping.place)}`;
    if (unmap.size !== null && unmap.size !== map.size)
      context.report(
        SIZE,
        device,
        `unmapped with ${bytes(unmap.size)}, mapped with ${bytes(map.size ?? 0)} (${at})`,
        { doubt, kind: unmap.size < (map.size ?? 0) ? 'less' : 'more' },
      );
    if (unmap.dir !== null && unmap.dir !== map.dir && !isAmbiguous(call, context))
      context.report(
        DIRECTION,
        device,
        `unmapped ${dirName(unmap.dir)}, ${at} as ${dirName(map.dir ?? 0)}`,
        { doubt, kind: `${String(map.dir)} ${String(unmap.dir)}` },
      );
    if (unmap.form !== map.form)
      context.report(
        CALL,
        device,
        `${at} by ${map.call}, ended by the counterpart of ${unmap.call}`,
        { doubt, kind: `${map.form} ${unmap.form}` },
      );
  }

  strayUnmap(call: UnmapCall, live: LiveMappings, context: LintContext, endedNs: number): void {
    const unmap = unmapSide(call);
    const { device } = call;
    // A tool that prints no entries of a list.
    if (call.kind === 'unmapSg' && call.physAddrs.length === 0) return;
    const list = call.kind === 'unmapSg' ? shortListKey(call.physAddrs) : null;
    if (unmap.dmaAddr === ALL_ONES) {
      context.report(FAILED, device, 'unmapped the address that means a failed map call');
      return;
    }
    const failedAt = list === null ? undefined : this.failedLists.get(`${device} ${list}`);
    if (failedAt !== undefined) {
      context.report(
        FAILED,
        device,
        `unmapped a list whose map failed at ${context.lineOf(failedAt)}`,
      );
      return;
    }
    const near = nearMapping(call, live, endedNs);
    if (near) {
      this.inside(call, near, context);
      return;
    }
    const before =
      unmap.dmaAddr === null
        ? context.freed.list(device, list ?? '')
        : context.freed.at(device, unmap.dmaAddr);
    if (!before) this.ofOther(call, live, context);
    else
      context.report(
        DOUBLE,
        device,
        `${unmap.dmaAddr === null ? 'a list' : hex(unmap.dmaAddr)} was unmapped before at ${context.lineOf(before.freed)}`,
        {
          // What another call had there may have been mapped by this one since.
          kind: context.kindAfter(DOUBLE, {
            device,
            form: unmap.form,
            call: unmap.call,
            mapped: unmap.form === before.form ? before.mapped : null,
          }),
          doubt: context.doubtOf(before.freedNs) ?? context.doubtOfSecond(device),
        },
      );
  }

  /** Of a mapping of another device, if it is like it. */
  private ofOther(call: UnmapCall, live: LiveMappings, context: LintContext): void {
    const { dmaAddr, dir, size } = unmapSide(call);
    const { device } = call;
    if (dmaAddr === null) return;
    const mapping = live.at(live.holder(dmaAddr, device) ?? '', dmaAddr);
    if (mapping?.size !== size || (dir !== null && mapping.dir !== dir)) return;
    const group = this.groups.get(device);
    const isShared = group !== undefined && group === this.groups.get(mapping.device);
    context.report(
      OTHER_DEVICE,
      device,
      `${hex(mapping.dmaAddr)} was mapped for ${mapping.device} at ${context.lineOf(mapping.place)}`,
      {
        kind: mapping.device,
        doubt: isShared
          ? context.doubtOf(context.stateOf(mapping).mappedNs)
          : 'each device may have addresses of its own, and a buffer there from before the capture',
      },
    );
  }

  private inside(call: UnmapCall, near: Mapping, context: LintContext): void {
    const { device } = call;
    const at = `mapped at ${context.lineOf(near.place)}`;
    const lost = context.doubtOf(context.stateOf(near).mappedNs);
    if (call.kind === 'unmapSg') {
      const counts = `${entries(call.physAddrs.length)} unmapped, ${String(near.listEntries)}`;
      context.report(ENTRIES, device, `${counts} ${at}`, { doubt: lost });
      return;
    }
    const { dmaAddr } = unmapSide(call);
    // Without a translation the address is that of memory, and a smaller mapping may lie inside a larger one.
    const doubt =
      near.phys === near.dmaAddr ? 'the device is not translated: two mappings may overlap' : lost;
    const offset = (dmaAddr ?? 0) - near.dmaAddr;
    const where = offset < 0 ? `${bytes(-offset)} before` : `${bytes(offset)} into`;
    context.report(ADDRESS, device, `${where} a buffer ${at}`, { doubt });
  }

  straySync(_event: unknown, dmaAddr: number, context: LintContext): void {
    if (dmaAddr === ALL_ONES)
      context.report(FAILED, null, 'synced the address that means a failed map call');
  }

  event(event: TraceEvent, context: LintContext): void {
    if (event.kind === 'groupAdd') this.groups.set(event.device, event.group);
    else if (event.kind === 'groupRemove') this.groups.delete(event.device);
    if (event.kind === 'mapSgErr') {
      if (this.failedLists.size >= MOST_FAILED_LISTS) this.failedLists.clear();
      this.failedLists.set(failedKey(event), context.place);
    } else if (event.kind === 'mapSg' && this.failedLists.size > 0)
      this.failedLists.delete(failedKey(event));
  }

  failed(device: string, event: EventHead, context: LintContext): void {
    if (isOther(event)) return;
    context.report(MAP_FAILED, device, 'a map call failed');
  }
}

const failedKey = ({ device, physAddrs }: MapSg | MapSgErr): string =>
  `${device} ${shortListKey(physAddrs)}`;

/** Nothing was to be mapped: another rule. */
function isOther(event: EventHead): boolean {
  const { kind, size, sizes } = event as Partial<MapPage> & Partial<Omit<MapSg, 'kind'>>;
  return kind === 'mapPage' ? size === 0 : (sizes?.every((one) => one === 0) ?? false);
}

/** The same memory is mapped by another list, too: which one ended is not told by its addresses. */
function isAmbiguous(call: UnmapCall, { live }: LintContext): boolean {
  return call.kind === 'unmapSg' && live.lists(call.device, call.physAddrs).length > 0;
}
