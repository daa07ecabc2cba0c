// SPDX-License-Identifier: GPL-2.0-only
// `calibrate`: all cost parameters that give the cover letter's figures, and what two of its columns predict for the others.

import { writeFileSync } from 'node:fs';
import Table from 'cli-table3';
import type { Command } from 'commander';
import {
  type Calibration,
  type FitReport,
  NoFitError,
  type ParameterReport,
  type Prediction,
  calibrate,
} from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import { wrapped } from '../show/text';
import { type CommandIo, type ExitStatus, Progress } from '../io';
import { wholeNumber } from './option-values';

interface CalibrateOptions {
  readonly seed: string;
  readonly sets: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function addCalibrate(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('calibrate')
    .description(
      "find all cost parameters within their ranges that give the cover letter's figures; under a minute",
    )
    .option('--seed <n>', 'seed of the draws', '1')
    .option('--sets <n>', 'least number of accepted parameter sets for each fit', '10000')
    .option(
      '--out <file.json>',
      'write the set nearest to the centre, for --costs; replaces the file',
    )
    .option('--json', 'one JSON document on stdout')
    .action((options: CalibrateOptions) => {
      const result = calibrated(options, io);
      if (result === null) {
        end(1);
        return;
      }
      if (options.out !== undefined) write(options.out, result);
      io.out(options.json === true ? `${JSON.stringify(result, null, 2)}\n` : text(result));
      end(0);
    });
}

/** Null, and a line that says so, if no parameter set gives the figures: a result, but a check that failed. */
function calibrated(options: CalibrateOptions, io: CommandIo): Calibration | null {
  const progress = new Progress(io, 'calibrate');
  try {
    return calibrate({
      seed: wholeNumber('--seed', options.seed, 0, 2 ** 31 - 1),
      sets: wholeNumber('--sets', options.sets, 100, 1_000_000),
      progress: (share) => {
        progress.show(`${String(Math.floor(100 * share))} %`);
      },
    });
  } catch (error) {
    if (!(error instanceof NoFitError)) throw error;
    io.err(`iommu-bounce: ${error.message}; another --seed may find one\n`);
    return null;
  } finally {
    progress.done();
  }
}

function write(file: string, result: Calibration): void {
  try {
    writeFileSync(file, `${JSON.stringify(result.preset, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(
      `${file}: cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const STYLE = { head: [], border: [], compact: true };
const show = (x: number): string =>
  x >= 1e6 ? `${(x / 1e9).toPrecision(3)}e9` : String(Number(x.toPrecision(3)));
const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

function text(c: Calibration): string {
  return [
    wrapped(`(a) All eight figures. ${fitText(c.fit)}`),
    parameterTable([...c.parameters, ...c.sums]),
    wrapped(
      '"left": width of the accepted 5-95 % range / width of the prior\'s, in logarithms. Identified: "yes" below 50 %, "no" above 80 %.',
    ),
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

function parameterTable(reports: readonly ParameterReport[]): string {
  const t = new Table({
    head: ['parameter', 'prior', 'accepted', '5 %', 'median', '95 %', 'left\n%', 'identified'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: STYLE,
  });
  for (const p of reports)
    t.push([
      p.name,
      p.prior.map(show).join('…'),
      [p.accepted.min, p.accepted.max].map(show).join('…'),
      ...[p.accepted.p5, p.accepted.median, p.accepted.p95].map(show),
      (100 * p.width_left).toFixed(0),
      p.identified,
    ]);
  return t.toString();
}

function figureTable(c: Calibration): string {
  const t = new Table({
    head: ['bytes', 'speed-up', 'published', 'unmap', 'published', 'map', 'pool bound by'],
    style: STYLE,
  });
  for (const f of c.figures)
    t.push([
      f.bytes,
      f.speedup.toFixed(2),
      f.speedup_published.toFixed(1),
      `-${percent(f.unmap_reduction)}`,
      `-${(100 * f.unmap_reduction_published).toFixed(0)} %`,
      `-${(100 * f.map_reduction).toFixed(2)} %`,
      f.bound,
    ]);
  return t.toString();
}

function predictionTable(c: Calibration): string {
  const t = new Table({
    head: ['bytes', 'figure', 'predicted 5-95 %', 'all sets', 'published', 'in 5-95 %'],
    style: STYLE,
  });
  const row = (bytes: number, name: string, p: Prediction): void => {
    t.push([
      bytes,
      name,
      `${p.p5.toFixed(3)} .. ${p.p95.toFixed(3)}`,
      `${p.min.toFixed(3)} .. ${p.max.toFixed(3)}`,
      p.published,
      p.within_5_95 ? 'yes' : p.within_all ? 'no, but in all sets' : 'no',
    ]);
  };
  for (const p of c.two_columns.predicted) {
    row(p.bytes, 'speed-up', p.speedup);
    row(p.bytes, 'unmap reduction', p.unmap_reduction);
  }
  return t.toString();
}
