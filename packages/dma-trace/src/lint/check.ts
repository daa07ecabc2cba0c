// SPDX-License-Identifier: GPL-2.0-only
// How rules hear of a capture.

import type { EventHead } from '../event-head';
import type { SyncSg, SyncSingle, TraceEvent } from '../events';
import type { UnmapCall } from '../calls/account/unmap-account';
import type { LiveMappings } from '../calls/live-mappings';
import type { Mapping, Place } from '../calls/step';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';

/** A mapping whose address was mapped again, and where. */
export interface Unended {
  readonly state: MappingState;
  readonly place: Place;
  readonly timeNs: number;
  /** Why it may be none, by the lines up to there. */
  readonly doubt: string | null;
}

/** One rule, or a few that look at the same lines. What it does not care for it leaves out. */
export interface Check {
  readonly rules: readonly Rule[];
  /** Any line, before the calls are told of it. */
  event?(event: TraceEvent, context: LintContext): void;
  mapped?(mapping: Mapping, state: MappingState, context: LintContext): void;
  /** A mapping in force was unmapped. */
  unmapped?(mapping: Mapping, state: MappingState, call: UnmapCall, context: LintContext): void;
  /** The unmap before was not that of `stays`, but that of another list of the same memory. */
  exchanged?(stays: Mapping, ended: Mapping): void;
  /** A map call that failed. */
  failed?(device: string, event: EventHead, context: LintContext): void;
  /** An unmap of nothing that is known to be in force; `endedNs`: when its iommu:unmap was logged, Infinity if not known. */
  strayUnmap?(call: UnmapCall, live: LiveMappings, context: LintContext, endedNs: number): void;
  synced?(
    mapping: Mapping,
    state: MappingState,
    event: SyncSingle | SyncSg,
    context: LintContext,
  ): void;
  straySync?(event: SyncSingle | SyncSg, dmaAddr: number, context: LintContext): void;
  /** The address of a mapping was mapped again; its unmap is logged late, or not at all. */
  replaced?(mapping: Mapping, state: MappingState, context: LintContext): void;
  /** It is logged late: the mapping ended before. */
  unmappedLate?(mapping: Mapping, state: MappingState, call: UnmapCall, context: LintContext): void;
  /** It is not logged at all. */
  neverUnmapped?(mapping: Mapping, unended: Unended, context: LintContext): void;
  /** A mapping in force at the end of the capture. */
  left?(mapping: Mapping, state: MappingState, context: LintContext): void;
  finish?(context: LintContext): void;
}
