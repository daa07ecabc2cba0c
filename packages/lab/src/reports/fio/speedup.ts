// SPDX-License-Identifier: GPL-2.0-only
// The series against strict, beside the cover letter: speed-up, time in unmap, and how far off both are.

import {
  type FioComparison,
  type FioDocument,
  REDUCTION_ROUNDING,
  SPEEDUP_ROUNDING,
} from '@iommu-bounce/simulation';
import { blockSize, signed } from '../../show/format';
import { Html, html, htmlTable } from '../../show/html';
import { cell, percent, times } from './cells';
import { LIMIT, PREDICTED, PUBLISHED_INK, SIMULATED } from './colours';
import { type ChartView, type Figure, type Mark, series } from './view';

/** Added to the rounding of the printed figure: a tenth of the speed-up, or of the time left in unmap. */
const TOLERANCE = 0.1;

/** A figure of the cover letter and its simulated counterpart. */
export interface Residual {
  readonly bs: number;
  readonly of: 'speed-up' | 'unmap';
  readonly simulated: number;
  readonly published: number;
  /** Simulated less published. */
  readonly residual: number;
  readonly allowed: number;
}

export function residualsOf(rows: readonly FioComparison[]): Residual[] {
  return rows.flatMap((row) => {
    const { bs, speedup: s, speedup_published: sp } = row;
    const { unmap_reduction: u, unmap_reduction_published: up } = row;
    return [
      ...(sp === null ? [] : [residual(bs, 'speed-up', s, sp, SPEEDUP_ROUNDING + TOLERANCE * sp)]),
      ...(up === null
        ? []
        : [residual(bs, 'unmap', u, up, REDUCTION_ROUNDING + TOLERANCE * (1 - up))]),
    ];
  });
}

function residual(
  bs: number,
  of: Residual['of'],
  simulated: number,
  published: number,
  allowed: number,
): Residual {
  return { bs, of, simulated, published, residual: simulated - published, allowed };
}

export function isWithin({ residual: off, allowed }: Residual): boolean {
  return Math.abs(off) <= allowed;
}

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
  id: string,
  rows: readonly FioComparison[],
  valueTitle: string,
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
  return {
    id,
    kind: 'bars',
    labels: rows.map(({ bs }) => blockSize(bs)),
    labelKeys: [],
    labelTitle: 'block size',
    valueTitle,
    series: [
      series('simulated', SIMULATED, marks(of.simulated)),
      ...(any(published)
        ? [series('published', PUBLISHED_INK, published, { look: 'published' })]
        : []),
      ...(any(predicted)
        ? [series('predicted from 4k and 128k', PREDICTED, predicted, { look: 'range' })]
        : []),
    ],
    switches: ['logValues'],
    on: [],
  };
}

function speedup(rows: readonly FioComparison[]): Figure {
  const hasPublished = rows.some((row) => row.speedup_published !== null);
  return {
    heading: 'Speed-up',
    view: bars('speedup', rows, 'throughput, pool / strict', {
      simulated: (row) => row.speedup,
      published: (row) => row.speedup_published,
      predicted: (row) => row.predicted_from_two?.speedup ?? null,
    }),
    says: `Throughput of reads: pool / strict.${hasPublished ? PREDICTION : ''}`,
    published: hasPublished ? PUBLISHED_BY : null,
    table: htmlTable(
      ['block size', 'speed-up', 'published', 'difference', 'predicted'],
      rows.map((row) => [
        blockSize(row.bs),
        times(row.speedup, 2),
        row.speedup_published === null ? '' : times(row.speedup_published, 1),
        row.speedup_published === null ? '' : signedCell(row.speedup - row.speedup_published, 2),
        range(row.predicted_from_two?.speedup, (x) => times(x, 1)),
      ]),
      1,
    ),
    folded: false,
  };
}

function unmap(rows: readonly FioComparison[]): Figure {
  const hasPublished = rows.some((row) => row.unmap_reduction_published !== null);
  const left = (reduction: number): number => 100 * (1 - reduction);
  return {
    heading: 'Time in unmap and in map',
    view: bars('unmap', rows, 'time left in unmap, % of strict', {
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
        'published',
        'difference, % points',
        'predicted',
        'map: time saved',
        'published',
      ],
      rows.map((row) => [
        blockSize(row.bs),
        percent(1 - row.unmap_reduction),
        percent(row.unmap_reduction),
        row.unmap_reduction_published === null ? '' : percent(row.unmap_reduction_published, 0),
        row.unmap_reduction_published === null
          ? ''
          : signedCell(100 * (row.unmap_reduction - row.unmap_reduction_published), 1),
        range(row.predicted_from_two?.unmap_reduction, (x) => percent(x)),
        percent(row.map_reduction, 2),
        row.map_reduction_published === null
          ? ''
          : html`&gt; ${percent(row.map_reduction_published, 0)}`,
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
  const limit = (percentage: number, name: string): ReturnType<typeof series> =>
    series(
      name,
      LIMIT,
      sizes.map(() => percentage),
      { look: 'limit' },
    );
  const within = residuals.filter(isWithin).length;
  return {
    heading: 'Residuals',
    view: {
      id: 'residuals',
      kind: 'bars',
      labels: sizes.map(blockSize),
      labelKeys: [],
      labelTitle: 'block size',
      valueTitle: 'residual, % of tolerance',
      series: [
        series('speed-up', SIMULATED, of('speed-up')),
        series('time saved in unmap', '#3b82c4', of('unmap')),
        limit(100, 'tolerance'),
        limit(-100, ''),
      ],
      switches: [],
      on: [],
    },
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

function range(
  interval: readonly [number, number] | undefined,
  show: (x: number) => Html,
): Html | string {
  return interval ? html`${show(interval[0])} … ${show(interval[1])}` : '';
}
