// SPDX-License-Identifier: GPL-2.0-only
// Memory that is freed in another way than it was allocated.

import { DMA_ATTRS } from '../event-head';
import type { DmaFree, TraceEvent } from '../events';
import type { UnmapCall } from '../calls/account/unmap-account';
import { portedAttrs } from '../calls/mappings';
import type { Mapping } from '../calls/step';
import type { Check } from './check';
import type { LintContext } from './context';
import type { MappingState, Rule } from './rule';

const needs = ['maps', 'unmaps'] as const;

const ATTRS: Rule = {
  id: 'unmap-attrs',
  severity: 'warning',
  summary: 'Memory is freed with other attributes than it was allocated with.',
  dmaDebug: null,
  needs,
  pairing: true,
  cannotSee: 'Attributes that the capture does not print; SKIP_CPU_SYNC and NO_WARN may differ.',
  why: 'The attributes say how the memory was allocated (one block, pages, without a kernel mapping), and so how it has to be freed.',
  fix: 'Free with the attributes of the allocation.',
};
const CPU_ADDRESS: Rule = {
  id: 'free-cpu-address',
  severity: 'error',
  summary: 'Memory is freed with another CPU address than it was allocated with.',
  dmaDebug: 'the driver frees DMA memory with a different CPU address',
  needs,
  pairing: true,
  cannotSee:
    'Calls whose line has no CPU address: dma_alloc_noncontiguous, and the first layout of Linux 6.12.',
  why: 'The kernel frees the pages behind the CPU address: those of others are freed, and the allocated ones are lost.',
  fix: 'Free with the address that the allocation returned, and keep it beside the DMA address.',
};

/** Attributes that have to be the same: they decide how memory is freed, or what the device was allowed. */
const OF_MEMORY = attrs(
  'WRITE_COMBINE',
  'NO_KERNEL_MAPPING',
  'FORCE_CONTIGUOUS',
  'ALLOC_SINGLE_PAGES',
);

export class FreeCheck implements Check {
  readonly rules = [ATTRS, CPU_ADDRESS];
  /** Of the latest allocation. */
  private allocated: { line: number; virtAddr: string | null } = { line: -1, virtAddr: null };
  private readonly virtAddrs = new Map<Mapping, string>();

  event(event: TraceEvent): void {
    if (event.kind === 'dmaAlloc') this.allocated = event;
  }

  mapped(mapping: Mapping): void {
    const { line, virtAddr } = this.allocated;
    if (mapping.place.line === line && isAddress(virtAddr)) this.virtAddrs.set(mapping, virtAddr);
  }

  unmapped(mapping: Mapping, state: MappingState, call: UnmapCall, context: LintContext): void {
    const allocated = this.virtAddrs.get(mapping);
    this.virtAddrs.delete(mapping);
    if (call.kind !== 'dmaFree') return;
    const doubt = context.doubtOf(state.mappedNs);
    this.attributes(mapping, call, doubt, context);
    const { virtAddr } = call;
    if (allocated === undefined || !isAddress(virtAddr) || virtAddr === allocated) return;
    context.report(
      CPU_ADDRESS,
      mapping.device,
      `freed with ${virtAddr}, allocated as ${allocated} at ${context.lineOf(mapping.place)} (as the kernel prints them)`,
      { doubt },
    );
  }

  replaced(mapping: Mapping): void {
    this.virtAddrs.delete(mapping);
  }

  private attributes(
    mapping: Mapping,
    call: DmaFree,
    doubt: string | null,
    context: LintContext,
  ): void {
    // dma_free_sgt prints no attributes.
    if (call.form === 'sgt') return;
    const different = (mapping.attrs ^ portedAttrs(call.attrs)) & OF_MEMORY;
    if (different === 0) return;
    const names = [...DMA_ATTRS].filter(([, bit]) => (different & bit) !== 0).map(([name]) => name);
    context.report(
      ATTRS,
      mapping.device,
      `only one side has ${names.join(', ')} (allocated at ${context.lineOf(mapping.place)})`,
      { doubt, kind: names.join() },
    );
  }
}

/** Printed, and not null: `(____ptrval____)` stands for any while the kernel cannot hash yet. */
function isAddress(text: string | null): text is string {
  return text !== null && /^(?:0x)?[\da-f]+$/i.test(text) && !/^(?:0x)?0+$/i.test(text);
}

function attrs(...names: readonly string[]): number {
  return names.reduce((bits, name) => bits | (DMA_ATTRS.get(name) ?? 0), 0);
}
