// SPDX-License-Identifier: GPL-2.0-only
// The series against strict, beside the cover letter: speed-up, time in unmap, and how far off both are.

import { type FioComparison, type FioDocument } from '@iommu-bounce/simulation';
import { blockSize, signed } from '../../show/format';
import { type Residual, isWithin, residualsOf } from '../../tables/residuals';
import { Html, html, htmlTable } from '../../show/html';
import { cell, percent, times } from '../charts/cells';
import { otherColour, policyColour } from '../charts/colours';
import {
  type ChartView,
  type Figure,
  INK,
  type LineView,
  type Mark,
  chartView,
  line,
  series,
} from '../charts/view';

/** None where nothing was compared. */
export function comparisonFigures({ comparison: rows }: FioDocument): Figure[] {
  if (rows.length === 0) return [];
  const residuals = residualsOf(rows);
  return [speedup(rows), unmap(rows), ...(residuals.length > 0 ? [off(residuals)] : [])];
}

const PUBLISHED_BY =
  "the cover letter's figures, outlined in the chart and in the column “published” (patch 0/4, 7 July 2021)";
const PREDICTION =
  ' Predicted: 5 to 95 % of all parameter sets that were fitted to the 4k and 128k columns alone.';

function bars(
  view: Pick<ChartView, 'id' | 'valueTitle' | 'unit' | 'digits'> & {
    readonly line: LineView;
    /** Decimals that the cover letter prints. */
    readonly printed: number;
  },
  rows: readonly FioComparison[],
  of: {
    readonly simulated: (row: FioComparison) => number;
    readonly published: (row: FioComparison) => number | null;
    readonly predicted: (row: FioComparison) => readonly [number, number] | null;
  },
): ChartView {
  const marks = (get: (row: FioComparison) => Mark): Mark[] => rows.map(get);
  const published = marks(of.published);
  const predicted = marks(of.predicted);
  const any = (list: readonly Mark[]): boolean => list.some((mark) => mark !== null);
  const { line: strict, printed, ...others } = view;
  return chartView({
    ...others,
    kind: 'bars',
    labels: rows.map(({ bs }) => blockSize(bs)),
    labelTitle: 'block size',
    lines: [strict],
    series: [
      series('pool, simulated', policyColour('pool'), marks(of.simulated)),
      ...(any(published)
        ? [series('published', INK, published, { look: 'published', digits: printed })]
        : []),
      ...(any(predicted)
        ? [series('predicted from 4k and 128k', INK, predicted, { look: 'range', digits: 1 })]
        : []),
    ],
    switches: ['logValues'],
  });
}

const SPEEDUP = {
  id: 'speedup',
  valueTitle: 'throughput, pool / strict (x)',
  unit: 'x',
  digits: 2,
  printed: 1,
  line: line(1, 'strict = 1x', policyColour('strict')),
} as const;

const UNMAP = {
  id: 'unmap',
  valueTitle: 'time left in unmap, % of strict',
  unit: '% of strict',
  digits: 1,
  printed: 0,
  line: line(100, 'strict = 100 %', policyColour('strict')),
} as const;

function speedup(rows: readonly FioComparison[]): Figure {
  const hasPublished = rows.some((row) => row.speedup_published !== null);
  return {
    heading: 'Speed-up',
    view: bars(SPEEDUP, rows, {
      simulated: (row) => row.speedup,
      published: (row) => row.speedup_published,
      predicted: (row) => row.predicted_from_two?.speedup ?? null,
    }),
    says: `Throughput of reads: pool / strict.${hasPublished ? PREDICTION : ''}`,
    published: hasPublished ? PUBLISHED_BY : null,
    table: htmlTable(
      ['block size', 'speed-up', ...(hasPublished ? ['published', 'difference', 'predicted'] : [])],
      rows.map((row) => [
        blockSize(row.bs),
        times(row.speedup, 2),
        ...(hasPublished ? publishedSpeedup(row) : []),
      ]),
      1,
    ),
    folded: false,
  };
}

/** Cells that only a table beside the cover letter has; empty for a size that it does not have. */
function publishedSpeedup(row: FioComparison): (Html | string)[] {
  const { speedup: ours, speedup_published: theirs } = row;
  return [
    theirs === null ? '' : times(theirs, 1),
    theirs === null ? '' : signedCell(ours - theirs, 2),
    predictedCell(row.predicted_from_two?.speedup, (x) => times(x, 1)),
  ];
}

function publishedUnmap(row: FioComparison): (Html | string)[] {
  const { unmap_reduction: ours, unmap_reduction_published: theirs } = row;
  return [
    theirs === null ? '' : percent(theirs, 0),
    theirs === null ? '' : signedCell(100 * (ours - theirs), 1),
    predictedCell(row.predicted_from_two?.unmap_reduction, (x) => percent(x)),
  ];
}

function publishedMap({ map_reduction_published: theirs }: FioComparison): Html | string {
  return theirs === null ? '' : html`&gt; ${percent(theirs, 0)}`;
}

function unmap(rows: readonly FioComparison[]): Figure {
  const hasPublished = rows.some((row) => row.unmap_reduction_published !== null);
  const left = (reduction: number): number => 100 * (1 - reduction);
  return {
    heading: 'Time in unmap and in map',
    view: bars(UNMAP, rows, {
      simulated: (row) => left(row.unmap_reduction),
      published: (row) =>
        row.unmap_reduction_published === null ? null : left(row.unmap_reduction_published),
      predicted: ({ predicted_from_two: two }) =>
        two && [left(two.unmap_reduction[1]), left(two.unmap_reduction[0])],
    }),
    says: `Time per byte in unmap under the pool, in % of the time under strict. The table has the saved share too, for unmap and map.${hasPublished ? PREDICTION : ''}`,
    published: hasPublished ? PUBLISHED_BY : null,
    table: htmlTable(
      [
        'block size',
        'unmap: time left',
        'unmap: time saved',
        ...(hasPublished ? ['published', 'difference, % points', 'predicted'] : []),
        'map: time saved',
        ...(hasPublished ? ['published'] : []),
      ],
      rows.map((row) => [
        blockSize(row.bs),
        percent(1 - row.unmap_reduction),
        percent(row.unmap_reduction),
        ...(hasPublished ? publishedUnmap(row) : []),
        percent(row.map_reduction, 2),
        ...(hasPublished ? [publishedMap(row)] : []),
      ]),
      1,
    ),
    folded: false,
  };
}

function off(residuals: readonly Residual[]): Figure {
  const sizes = [...new Set(residuals.map(({ bs }) => bs))];
  const of = (what: Residual['of']): (number | null)[] =>
    sizes.map((bs) => {
      const found = residuals.find((one) => one.bs === bs && one.of === what);
      return found ? (100 * found.residual) / found.allowed : null;
    });
  const within = residuals.filter(isWithin).length;
  return {
    heading: 'Residuals',
    view: chartView({
      id: 'residuals',
      kind: 'bars',
      labels: sizes.map(blockSize),
      labelTitle: 'block size',
      valueTitle: 'residual, % of tolerance',
      unit: '% of the tolerance',
      digits: 0,
      lines: [line(100, 'tolerance', INK), line(-100, '', INK)],
      series: [
        series('speed-up', otherColour(0), of('speed-up')),
        series('time saved in unmap', otherColour(1), of('unmap')),
      ],
    }),
    says:
      `${String(within)} of ${String(residuals.length)} figures are within the tolerance (simulated - published): half a printed unit plus 10 % of ` +
      'the speed-up, or of the time left in unmap. The preset was fitted to these same figures; the charts above show what two columns predict for the other two.',
    published: 'the column “published”',
    table: htmlTable(
      ['block size', 'figure', 'simulated', 'published', 'residual', 'tolerance', 'within'],
      residuals.map((one) => {
        const unmapped = one.of === 'unmap';
        const show = (x: number): Html => (unmapped ? percent(x) : times(x, 2));
        return [
          blockSize(one.bs),
          unmapped ? 'time saved in unmap' : one.of,
          show(one.simulated),
          show(one.published),
          cell(one.residual, signedText(one)),
          html`± ${show(one.allowed)}`,
          isWithin(one) ? 'yes' : 'no',
        ];
      }),
      2,
    ),
    folded: false,
  };
}

function signedText({ of, residual: off }: Residual): string {
  return of === 'unmap' ? signed(100 * off, 1) : signed(off, 2);
}

function signedCell(value: number, digits: number): Html {
  return cell(value, signed(value, digits));
}

function predictedCell(
  interval: readonly [number, number] | undefined,
  show: (x: number) => Html,
): Html | string {
  return interval ? html`${show(interval[0])} … ${show(interval[1])}` : '';
}
