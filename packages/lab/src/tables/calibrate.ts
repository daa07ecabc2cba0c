// SPDX-License-Identifier: GPL-2.0-only
// A calibration as tables for a terminal.

import type { Calibration, FitReport, ParameterReport, Prediction } from '@iommu-bounce/simulation';
import { interval, percent, significant } from '../show/format';
import { type TablePart, partsText } from '../show/parts';
import type { Screen } from '../show/text';

export function calibrationText(c: Calibration, screen?: Screen): string {
  return partsText(
    [
      parameterTable(`(a) All eight figures. ${fitText(c.fit)}`, [...c.parameters, ...c.sums]),
      '"left": width of the accepted 5-95 % range / width of the prior\'s, in logarithms. Identified: "yes" below 50 %, "no" above 80 %; "within ends": only while the ends of ranges below stay where they are.',
      endTable(
        'Ends of ranges that the accepted sets press against, each moved alone, and what that does to quantities below 50 %:',
        c,
      ),
      `The figures do not depend on ${c.not_exercised.join(', ')}.`,
      figureTable('The accepted set nearest to the centre of all accepted sets:', c),
      predictionTable(
        `(b) Columns ${c.two_columns.from.join(' and ')} alone. ${fitText(c.two_columns.fit)}`,
        c,
      ),
      'From the cost model, not measured.',
    ],
    screen,
  );
}

function fitText(f: FitReport): string {
  return [
    `${String(f.sets)} accepted sets of ${String(f.evaluations)} tried,`,
    `effective sample size at least ${String(f.effective_sets_min)};`,
    `${String(f.populations)} populations agree to R-hat ${String(f.r_hat_max)}.`,
  ].join(' ');
}

function endTable(title: string, { ends, parameters, sums }: Calibration): TablePart {
  const before = new Map([...parameters, ...sums].map(({ name, accepted }) => [name, accepted]));
  return {
    title,
    head: ['end', 'moved to', 'quantity', '5-95 % before', '5-95 % after', 'left\n%'],
    rows: ends.flatMap(({ name: moved, end, moved_to, ranges }) => {
      const gone = ranges.filter(({ holds }) => !holds);
      const head = [`${moved} ${end}`, value(moved_to)];
      if (gone.length === 0) return [[...head, 'all stay', '', '', '']];
      return gone.map(({ name, p5, p95, width_left: left }, i) => {
        const was = before.get(name);
        return [
          ...(i === 0 ? head : ['', '']),
          name,
          interval(was && [was.p5, was.p95], value),
          interval([p5, p95], value),
          (100 * left).toFixed(0),
        ];
      });
    }),
    numbersFrom: 5,
    keys: 3,
  };
}

/** Of any unit, with three digits. */
function value(x: number): string {
  return x >= 1e6 ? `${(x / 1e9).toPrecision(3)}e9` : significant(x, 3);
}

function parameterTable(title: string, reports: readonly ParameterReport[]): TablePart {
  return {
    title,
    head: ['parameter', 'prior', 'accepted', '5 %', 'median', '95 %', 'left\n%', 'identi-\nfied'],
    rows: reports.map((p) => [
      p.name,
      interval(p.prior, value),
      interval([p.accepted.min, p.accepted.max], value),
      ...[p.accepted.p5, p.accepted.median, p.accepted.p95].map(value),
      (100 * p.width_left).toFixed(0),
      p.identified,
    ]),
    numbersFrom: 1,
    textFrom: 7,
  };
}

function figureTable(title: string, c: Calibration): TablePart {
  return {
    title,
    head: ['bytes', 'speed-up', 'published', 'unmap', 'published', 'map', 'pool bound by'],
    rows: c.figures.map((f) => [
      String(f.bytes),
      f.speedup.toFixed(2),
      f.speedup_published.toFixed(1),
      `-${percent(f.unmap_reduction)}`,
      `-${percent(f.unmap_reduction_published, 0)}`,
      `-${percent(f.map_reduction, 2)}`,
      f.bound,
    ]),
    numbersFrom: Infinity,
    cuts: [3, 5],
  };
}

function predictionTable(title: string, c: Calibration): TablePart {
  return {
    title,
    head: ['bytes', 'figure', 'predicted 5-95 %', 'all sets', 'published', 'in 5-95 %'],
    rows: c.two_columns.predicted.flatMap((p) => [
      predictionRow(p.bytes, 'speed-up', p.speedup),
      predictionRow(p.bytes, 'unmap reduction', p.unmap_reduction),
    ]),
    numbersFrom: Infinity,
    keys: 2,
  };
}

function predictionRow(bytes: number, figure: string, p: Prediction): string[] {
  return [
    String(bytes),
    figure,
    `${p.p5.toFixed(3)} .. ${p.p95.toFixed(3)}`,
    `${p.min.toFixed(3)} .. ${p.max.toFixed(3)}`,
    String(p.published),
    p.within_5_95 ? 'yes' : p.within_all ? 'no, but in all sets' : 'no',
  ];
}
