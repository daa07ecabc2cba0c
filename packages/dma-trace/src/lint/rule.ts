// SPDX-License-Identifier: GPL-2.0-only
// What a rule is: its texts and what it needs; and what is kept of a mapping for rules.

import type { Stay } from './stayers';

/** From the worst on. */
export const SEVERITIES = ['error', 'warning', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Lines without which a rule cannot be checked. */
export type Need =
  | 'maps'
  | 'unmaps'
  | 'lists'
  | 'syncs'
  | 'faults'
  | 'log'
  | 'groups'
  | 'coherency';

export interface Rule {
  /** Stable: scripts and `--ignore` name it. */
  readonly id: string;
  readonly severity: Severity;
  /** What it finds, in one sentence. */
  readonly summary: string;
  /** What CONFIG_DMA_API_DEBUG says of it, in our words; null if it does not know it. */
  readonly dmaDebug: string | null;
  readonly needs: readonly Need[];
  /** It joins several lines: where one of them may be missing it gives only notes. */
  readonly pairing: boolean;
  /** What it cannot see. */
  readonly cannotSee: string;
  readonly why: string;
  readonly fix: string;
}

/** What is known of a mapping in force beside its line. */
export interface MappingState {
  /** Of the line that mapped it, nanoseconds. */
  readonly mappedNs: number;
  /** Its place among those of its kind; null: it has none. */
  stay: Stay | null;
  syncedForDevice: boolean;
  syncedForCpu: boolean;
  /** Bytes into it of the latest sync for the CPU that no sync for the device followed; -1: none. */
  cpuOffset: number;
  /** Bytes of the longest sync for the CPU since then, all of them from its start on; Infinity if one began elsewhere. */
  cpuBytes: number;
}
