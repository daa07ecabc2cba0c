// SPDX-License-Identifier: GPL-2.0-only
// How rules hear of a capture.

import type { EventHead } from '../event-head';
import type { SyncSg, SyncSingle, TraceEvent } from '../events';
import type { UnmapCall } from '../calls/account/unmap-account';
import type { LiveMappings } from '../calls/live-mappings';
import type { Mapping } from '../calls/step';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';

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
  /** An unmap of nothing that is known to be in force. */
  strayUnmap?(call: UnmapCall, live: LiveMappings, context: LintContext): void;
  synced?(
    mapping: Mapping,
    state: MappingState,
    event: SyncSingle | SyncSg,
    context: LintContext,
  ): void;
  straySync?(event: SyncSingle | SyncSg, dmaAddr: number, context: LintContext): void;
  /** A mapping whose address was mapped again without an unmap. */
  replaced?(mapping: Mapping, state: MappingState, context: LintContext): void;
  /** A mapping in force at the end of the capture. */
  left?(mapping: Mapping, state: MappingState, context: LintContext): void;
  finish?(context: LintContext): void;
}
