// SPDX-License-Identifier: GPL-2.0-only
// What `fio --scenario nosync --json` prints; docs/json.md says more.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { PresetName } from '../../cost';
import type { LayoutName } from '../../jobs';

/**
 * skips: DMA_ATTR_SKIP_CPU_SYNC at map and unmap, no dma_sync_*, as i915; skips-and-syncs: the same attribute, and a
 * dma_sync_* around each use; syncs: no attribute, and a dma_sync_* around each use.
 */
export const SYNC_DRIVERS = ['skips', 'skips-and-syncs', 'syncs'] as const;
export type SyncDriver = (typeof SYNC_DRIVERS)[number];

/** Bytes that one side wrote, and of them those that the other did not find. */
export interface Transfer {
  /** Bytes that one side wrote. */
  readonly bytes: whole_number;
  /** Of these, bytes that the other side did not find. */
  readonly lost: whole_number;
}

export interface NosyncRow {
  /** The way in which memory is protected. */
  readonly policy: string;
  /** Set for a policy that 5.13 did not have: where its code was read. */
  readonly what_if: string | null;
  /** What the driver does about synchronisation. */
  readonly driver: SyncDriver;
  /** Size of the mapping. */
  readonly bytes: whole_number;
  /** Whether the device reaches the driver's own pages, or others. Read off the translation. */
  readonly mapping: 'own pages' | 'bounce buffer';
  /** Whether no byte is lost. */
  readonly works: boolean;
  /** Written by the CPU into the mapped buffer, read by the device. */
  readonly to_device: Transfer;
  /** The other way round. */
  readonly from_device: Transfer;
  /** What the device wrote last, as the CPU finds it after the unmap. */
  readonly after_unmap: Transfer;
}

export interface NosyncDocument {
  /** Drivers that do not sync. */
  readonly scenario: 'nosync';
  /** No time is involved: the ported code moves real bytes. */
  readonly simulated: true;
  /** The machine whose IOMMU is behind the mappings. */
  readonly preset: PresetName;
  /** How the buffers lie in guest memory. */
  readonly layout: LayoutName;
  /** Of everything random. */
  readonly seed: whole_number;
  /** How often each side writes and the other reads, the mapping staying. */
  readonly rounds: whole_number;
  /** One for each policy, size of a mapping, and kind of driver. */
  readonly rows: readonly NosyncRow[];
}
