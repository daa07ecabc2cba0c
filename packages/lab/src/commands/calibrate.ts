// SPDX-License-Identifier: GPL-2.0-only
// `calibrate`: all cost parameters that give the cover letter's figures, and what two of its columns predict for the others.

import { isMainThread } from 'node:worker_threads';
import type { Command } from 'commander';
import {
  type Calibration,
  type CalibrationOptions,
  NoFitError,
  calibrate,
  calibrateOn,
} from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import { type CommandIo, type ExitStatus } from '../io';
import { Progress } from '../progress';
import { chainOf, chainPoint } from '../sweep/chain-point';
import type { Engine } from '../sweep/engine';
import { calibrationText } from '../tables/calibrate';
import { checkWritable, writeFile } from '../write-file';
import { type EngineOptions, engineOf, jobsOf, jobsOption, queueOption } from './engine-options';
import { jsonOption, printResult } from './json';
import { wholeNumber } from './option-values';

/** Two fits to figures, and about three with the end of a range moved. */
const PARTS = 5;
/** Populations of all ends, or of two fits. */
const MOST_AT_ONCE = 16;

interface CalibrateOptions extends EngineOptions {
  readonly seed: string;
  readonly sets: string;
  readonly out?: string;
  readonly force?: boolean;
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
      "find all cost parameters within their ranges that give the cover letter's figures; about a minute on two cores",
    )
    .option('--seed <n>', 'seed of the draws', '1')
    .option('--sets <n>', 'least number of accepted parameter sets for each fit', '10000')
    .option('--out <file.json>', 'write the set nearest to the centre, for --costs')
    .option('--force', 'let --out replace a file')
    .addOption(jobsOption('populations'))
    .addOption(queueOption('populations'))
    .addOption(jsonOption('calibrate'))
    .action(async (options: CalibrateOptions) => {
      const replacing = { what: 'set of costs', force: options.force === true };
      if (options.out !== undefined) checkWritable(options.out, replacing);
      const result = await calibrated(options, io);
      if (result === null) {
        end(1);
        return;
      }
      if (options.out !== undefined)
        writeFile(options.out, `${JSON.stringify(result.preset, null, 2)}\n`, replacing);
      printResult(io, options.json, result, (screen) => calibrationText(result, screen));
      end(0);
    });
}

/** Null, and a line that says so, if no parameter set gives the figures: a result, but a check that failed. */
async function calibrated(options: CalibrateOptions, io: CommandIo): Promise<Calibration | null> {
  const progress = new Progress(io, 'calibrate');
  const asked: CalibrationOptions = {
    seed: wholeNumber('--seed', options.seed, 0, 2 ** 31 - 1),
    sets: wholeNumber('--sets', options.sets, 100, 1_000_000),
    progress: (share) => {
      const part = Math.min(PARTS, Math.floor(share * PARTS) + 1);
      progress.show(`fit ${String(part)} of about ${String(PARTS)}`, share);
    },
  };
  try {
    // A point of a sweep has one core.
    const jobs = options.jobs === undefined && !isMainThread ? 1 : jobsOf(options.jobs);
    if (options.queue === undefined && jobs === 1) return calibrate(asked);
    const engine = await (await engineOf('calibrate', options, io))(MOST_AT_ONCE);
    try {
      return await calibratedOn(engine, asked);
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (!(error instanceof NoFitError)) throw error;
    io.err(`iommu-bounce: ${error.message}; another --seed may find one\n`);
    return null;
  } finally {
    progress.done();
  }
}

function calibratedOn(engine: Engine, asked: CalibrationOptions): Promise<Calibration> {
  return calibrateOn(async (task) => {
    const outcome = await engine.run(chainPoint(task));
    if ('row' in outcome) return chainOf(outcome.row);
    throw new UsageError(
      `calibrate: a population failed ${String(outcome.tries)} times (${outcome.error})`,
    );
  }, asked);
}
