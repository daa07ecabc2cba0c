// SPDX-License-Identifier: GPL-2.0-only
// `play [TRANSCRIPT|TRACE]`: a page that runs the ported code in the browser, step by step.

import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { Assembler, readTrace } from '@iommu-bounce/dma-trace';
import {
  type PlaySource,
  PlayStartError,
  ReadError,
  TraceCalls,
  playPage,
  scenarios,
} from '@iommu-bounce/reader/light';
import { replayParams } from '../drive/parameters';
import { UsageError, oneLine } from '../errors';
import { codeOf, readText, statOrNot } from '../files';
import { type CommandIo, type ExitStatus, print } from '../io';
import type { OnProgress } from '../progress';
import { checkReportFile, writeReport } from '../reports';
import { count } from '../show/format';
import { factsBeside } from '../spool';
import { wholeNumber } from './option-values';
import { withCaptures } from './with-captures';

interface PlayOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly step?: string;
  readonly scenario?: string;
  readonly from?: string;
  readonly calls?: string;
}

/** Calls of a trace that are played, unless told otherwise; at most, so that a page stays small. */
const USUAL_CALLS = '5000';
const MOST_CALLS = 100_000;
const MOST_STEP = 2 ** 31 - 1;
/** Bytes that tell what a file is. */
const HEAD = 4096;
const EXPECTED =
  'a transcript (.jsonl, .jsonl.gz) or a trace (ftrace text, trace-cmd report, perf script, bpftrace; plain or compressed)';

export function addPlay(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('play')
    .description(
      'a page on which the ported pool runs, step by step; without a file, ten scenarios',
    )
    .argument('[file]', `${EXPECTED}; - is stdin`)
    .option('--out <file.html>', 'the page to write')
    .option('--force', 'replace the page if there is one of this command')
    .option('--step <n>', 'step at which the page opens', '0')
    .option(
      '--scenario <name>',
      `scenario to open: ${scenarios.map(({ name }) => name).join(', ')}`,
    )
    .option('--from <n>', 'of a trace: the first call that is played, from 1 on; default 1')
    .option('--calls <n>', `of a trace: how many calls are played; default ${USUAL_CALLS}`)
    .action(async (file: string | undefined, options: PlayOptions) => {
      end(await play(file, options, io));
    });
}

async function play(
  file: string | undefined,
  options: PlayOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const { out, scenario } = options;
  if (out === undefined) throw new UsageError('play: expected --out FILE.html, the page to write');
  if (scenario !== undefined && file !== undefined)
    throw new UsageError('--scenario: is for the built-in scenarios; expected no file');
  const step = wholeNumber('--step', options.step ?? '0', 0, MOST_STEP);
  checkOut(out, options.force === true);
  const files = file === undefined ? [] : [file];
  try {
    const page = await withCaptures(io, 'play', files, async (pathOf, show) => {
      const given = file === undefined ? undefined : { name: file, path: pathOf(file) };
      const source = await sourceOf(given, options, show);
      const start = { step, ...(scenario === undefined ? {} : { item: scenario }) };
      show('2 of 2: writes the page', 0.5);
      return playPage({ source, start });
    });
    writeReport(out, page);
    print(io, `${oneLine(out)}: ${String(Math.ceil(page.length / 1000))} kB\n`);
    return 0;
  } catch (error) {
    if (error instanceof PlayStartError)
      throw new UsageError(`--${error.of === 'item' ? 'scenario' : 'step'}: ${error.reason}`);
    if (error instanceof ReadError && file !== undefined && !error.message.startsWith(`${file}:`))
      throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

/** What is played. */
interface Given {
  /** As it was given. */
  readonly name: string;
  /** Where it lies: a copy of what can be read only once. */
  readonly path: string;
}

/** A file that is there is replaced only if one wants that and it is ours. */
function checkOut(out: string, force: boolean): void {
  if (!force && existsSync(out))
    throw new UsageError(`${out}: is there already; expected another name, or --force`);
  checkReportFile(out);
}

async function sourceOf(
  file: Given | undefined,
  options: PlayOptions,
  show: OnProgress,
): Promise<PlaySource> {
  const isTrace = file !== undefined && !isTranscript(file);
  for (const name of ['from', 'calls'] as const)
    if (options[name] !== undefined && !isTrace)
      throw new UsageError(`--${name}: is for a trace; expected a trace as the file`);
  if (file === undefined) return { kind: 'scenarios' };
  return isTrace ? traceSource(file, options, show) : transcriptSource(file);
}

function transcriptSource({ name, path }: Given): PlaySource {
  return {
    kind: 'transcript',
    name,
    title: `${basename(name)}, played`,
    about:
      'A recording of the real C: its calls are made again on the port, on a plain table as when it was recorded. ' +
      'Beside it runs the same kernel without the pool. A step that differs from the recording says so.',
    text: readText(path, EXPECTED),
  };
}

async function traceSource(
  { name, path }: Given,
  options: PlayOptions,
  show: OnProgress,
): Promise<PlaySource> {
  const from = wholeNumber('--from', options.from ?? '1', 1, MOST_STEP);
  const calls = wholeNumber('--calls', options.calls ?? USUAL_CALLS, 1, MOST_CALLS);
  const { facts } = await factsBeside(name, path);
  const { text: params } = replayParams(facts, null);
  const groups = (facts?.groups ?? []).map(({ devices }) => devices);
  const trace = new TraceCalls({ skip: from - 1, calls, groups, params });
  const assembler = new Assembler(null);
  assembler.beginFile(name);
  let isCut = false;
  const reader = readTrace(name, path);
  const size = statOrNot(path)?.size ?? 0;
  for await (const events of reader.batches()) {
    const share = size > 0 ? Math.min(1, reader.bytesRead / size) : 0;
    show(`1 of 2: ${name}, ${count(reader.counters.events)} events`, share / 2);
    for (const step of assembler.add(events)) trace.add(step);
    isCut = !trace.wantsMore;
    if (isCut) break;
  }
  if (!isCut) for (const step of assembler.finish()) trace.add(step);
  const { program, about } = trace.finish(isCut);
  return { kind: 'trace', title: `${basename(name)}, played`, about, program };
}

/** A transcript is JSON from its first byte on. */
function isTranscript({ name: file, path }: Given): boolean {
  let head: Buffer = Buffer.alloc(HEAD);
  try {
    const fd = openSync(path, 'r');
    try {
      head = head.subarray(0, readSync(fd, head, 0, HEAD, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new UsageError(
      codeOf(error) === 'ENOENT'
        ? `${file}: no such file, expected ${EXPECTED}`
        : `${file}: cannot be read (${codeOf(error)}), expected ${EXPECTED}`,
    );
  }
  if (head.length === 0) throw new UsageError(`${file}: is empty, expected ${EXPECTED}`);
  if (head[0] === 0x1f && head[1] === 0x8b)
    try {
      head = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      throw new UsageError(`${file}: the gzip data is broken or cut short, expected ${EXPECTED}`);
    }
  return /\.jsonl(\.gz)?$/.test(file) || head.toString('utf8').trimStart().startsWith('{');
}
