// SPDX-License-Identifier: GPL-2.0-only
// The page of a comparison: which policy wins on each machine, by block size, and how sure that is.

import type { ComparedSide, PolicyComparison } from '@iommu-bounce/simulation';
import { LEGEND, comparisonParts } from '../../tables/compare';
import { OF_IO } from '../../tables/answer';
import { comparisonAnswers, firstRows, roundsOf } from '../../tables/compare-summary';
import { blockSize } from '../../show/format';
import { html } from '../../show/html';
import { answerTable } from '../charts/answer-table';
import { otherColour, policyColour } from '../charts/colours';
import { type Protection, isHatched, marked, protectionsOf, signsText } from '../charts/protection';
import { type Figure, chartView, series } from '../charts/view';
import type { PartsReport, Word } from './parts-report';

export function comparisonReport(
  comparisons: readonly PolicyComparison[],
): Omit<PartsReport, 'command'> {
  return {
    title: 'Policies compared, simulated',
    parts: comparisonParts(comparisons),
    answer: comparisonAnswers(comparisons),
    figures: comparisons.flatMap(figuresOf),
    words: LEGEND.map(wordOf),
    folded: true,
  };
}

function figuresOf(c: PolicyComparison): Figure[] {
  const protections = protectionsOf(firstRows(c).flatMap(({ sides }) => sides));
  const bars = (
    id: string,
    what: string,
    unit: string,
    digits: number,
    figure: (side: ComparedSide) => number,
  ): Omit<Figure, 'says' | 'table'> => ({
    heading: `${c.preset}: ${what} by block size`,
    view: chartView({
      id: `${id}-${c.preset}`,
      kind: 'bars',
      labels: firstRows(c).map(({ bs }) => blockSize(bs)),
      labelTitle: 'block size',
      valueTitle: `${what}, ${unit}`,
      ...{ unit, digits },
      series: policySeries(c, protections, figure),
      switches: ['logValues'],
    }),
    signs: signsText(protections),
    published: null,
    folded: false,
  });
  return [
    {
      ...bars('cpu', 'CPU time per I/O', 'µs', 1, (one) => one.cpu_ns_per_io / 1000),
      says: `Reads on ${c.preset}; all policies run on the IOMMU code of ${c.base}.`,
      table: answerTable(roundsOf(c), 'block size', OF_IO),
    },
    {
      ...bars('throughput', 'throughput', 'MB/s', 0, (one) => one.bandwidth_bytes_per_s / 1e6),
      says: 'The same reads. Where all policies are alike, the drive is the limit.',
      table: html``,
    },
    drawFigure(c),
  ];
}

function policySeries(
  c: PolicyComparison,
  protections: readonly Protection[],
  figure: (side: ComparedSide) => number,
): ReturnType<typeof series>[] {
  return c.policies.map((policy) =>
    series(
      marked(policy, protections),
      policyColour(policy),
      firstRows(c).map(({ sides }) => {
        const side = sides.find((one) => one.policy === policy);
        return side ? figure(side) : null;
      }),
      { hatched: isHatched(policy, protections) },
    ),
  );
}

/** How far the answer depends on costs that nobody has measured. */
function drawFigure(c: PolicyComparison): Figure {
  const second = c.dependence[0]?.pair[1] ?? '';
  const shares = (of: 'around' | 'physical' | 'accepted'): (number | null)[] =>
    c.dependence.map(({ second_wins: wins }) => {
      const share = wins[of];
      return share === null ? null : 100 * share;
    });
  const ranges = [
    ['1/4 to 4x of each cost', shares('around')],
    ['physical range', shares('physical')],
    ['calibrated range', shares('accepted')],
  ] as const;
  return {
    heading: `${c.preset}: how sure it is that ${second} takes less CPU time`,
    view: chartView({
      id: `draws-${c.preset}`,
      kind: 'bars',
      labels: c.dependence.map(({ bs, pair }) => `${blockSize(bs)}, than ${pair[0]}`),
      labelTitle: 'block size, and the other policy',
      valueTitle: 'share of random parameter sets, %',
      unit: '% of the parameter sets',
      digits: 0,
      series: ranges
        .filter(([, marks]) => marks.some((mark) => mark !== null))
        .map(([name, marks], i) => series(name, otherColour(i), marks)),
    }),
    says: `Of 10,000 random parameter sets, the share in which ${second} takes less CPU time per read than the other policy. 100 %: whatever the costs are in that range.`,
    published: null,
    table: html``,
    folded: false,
  };
}

/** `Term: meaning` of the legend. */
function wordOf(line: string): Word {
  const at = line.indexOf(': ');
  const meaning = line.slice(at + 2);
  return [line.slice(0, at), meaning.slice(0, 1).toUpperCase() + meaning.slice(1)];
}
