// SPDX-License-Identifier: GPL-2.0-only
// Which rules a capture can answer, and what makes its answers unsure.

import type { FormatName } from '../formats/format';
import type { LossAccount } from '../calls/account/loss-account';
import type { LineCounts } from '../calls/mappings';
import type { TraceCounters, TraceHeader } from '../trace-counters';
import type { LintContext } from './context';
import type { Need, Rule } from './rule';

/** What the reader of the file knows at its end. */
export interface Reading {
  readonly counters: TraceCounters;
  readonly header: TraceHeader;
  readonly format: FormatName | null;
}

const MISSING: Readonly<Record<Need, string>> = {
  maps: 'the capture has no map call (dma events)',
  unmaps: 'the capture has no unmap call (dma events)',
  lists: 'the capture has no dma_map_sg',
  syncs:
    'the capture has no dma_sync event: not recorded, or left out by the kernel since the device is coherent (6.10 and later)',
  faults: 'the capture has no fault: none happened, or io_page_fault was not recorded',
  log: 'the capture has no line of the kernel log',
  groups: 'the capture has no event of a device that leaves its group or changes its domain',
  coherency: 'nothing says whether the devices are coherent (non_coherent_devices in the facts)',
};

const NO_PAIRS = 'no device of the capture both maps and unmaps by the same call (dma events)';

/** Why a rule was not checked; null if it was. */
export function notChecked({ needs, pairing }: Rule, context: LintContext): string | null {
  const { kinds, facts, forms } = context;
  for (const need of needs) {
    const has =
      need === 'coherency' ? facts !== null && facts.nonCoherent !== null : kinds[need] > 0;
    if (!has) return MISSING[need];
  }
  const joins = pairing && needs.includes('maps') && needs.includes('unmaps');
  return joins && !forms.hasPairs ? NO_PAIRS : null;
}

/** Lines without their partner that are still no sign of a gap; above, one in so many is. */
const FEW = 3;
const SHARE = 200;

/** Why nothing that is put together from several lines is sure; null if the capture is whole, or says where it is not. */
export function doubtOfAll(
  { counters, header, format }: Reading,
  { kinds, lostNs }: LintContext,
  { superseded, unpairedUnmaps }: LineCounts,
  { cpus, stepsBack, lostByCpu }: LossAccount,
): string | null {
  if (format === 'bpftrace') return 'bpftrace leaves events out without a word';
  if (format === 'perf' && lostByCpu.length === 0)
    return 'perf script says on stderr only that events were lost, unless --show-lost-events is given: no line tells that it was';
  if (format === 'perf' && lostByCpu.every(({ events }) => events === 0))
    return 'perf lost events, and does not say where';
  const isMany = (n: number): boolean => n > FEW && n * SHARE > kinds.maps;
  if (isMany(superseded))
    return `${String(superseded)} addresses were mapped again without an unmap: lines are missing`;
  // What one CPU overwrote before its first line is no gap, if the lines say where the others begin.
  if (counters.dropped > 0 && cpus.size > 1 && lostNs === -Infinity)
    return 'the tracer overwrote events, and does not say where each CPU begins';
  if (header.cpus !== null && cpus.size === 1 && header.cpus > 1 && isMany(unpairedUnmaps))
    return `the events of one CPU of ${String(header.cpus)}: those of the others may be in other files`;
  if (stepsBack.count > 0) return 'the clock steps back';
  if (counters.repeated > 0) return 'lines are there twice';
  if (counters.late > 0) return 'the lines are not in the order of time';
  const unread = counters.unparsedLines.some(({ text }) => /map|dma|sync|unlink/i.test(text));
  if (unread || counters.unparsed > counters.unparsedLines.length)
    return 'some lines were not understood';
  return null;
}
