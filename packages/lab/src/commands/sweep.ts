// SPDX-License-Identifier: GPL-2.0-only
// `sweep SPEC.yaml`: many runs of a verb, one row each.

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import { UsageError } from '../errors';
import { readText } from '../files';
import { cleanedUp } from '../interrupt';
import { type CommandIo, type ExitStatus, print } from '../io';
import { CLEAR, Progress } from '../progress';
import { checkReportFile, writeReport } from '../reports/write-report';
import { plural } from '../show/format';
import type { Engine } from '../sweep/engine';
import { newManifest } from '../sweep/manifest';
import { Results } from '../sweep/results';
import { sweep } from '../sweep/run';
import { type Spec, readSpec } from '../sweep/spec';
import { verbNamed } from '../sweep/verbs';
import { shellLine } from './command-line';
import { type EngineOptions, engineOf, jobsOption, queueOption } from './engine-options';
import { reportOption } from './option-values';
import { sweepPage } from './sweep-page';

interface SweepOptions extends EngineOptions {
  readonly out?: string;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  readonly report?: string;
}

/** Of --dry-run. */
const LINES_AT_ONCE = 1000;

export function addSweep(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('sweep')
    .description('run a verb for every point of a matrix; the results become rows')
    .argument('<spec.yaml>', 'verb, arguments, matrix and columns: docs/sweeps.md')
    .option('--out <dir>', 'folder of the results: results.jsonl, results.parquet, manifest.json')
    .addOption(jobsOption('points'))
    .addOption(queueOption('points'))
    .option('--resume', 'go on with the sweep in --out, whatever stopped it')
    .addOption(reportOption(' with charts; with --resume also of a sweep that has ended'))
    .option('--dry-run', 'print the number of points and their command lines, run nothing')
    .addHelpText('after', '\nExit status 1: a point failed, three times; failures.jsonl says why.')
    .action(async (file: string, options: SweepOptions) => {
      const text = readText(file, 'a spec of a sweep');
      const spec = await readSpec(file, text, (name) => verbNamed(program, name));
      if (options.dryRun === true) {
        if (options.report !== undefined)
          throw new UsageError('--report: --dry-run runs nothing; expected one of them');
        await dryRun(spec, program.name(), io);
        end(0);
      } else end(await swept(spec, options, program.name(), io));
    });
}

async function dryRun({ points }: Spec, name: string, io: CommandIo): Promise<void> {
  print(io, `${plural(points.count, 'point')}\n`);
  let lines = '';
  for (const { index, args, hash } of points.from()) {
    lines += `${hash} ${shellLine([name, ...args])}\n`;
    if ((index + 1) % LINES_AT_ONCE !== 0) continue;
    io.out(lines);
    lines = '';
    // Only between two rounds of the event loop the end of `| head` is heard of.
    await setImmediate();
  }
  io.out(lines);
}

async function swept(
  spec: Spec,
  options: SweepOptions,
  name: string,
  io: CommandIo,
): Promise<ExitStatus> {
  const { report } = options;
  if (options.out === undefined) throw new UsageError('--out: expected a folder for the results');
  if (report !== undefined) checkReportFile(report);
  const startEngine = await engineOf('sweep', options, io);
  const manifest = await newManifest(spec);
  const results = Results.open(spec, manifest, options.out, {
    resume: options.resume === true,
    warn: (text) => {
      io.err(`warning: ${text}\n`);
    },
  });
  const release = cleanedUp(() => {
    results.close();
    const stopped = results.begun
      ? `after ${String(results.next)} of ${plural(spec.points.count, 'point')}; --resume goes on`
      : 'before it began';
    io.err(`${io.errIsTerminal ? CLEAR : ''}sweep: stopped ${stopped}\n`);
  });
  try {
    const left = spec.points.count - results.next;
    if (left > 0) {
      const engine = await startEngine(left);
      try {
        results.begin();
        await rowsOf(spec, results, engine, io);
      } finally {
        await engine.close();
      }
    } else results.begin();
    if (!results.ended) await results.finish();
    if (report !== undefined) writeReport(report, sweepPage(spec, manifest, results, name));
  } finally {
    release();
    results.close();
  }
  print(io, summary(results));
  return results.failures > 0 ? 1 : 0;
}

async function rowsOf(spec: Spec, results: Results, engine: Engine, io: CommandIo): Promise<void> {
  const { points, columns } = spec;
  const progress = new Progress(io, 'sweep');
  const [from, all, began] = [results.next, points.count, Date.now()];
  try {
    await sweep({
      ...{ points, columns, engine, from },
      add: (point, outcome) => {
        results.add(point, outcome);
      },
      progress: (added) => {
        const rate = (1000 * added) / Math.max(Date.now() - began, 1);
        progress.show(
          `${String(from + added)} of ${String(all)}: ${rate.toFixed(1)} points/s${results.failures > 0 ? `, ${String(results.failures)} failed` : ''}`,
          added / (all - from),
        );
      },
    });
  } finally {
    progress.done();
  }
}

function summary({ folder, rows, failures, ended }: Results): string {
  const failed =
    failures === 0
      ? ''
      : `; ${plural(failures, 'point')} failed: ${join(folder, 'failures.jsonl')}`;
  const idle = ended ? '; the sweep had ended: nothing was run, nothing in the folder changed' : '';
  return `${plural(rows, 'row')} in ${join(folder, 'results.jsonl')}${failed}${idle}\n`;
}
