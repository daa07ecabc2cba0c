// SPDX-License-Identifier: GPL-2.0-only
// A chart of bounce memory over virtual time: a curve for each run, a line for what a policy set aside at boot.

import { sizeLimit } from '../../show/format';
import { policyColour } from './colours';
import { type Protection, marked } from './protection';
import {
  type ChartView,
  type Key,
  type LineView,
  type Tick,
  chartView,
  line,
  series,
} from './view';

/** The memory of one run. */
export interface Memory extends Key {
  readonly policy: string;
  /** What tells it from the policy's other runs; empty if there are none. */
  readonly label: string;
  readonly reservedBytes: number;
  /** Levels, each until the next; none if nothing bounced. */
  readonly points: readonly { readonly ns: number; readonly bytes: number }[];
}

/** Of a page's memory nothing can be less than this: half of the smallest. */
const ZERO_KIB = 2;
/** 4 KiB to 64 GiB, by factors of four. */
const TICKS: readonly Tick[] = [
  { value: ZERO_KIB, text: '0' },
  ...Array.from({ length: 13 }, (_, i) => {
    const bytes = 4096 * 4 ** i;
    return { value: bytes / 1024, text: sizeLimit(bytes) };
  }),
];

export function memoryChart(
  id: string,
  memories: readonly Memory[],
  protections: readonly Protection[],
): ChartView {
  return chartView({
    id,
    kind: 'steps',
    labelTitle: 'virtual time, ms',
    valueTitle: 'bounce memory',
    unit: 'KiB',
    digits: 0,
    series: memories
      .filter(({ points }) => points.length > 0)
      .map(({ policy, label, group, points }) =>
        series(`${marked(policy, protections)} ${label}`.trim(), policyColour(policy), [], {
          ...{ policy, group },
          steps: points.map(({ ns, bytes }) => ({ x: ns / 1e6, y: bytes / 1024 })),
        }),
      ),
    lines: reservedLines(memories, protections),
    ticks: TICKS,
    zeroAt: ZERO_KIB,
    switches: ['logTime', 'logValues'],
    on: ['logValues'],
  });
}

/** One for each policy and amount. */
function reservedLines(
  memories: readonly Memory[],
  protections: readonly Protection[],
): LineView[] {
  const reserving = memories.filter(({ reservedBytes }) => reservedBytes > 0);
  return reserving.flatMap(({ policy, reservedBytes }, i) => {
    const before = reserving
      .slice(0, i)
      .some((one) => one.policy === policy && one.reservedBytes === reservedBytes);
    if (before) return [];
    const text = `${marked(policy, protections)}: ${sizeLimit(reservedBytes)} set aside at boot`;
    return [line(reservedBytes / 1024, text, policyColour(policy), { policy, group: null })];
  });
}

/** What the lines across the chart are; empty if it has none. */
export function withMemory(memories: readonly Memory[]): string {
  return memories.some(({ reservedBytes }) => reservedBytes > 0)
    ? 'A dashed line across the chart is memory that was set aside at boot: nobody else can use it, whether it is in use or not.'
    : '';
}
