// SPDX-License-Identifier: GPL-2.0-only
// An account of a capture that also tells the rules of each call, in the order of the lines.

import type { EventHead } from '../event-head';
import type { SyncSg, SyncSingle, TraceEvent } from '../events';
import { CaptureAccount } from '../calls/account/capture-account';
import { type UnmapCall, unmapSide } from '../calls/account/unmap-account';
import type { LiveMappings } from '../calls/live-mappings';
import type { Mapping } from '../calls/step';
import type { TraceFacts } from '../facts';
import type { Check, Unended } from './check';
import { LintContext } from './context';
import type { OnOccurrence } from './findings';

/** Requests made of iommu:* events: no driver called for them as such, so no rule of calls holds. */
const isCall = ({ form }: Mapping): boolean => form !== 'reconstructed';

export class LintWatch extends CaptureAccount {
  readonly context: LintContext;
  /** Mappings whose address was mapped again. */
  private readonly unended = new Map<Mapping, Unended>();

  constructor(
    facts: TraceFacts | null,
    private readonly checks: readonly Check[],
    onOccurrence: OnOccurrence | null = null,
  ) {
    super();
    this.context = new LintContext(facts, this.freed, this, onOccurrence);
  }

  override beginFile(file: string): void {
    super.beginFile(file);
    this.context.beginFile(file);
  }

  override event(event: TraceEvent, live: LiveMappings): void {
    const { context } = this;
    context.live = live;
    context.at(event);
    for (const check of this.checks) check.event?.(event, context);
    super.event(event, live);
  }

  override mapped(mapping: Mapping, inPool: boolean): void {
    super.mapped(mapping, inPool);
    if (!isCall(mapping)) return;
    this.context.forms.mapped(mapping.device, mapping.form);
    const state = this.context.stateOf(mapping);
    for (const check of this.checks) check.mapped?.(mapping, state, this.context);
  }

  override failed(device: string, event: EventHead): void {
    super.failed(device, event);
    for (const check of this.checks) check.failed?.(device, event, this.context);
  }

  override unmapped(mapping: Mapping, call: UnmapCall): void {
    super.unmapped(mapping, call);
    if (!isCall(mapping)) return;
    this.context.forms.unmapped();
    const state = this.context.takeState(mapping);
    for (const check of this.checks) check.unmapped?.(mapping, state, call, this.context);
  }

  override superseded(mapping: Mapping): void {
    super.superseded(mapping);
    if (!isCall(mapping)) return;
    const { context } = this;
    const state = context.takeState(mapping);
    const { place, timeNs } = context;
    this.unended.set(mapping, { state, place, timeNs, doubt: context.doubtOf(state.mappedNs) });
    for (const check of this.checks) check.replaced?.(mapping, state, context);
  }

  override lateUnmap(mapping: Mapping, call: UnmapCall): void {
    super.lateUnmap(mapping, call);
    const unended = this.unended.get(mapping);
    if (!unended) return;
    this.unended.delete(mapping);
    this.context.forms.unmapped();
    for (const check of this.checks)
      check.unmappedLate?.(mapping, unended.state, call, this.context);
  }

  override exchanged(wrong: Mapping, right: Mapping, event: EventHead): void {
    super.exchanged(wrong, right, event);
    this.context.exchange(wrong, right);
    for (const check of this.checks) check.exchanged?.(wrong, right);
  }

  override strayUnmap(
    event: EventHead,
    call: UnmapCall | null,
    live: LiveMappings,
    endedNs = Infinity,
  ): void {
    if (call) this.context.forms.strayUnmap(call.device, unmapSide(call).form);
    // Before the account takes it for something that was unmapped.
    if (call)
      for (const check of this.checks) check.strayUnmap?.(call, live, this.context, endedNs);
    super.strayUnmap(event, call, live, endedNs);
  }

  override synced(mapping: Mapping, event: SyncSingle | SyncSg): void {
    super.synced(mapping, event);
    if (!isCall(mapping)) return;
    const state = this.context.stateOf(mapping);
    for (const check of this.checks) check.synced?.(mapping, state, event, this.context);
  }

  override straySync(event: SyncSingle | SyncSg, dmaAddr: number): void {
    super.straySync(event, dmaAddr);
    for (const check of this.checks) check.straySync?.(event, dmaAddr, this.context);
  }

  override left(mapping: Mapping): void {
    super.left(mapping);
    if (!isCall(mapping)) return;
    const unended = this.unended.get(mapping);
    if (unended) {
      this.unended.delete(mapping);
      for (const check of this.checks) check.neverUnmapped?.(mapping, unended, this.context);
      return;
    }
    const state = this.context.takeState(mapping);
    for (const check of this.checks) check.left?.(mapping, state, this.context);
  }

  override finish(live: LiveMappings): void {
    super.finish(live);
    for (const check of this.checks) check.finish?.(this.context);
  }
}
