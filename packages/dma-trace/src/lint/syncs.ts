// SPDX-License-Identifier: GPL-2.0-only
// Syncs of what is not mapped, in the wrong direction, or in a way that a bounce buffer does not survive.

import { ALL_ONES, DMA_BIDIRECTIONAL } from '../event-head';
import type { SyncSg, SyncSingle } from '../events';
import type { Mapping } from '../calls/step';
import type { Check } from './check';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';
import { MOST_PRINTED, bytes, dirName, entries, hex } from './words';

const needs = ['maps', 'syncs'] as const;

const UNMAPPED: Rule = {
  id: 'sync-unmapped',
  severity: 'error',
  summary: 'A buffer is synced after its unmap.',
  dmaDebug: 'the driver syncs DMA memory that it has not allocated',
  needs,
  pairing: true,
  cannotSee: 'Syncs of what the capture never shows mapped.',
  why: 'The memory may belong to others by then; with the pool the kernel follows a null pointer (finding 25).',
  fix: 'Sync before the unmap. The unmap itself makes the data visible, unless SKIP_CPU_SYNC is set.',
};
const OUTSIDE: Rule = {
  id: 'sync-outside',
  severity: 'error',
  summary: 'A sync reaches past the end of its buffer, or begins there.',
  dmaDebug: 'the driver syncs DMA memory outside the mapped range',
  needs,
  pairing: true,
  cannotSee: 'Lists of several DMA segments; syncs that begin after the last page of the buffer.',
  why: 'On machines that are not coherent it discards the cache lines of others; with the pool it copies past the bounce buffer (finding 26).',
  fix: 'Sync at most what was mapped.',
};
const DIRECTION: Rule = {
  id: 'sync-direction',
  severity: 'error',
  summary: 'A buffer is synced with another direction than it was mapped with.',
  dmaDebug: 'the driver syncs DMA memory with another direction',
  needs,
  pairing: true,
  cannotSee: 'Buffers that are mapped BIDIRECTIONAL: any direction is allowed there.',
  why: 'Data is copied or flushed the wrong way, or not at all.',
  fix: 'Sync with the direction of the map call, or map BIDIRECTIONAL.',
};
const ENTRIES: Rule = {
  id: 'sync-list-entries',
  severity: 'error',
  summary: 'A list is synced with another count of entries than it was mapped with.',
  dmaDebug: 'the driver syncs a list with another count of entries',
  needs: ['lists', 'syncs'],
  pairing: true,
  cannotSee: 'Entries after the 128th, which the kernel does not print.',
  why: 'Entries that are left out are not made visible to the other side.',
  fix: 'Give the count that was given to dma_map_sg, not the one that it returned.',
};
const SEGMENT: Rule = {
  id: 'sync-segment',
  severity: 'warning',
  summary: 'A list, or one segment of it, is synced by its address.',
  dmaDebug: null,
  needs: ['lists', 'syncs'],
  pairing: true,
  cannotSee: 'Lists that were mapped before the capture began.',
  why: 'It works without bounce buffers; the pool takes the list for a page and the kernel dies (finding 24).',
  fix: 'Sync lists with dma_sync_sg_for_cpu and dma_sync_sg_for_device.',
};
const COPY: Rule = {
  id: 'sync-list-copy',
  severity: 'warning',
  summary: 'A list is synced by another list: a part of it, or a list over a single buffer.',
  dmaDebug: null,
  needs,
  pairing: true,
  cannotSee: 'A whole copy with the same addresses: the kernel prints no pointer to the list.',
  why: 'The pool knows a list by its pointer: the sync of another one copies nothing, and the data is lost silently (finding 6).',
  fix: 'Sync the scatterlist that was mapped, from its first entry.',
};

/** Walks over what was unmapped. */
const MOST_WALKS = 256;

export class SyncCheck implements Check {
  readonly rules = [UNMAPPED, OUTSIDE, DIRECTION, ENTRIES, SEGMENT, COPY];
  private walks = 0;

  synced(
    mapping: Mapping,
    state: MappingState,
    event: SyncSingle | SyncSg,
    context: LintContext,
  ): void {
    const { device } = mapping;
    const doubt = context.doubtOf(state.mappedNs);
    const at = `mapped at ${context.lineOf(mapping.place)}`;
    if (mapping.dir !== DMA_BIDIRECTIONAL && event.dir !== dirName(mapping.dir))
      context.report(DIRECTION, device, `synced ${event.dir}, ${at} as ${dirName(mapping.dir)}`, {
        doubt,
        kind: `${String(mapping.dir)} ${event.dir}`,
      });
    if (event.kind === 'syncSingle') this.single(mapping, event, at, doubt, context);
    else this.list(mapping, event, at, doubt, context);
  }

  private single(
    mapping: Mapping,
    event: SyncSingle,
    at: string,
    doubt: string | null,
    context: LintContext,
  ): void {
    const { device } = mapping;
    const end = event.dmaAddr - mapping.dmaAddr + event.size;
    // Several segments need not lie behind each other.
    const isOneRange = mapping.form !== 'sg' || mapping.segment === mapping.size;
    if (isOneRange && end > mapping.size)
      context.report(
        OUTSIDE,
        device,
        `synced up to byte ${String(end)} of ${bytes(mapping.size)} (${at})`,
        { doubt, weight: end - mapping.size },
      );
    if (mapping.form === 'sg')
      context.report(SEGMENT, device, `${hex(event.dmaAddr)} belongs to a list ${at}`, { doubt });
  }

  private list(
    mapping: Mapping,
    event: SyncSg,
    at: string,
    doubt: string | null,
    context: LintContext,
  ): void {
    const { device, listKey: key } = mapping;
    const synced = event.dmaAddrs.length;
    const offset = (event.dmaAddrs[0] ?? 0) - mapping.dmaAddr;
    if (mapping.form !== 'sg') {
      context.report(COPY, device, `a list over a buffer of ${mapping.call} ${at}`, {
        doubt,
        kind: 'single',
      });
      return;
    }
    if (offset > 0) {
      context.report(COPY, device, `begins ${bytes(offset)} into the list ${at}`, {
        doubt,
        kind: 'part',
      });
      return;
    }
    const mapped = key === null ? 0 : key.split(',').length;
    if (mapped === 0 || mapped === synced) return;
    if (mapped >= MOST_PRINTED || synced >= MOST_PRINTED) return;
    context.report(ENTRIES, device, `${entries(synced)} synced, ${String(mapped)} ${at}`, {
      doubt,
    });
  }

  straySync(event: SyncSingle | SyncSg, dmaAddr: number, context: LintContext): void {
    if (dmaAddr === ALL_ONES) return;
    const freed =
      context.freed.at(event.device, dmaAddr) ??
      (this.walks++ < MOST_WALKS ? context.freed.around(event.device, dmaAddr) : null);
    if (!freed || dmaAddr >= freed.dmaAddr + freed.size || dmaAddr < freed.dmaAddr) {
      this.behind(event, dmaAddr, context);
      return;
    }
    context.report(
      UNMAPPED,
      event.device,
      `${hex(dmaAddr)} was unmapped at ${context.lineOf(freed.freed)}`,
      { kind: context.kindAfter(UNMAPPED, freed), doubt: context.doubtOf(freed.freedNs) },
    );
  }
  /** A sync that begins behind the end of a buffer, on its last page. */
  private behind(event: SyncSingle | SyncSg, dmaAddr: number, context: LintContext): void {
    const near = this.walks < MOST_WALKS ? context.live.covering(event.device, dmaAddr) : null;
    if (!near || near.form === 'reconstructed' || dmaAddr < near.dmaAddr + near.size) return;
    const bytesIn = dmaAddr - near.dmaAddr;
    context.report(
      OUTSIDE,
      near.device,
      `synced from byte ${String(bytesIn)} of ${bytes(near.size)} on (mapped at ${context.lineOf(near.place)})`,
      {
        weight: bytesIn - near.size,
        kind: 'behind',
        // Without a translation others share the page.
        doubt:
          near.phys === near.dmaAddr
            ? 'the device is not translated: a buffer from before the capture may be there'
            : context.doubtOf(context.stateOf(near).mappedNs),
      },
    );
  }
}
