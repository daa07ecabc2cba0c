// SPDX-License-Identifier: GPL-2.0-only
// `demo`, which is `npm start`: the main job on traces that come with the repository.

import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { IommuDriver } from '@iommu-bounce/integration';
import {
  COVER_LETTER_IOS,
  type CountedRows,
  coverLetterExperiment,
  preset,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import { statOrNot } from '../files';
import { type DemoDocument, demoText } from '../tables/demo';
import { type CommandIo, type ExitStatus } from '../io';
import { whole } from '../interrupt';
import { type OnProgress, Progress } from '../progress';
import { type RecordedIommu, type VerdictCosts, agrees, presetFor, replayTraces } from '../compare';
import { demoReport, writeReport } from '../reports';
import { jsonOption, printResult } from './json';

/** From this module, built or not, to the root of the repository. */
const ROOT = resolve(__dirname, '../../../..');
const TRACES = join(ROOT, 'test-fixtures/traces');
const PLAIN = join(TRACES, 'virtio.nvme-mixed.trace.txt.gz');

/** Where the three parts begin, as shares of the time: two replays and the experiment, and then the pages. */
const PARTS = [0, 0.05, 0.35, 0.95];

export function addDemo(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('demo')
    .description(
      "replay the traces that come with the repository, run the cover letter's experiment, write out/report.html and out/site",
    )
    .option(
      '--ios <n>',
      "I/Os of each run of the cover letter's experiment",
      String(COVER_LETTER_IOS),
    )
    .addOption(jsonOption('demo'))
    .action(async ({ ios, json = false }: { ios: string; json?: boolean }) => {
      if (!/^[1-9]\d{0,8}$/.test(ios))
        throw new UsageError(`--ios: expected a number from 1 to 999999999, got '${ios}'`);
      end(await demo(io, Number(ios), json));
    });
}

async function demo(io: CommandIo, ios: number, json: boolean): Promise<ExitStatus> {
  if (!isFile(PLAIN))
    throw new UsageError(
      `${PLAIN}: no such file; the demo needs a clone of the repository, not just the package; use: iommu-bounce replay TRACE`,
    );
  const boot = bootTraces();
  const progress = new Progress(io, 'demo');
  const part =
    (index: number): OnProgress =>
    (what, share) => {
      const [from = 0, to = 1] = PARTS.slice(index);
      progress.show(`${String(index + 1)} of 3: ${what}`, from + share * (to - from));
    };
  const own: CountedRows = new Map();
  const options = {
    patches: [0, 4] as const,
    config: null,
    params: null,
    mostDifferences: 10,
    counted: io.counted ?? own,
    costs: (iommu: RecordedIommu, driver: IommuDriver): VerdictCosts => {
      const name = presetFor(iommu, driver);
      return { preset: name, costs: preset(name) };
    },
  };
  const plain = await replayTraces([shown(PLAIN)], { ...options, progress: part(0) });
  const series =
    boot.length > 0 ? await replayTraces(boot.map(shown), { ...options, progress: part(1) }) : null;
  const experiment = coverLetterExperiment(ios, part(2));
  progress.done();
  const file = join(ROOT, 'out/report.html');
  const command = `iommu-bounce demo${ios === COVER_LETTER_IOS ? '' : ` --ios ${String(ios)}`}`;
  writeReport(file, demoReport({ experiment, plain, series, command, site: 'site/index.html' }));
  const site = join(ROOT, 'out/site');
  // It loads the TypeScript compiler: other verbs start without it.
  const { openReading, readingSite, writeSite } = await import('@iommu-bounce/reader');
  const port = await openReading({ series: [], kernel: null, port: null });
  const pages = readingSite(port, null, []);
  whole(() => writeSite(site, pages, true));
  const document: DemoDocument = {
    ...{ plain, series, experiment },
    ...{ report: shown(file), site: shown(site) },
  };
  printResult(io, json, document, (screen) => demoText(document, screen));
  const wrong = experiment.runs.some((run) => wrongsOf(run).length > 0);
  return agrees(plain) && (!series || agrees(series)) && !wrong ? 0 : 1;
}

/** The files of the patched kernel's boot, if they are there. */
function bootTraces(): string[] {
  const folder = join(TRACES, 'series');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^iobuf-def\..*\.trace\.txt\.gz$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function isFile(path: string): boolean {
  return statOrNot(path)?.isFile() === true;
}

/** As short as it is from where the user stands. */
function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return here.length < path.length ? here : path;
}
