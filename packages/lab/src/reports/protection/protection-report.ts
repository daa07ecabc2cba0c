// SPDX-License-Identifier: GPL-2.0-only
// The page of protection: the plot of protection against speed, and the tables.

import type { ProtectionDocument, ProtectionMachine } from '@iommu-bounce/safety';
import {
  exposureOf,
  policyName,
  protectionAnswer,
  protectionFigures,
} from '../../tables/protection';
import { blockSize, significant } from '../../show/format';
import { otherColour, policyColour } from '../charts/colours';
import { type Figure, type Tick, chartView, series } from '../charts/view';
import { type PartsReport, type Word, tableLinks, tablesOf } from '../scenarios';

export function protectionReport(document: ProtectionDocument): Omit<PartsReport, 'command'> {
  const parts = protectionFigures(document);
  return {
    title: 'Protection against speed, simulated',
    parts,
    answer: protectionAnswer(document),
    figures: document.machines.flatMap((machine) => plotOf(machine, parts)),
    words: WORDS,
    folded: true,
  };
}

/** Below all that a policy can leave, and named: nothing. */
const ZERO = 1e-4;
const TICKS: readonly Tick[] = [
  { value: ZERO, text: 'nothing' },
  ...[-3, -2, -1, 0, 1, 2, 3, 4, 5].map((n) => ({ value: 10 ** n, text: significant(10 ** n, 1) })),
];

function plotOf({ preset, rows }: ProtectionMachine, parts: PartsReport['parts']): Figure[] {
  const sizes = rows[0]?.speed.map(({ bs }) => bs) ?? [];
  const tables = tablesOf(parts).filter(({ title }) => title.startsWith(`${preset}: protection`));
  return sizes.map((bs): Figure => ({
    heading: `${preset}: protection against speed, ${blockSize(bs)} reads`,
    view: chartView({
      id: `protection-${preset}-${String(bs)}`,
      kind: 'points',
      labelTitle: `throughput of ${blockSize(bs)} reads, % of that without protection`,
      valueTitle: 'ratio, read and changed',
      unit: '',
      digits: 3,
      series: rows.map((row, i) => {
        const speed = row.speed.find((one) => one.bs === bs);
        const x = 100 * (speed?.of_none ?? 0);
        const y = exposureOf(row);
        const text = `${policyName(row)}: ${x.toFixed(0)} % of the speed, ${y === 0 ? 'nothing exposed' : `ratio ${significant(y, 3)}`}`;
        const colour = row.fixes.length > 0 ? otherColour(i) : policyColour(row.policy);
        return series(policyName(row), colour, [], { steps: [{ x, y, text }] });
      }),
      ticks: TICKS,
      zeroAt: ZERO,
      switches: ['logValues'],
      on: ['logValues'],
    }),
    says: 'One point for each policy: further right is faster, further down is safer. Ratio, of reads and of changes added: bytes that a hostile device can reach though it may not, times how long, divided by the bytes of all mappings, times how long.',
    published: null,
    table: tableLinks(tables),
    folded: false,
  }));
}

const WORDS: readonly Word[] = [
  [
    'read, bytes',
    'Bytes with content of somebody that the device could read though no mapping in force allows it. A byte counts once for each time.',
  ],
  [
    'ratio',
    'These bytes times the time for which each was exposed, by the bytes of all mappings times the time for which each was in force.',
  ],
  ['longest', 'The longest time for which one byte was exposed without a break.'],
  [
    'changed',
    'The same for writes. Bounce buffers do not count: nobody uses what is written there.',
  ],
  [
    'short transfers: not kept',
    'Bytes that the device did not write and that differ after the unmap from what the caller had there.',
  ],
  ['same buffer', 'In the same bounce buffer, behind or before a short mapping.'],
  [
    'after unmap',
    'Through a translation that outlives the unmap: a flush queue, an IOTLB, or a buffer of the pool that nobody uses.',
  ],
  ['residue', 'What an earlier mapping of the same device held.'],
  ['uninitialised', 'What a page held when the page allocator handed it out.'],
  ['window', 'The longest time for which one byte of metadata could be written without a break.'],
];
