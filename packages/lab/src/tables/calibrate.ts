// SPDX-License-Identifier: GPL-2.0-only
// A calibration as tables for a terminal of 100 columns.

import type { Calibration, FitReport, ParameterReport, Prediction } from '@iommu-bounce/simulation';
import { interval, percent, significant } from '../show/format';
import { table } from '../show/table';
import { wrapped } from '../show/text';

export function calibrationText(c: Calibration): string {
  return [
    wrapped(`(a) All eight figures. ${fitText(c.fit)}`),
    parameterTable([...c.parameters, ...c.sums]),
    wrapped(
      '"left": width of the accepted 5-95 % range / width of the prior\'s, in logarithms. Identified: "yes" below 50 %, "no" above 80 %; "within ends": only while the ends of ranges below stay where they are.',
    ),
    '',
    wrapped(
      'Ends of ranges that the accepted sets press against, each moved alone, and what that does to quantities below 50 %:',
    ),
    endTable(c),
    wrapped(`The figures do not depend on ${c.not_exercised.join(', ')}.`),
    '',
    'The accepted set nearest to the centre of all accepted sets:',
    figureTable(c),
    '',
    wrapped(`(b) Columns ${c.two_columns.from.join(' and ')} alone. ${fitText(c.two_columns.fit)}`),
    predictionTable(c),
    'From the cost model, not measured.',
    '',
  ].join('\n');
}

function fitText(f: FitReport): string {
  return [
    `${String(f.sets)} accepted sets of ${String(f.evaluations)} tried,`,
    `effective sample size at least ${String(f.effective_sets_min)};`,
    `${String(f.populations)} populations agree to R-hat ${String(f.r_hat_max)}.`,
  ].join(' ');
}

function endTable({ ends, parameters, sums }: Calibration): string {
  const before = new Map([...parameters, ...sums].map(({ name, accepted }) => [name, accepted]));
  return table(
    ['end', 'moved to', 'quantity', '5-95 % before', '5-95 % after', 'left\n%'],
    ends.flatMap(({ name: moved, end, moved_to, ranges }) => {
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
    { numbersFrom: 5 },
  );
}

/** Of any unit, with three digits. */
function value(x: number): string {
  return x >= 1e6 ? `${(x / 1e9).toPrecision(3)}e9` : significant(x, 3);
}

function parameterTable(reports: readonly ParameterReport[]): string {
  return table(
    ['parameter', 'prior', 'accepted', '5 %', 'median', '95 %', 'left\n%', 'identi-\nfied'],
    reports.map((p) => [
      p.name,
      interval(p.prior, value),
      interval([p.accepted.min, p.accepted.max], value),
      ...[p.accepted.p5, p.accepted.median, p.accepted.p95].map(value),
      (100 * p.width_left).toFixed(0),
      p.identified,
    ]),
    { numbersFrom: 1, textFrom: 7 },
  );
}

function figureTable(c: Calibration): string {
  return table(
    ['bytes', 'speed-up', 'published', 'unmap', 'published', 'map', 'pool bound by'],
    c.figures.map((f) => [
      f.bytes,
      f.speedup.toFixed(2),
      f.speedup_published.toFixed(1),
      `-${percent(f.unmap_reduction)}`,
      `-${percent(f.unmap_reduction_published, 0)}`,
      `-${percent(f.map_reduction, 2)}`,
      f.bound,
    ]),
    {},
  );
}

function predictionTable(c: Calibration): string {
  return table(
    ['bytes', 'figure', 'predicted 5-95 %', 'all sets', 'published', 'in 5-95 %'],
    c.two_columns.predicted.flatMap((p) => [
      predictionRow(p.bytes, 'speed-up', p.speedup),
      predictionRow(p.bytes, 'unmap reduction', p.unmap_reduction),
    ]),
    {},
  );
}

function predictionRow(bytes: number, figure: string, p: Prediction): (string | number)[] {
  return [
    bytes,
    figure,
    `${p.p5.toFixed(3)} .. ${p.p95.toFixed(3)}`,
    `${p.min.toFixed(3)} .. ${p.max.toFixed(3)}`,
    p.published,
    p.within_5_95 ? 'yes' : p.within_all ? 'no, but in all sets' : 'no',
  ];
}
