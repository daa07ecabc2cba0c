// SPDX-License-Identifier: GPL-2.0-only
// Syncs that should be there, as far as a capture shows it: no line says when the CPU or the device looks.

import { DMA_ATTRS } from '../event-head';
import type { SyncSg, SyncSingle, TraceEvent } from '../events';
import type { UnmapCall } from '../calls/account/unmap-account';
import type { Mapping } from '../calls/step';
import type { Check } from './check';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';
import { bytes, deviceReads, deviceWrites } from './words';

const SKIPPED: Rule = {
  id: 'skip-without-sync',
  severity: 'warning',
  summary: 'A map or unmap has SKIP_CPU_SYNC, and no sync makes the data visible.',
  dmaDebug: null,
  needs: ['maps', 'unmaps', 'syncs'],
  pairing: true,
  cannotSee:
    'Devices without any sync event. Whether the buffer was used at all; drivers unmap unused ones without a sync.',
  why: 'With SKIP_CPU_SYNC the driver promises to sync by itself: else the device reads, or the CPU sees, old data wherever the machine bounces or is not coherent.',
  fix: 'Call dma_sync_*_for_device before the device reads and dma_sync_*_for_cpu before the CPU does, or leave SKIP_CPU_SYNC out.',
};
const NOT_RETURNED: Rule = {
  id: 'sync-not-returned',
  severity: 'note',
  summary: 'A buffer is synced for the CPU again, but was not given back to the device.',
  dmaDebug: null,
  needs: ['maps', 'syncs'],
  pairing: true,
  cannotSee:
    'Whether the CPU wrote to the buffer: if it only read, most machines need no sync for the device.',
  why: 'The device works on a buffer that still belongs to the CPU: what the CPU left in its cache may overwrite what the device wrote.',
  fix: 'Call dma_sync_*_for_device before the device may use the buffer again.',
};
const SHORT: Rule = {
  id: 'short-transfer',
  severity: 'note',
  summary: 'Only the start of a buffer is synced for the CPU, then all of it is unmapped.',
  dmaDebug: null,
  needs: ['maps', 'unmaps', 'syncs'],
  pairing: true,
  cannotSee: 'Short transfers without a sync: no line says how much a device wrote.',
  why: 'The unmap copies the whole bounce buffer back: with the pool, old kernel memory or the data of another transfer replaces the rest (finding 1).',
  fix: 'Unmap with SKIP_CPU_SYNC after the sync, or let nobody read past what the device wrote.',
};

const SKIP = DMA_ATTRS.get('SKIP_CPU_SYNC') ?? 0;

export class MissingSyncCheck implements Check {
  readonly rules = [SKIPPED, NOT_RETURNED, SHORT];
  /** Those with a sync of any kind. */
  private readonly devices = new Set<string>();

  event(event: TraceEvent): void {
    if (event.kind === 'syncSingle' || event.kind === 'syncSg') this.devices.add(event.device);
  }

  synced(
    mapping: Mapping,
    state: MappingState,
    event: SyncSingle | SyncSg,
    context: LintContext,
  ): void {
    if (!event.forCpu) {
      state.syncedForDevice = true;
      state.cpuOffset = -1;
      state.cpuBytes = 0;
      return;
    }
    const isList = event.kind === 'syncSg';
    const offset = isList ? 0 : event.dmaAddr - mapping.dmaAddr;
    const size = isList ? mapping.size : event.size;
    state.syncedForCpu = true;
    state.cpuBytes = offset === 0 ? Math.max(state.cpuBytes, size) : Infinity;
    if (state.cpuOffset === offset && deviceWrites(mapping.dir))
      context.report(
        NOT_RETURNED,
        mapping.device,
        `synced for the CPU twice (mapped at ${context.lineOf(mapping.place)})`,
        { doubt: context.doubtOf(state.mappedNs) },
      );
    state.cpuOffset = offset;
  }

  unmappedLate(mapping: Mapping, state: MappingState, call: UnmapCall, context: LintContext): void {
    this.unmapped(mapping, state, call, context);
  }

  unmapped(mapping: Mapping, state: MappingState, call: UnmapCall, context: LintContext): void {
    if (mapping.form !== 'page' && mapping.form !== 'sg') return;
    const { device, dir } = mapping;
    const doubt = context.doubtOf(state.mappedNs);
    const at = `mapped at ${context.lineOf(mapping.place)}`;
    const unmapSkips = (call.attrs & SKIP) !== 0;
    if ((mapping.attrs & SKIP) !== 0 && deviceReads(dir) && !state.syncedForDevice)
      context.report(SKIPPED, device, `${at} with SKIP_CPU_SYNC, never synced for the device`, {
        doubt,
        kind: 'device',
      });
    else if (unmapSkips && deviceWrites(dir) && !state.syncedForCpu)
      context.report(
        SKIPPED,
        device,
        `unmapped with SKIP_CPU_SYNC, never synced for the CPU (${at})`,
        {
          doubt,
          kind: 'cpu',
        },
      );
    const isShort = state.cpuBytes > 0 && state.cpuBytes < mapping.size;
    if (isShort && !unmapSkips && deviceWrites(dir))
      context.report(
        SHORT,
        device,
        `${bytes(state.cpuBytes)} of ${bytes(mapping.size)} synced, then all unmapped (${at})`,
        { doubt },
      );
  }

  finish({ findings }: LintContext): void {
    // Without any: not recorded, or left out by the kernel since the device is coherent.
    findings.drop(SKIPPED, (device) => device === null || !this.devices.has(device));
  }
}
