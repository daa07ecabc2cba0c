// SPDX-License-Identifier: GPL-2.0-only
// What `fio --scenario nosync --json` prints; docs/scenarios.schema.json describes it.

/**
 * skips: DMA_ATTR_SKIP_CPU_SYNC at map and unmap, no dma_sync_*, as i915; skips-and-syncs: the same attribute, and a
 * dma_sync_* around each use; syncs: no attribute, and a dma_sync_* around each use.
 */
export const SYNC_DRIVERS = ['skips', 'skips-and-syncs', 'syncs'] as const;
export type SyncDriver = (typeof SYNC_DRIVERS)[number];

/** Bytes that one side wrote, and of them those that the other did not find. */
export interface Transfer {
  readonly bytes: number;
  readonly lost: number;
}

export interface NosyncRow {
  readonly policy: string;
  readonly what_if: string | null;
  readonly driver: SyncDriver;
  /** Of the mapping. */
  readonly bytes: number;
  /** Whether the device reaches the driver's own pages, or others. Read off the translation. */
  readonly mapping: 'own pages' | 'bounce buffer';
  readonly works: boolean;
  /** Written by the CPU into the mapped buffer, read by the device. */
  readonly to_device: Transfer;
  /** The other way round. */
  readonly from_device: Transfer;
  /** What the device wrote last, as the CPU finds it after the unmap. */
  readonly after_unmap: Transfer;
}

export interface NosyncDocument {
  readonly scenario: 'nosync';
  /** No time is involved: the ported code moves real bytes. */
  readonly simulated: true;
  readonly preset: string;
  readonly layout: string;
  readonly seed: number;
  /** How often each side writes and the other reads, the mapping staying. */
  readonly rounds: number;
  readonly rows: readonly NosyncRow[];
}
