// SPDX-License-Identifier: GPL-2.0-only
// `verify PATH…`: replays transcripts of the real C and says where the port differs.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Mismatch, TranscriptError, replayTranscript } from '@iommu-bounce/integration';
import type { VerifiedFile } from '../documents';
import { jsonOption, printResult } from './json';
import { UsageError, oneLine } from '../errors';
import { readText } from '../files';
import { type CommandIo, type ExitStatus, screenOf } from '../io';
import { Progress } from '../progress';
import { placed } from '../show/text';

export function addVerify(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('verify')
    .description('replay transcripts of the real C (.jsonl, .jsonl.gz, or folders of them)')
    .argument('<path...>', 'files or folders')
    .addOption(jsonOption('verify'))
    .action((paths: string[], options: { json?: boolean }) => {
      end(verify(paths, options.json === true, io));
    });
}

function verify(paths: readonly string[], json: boolean, io: CommandIo): ExitStatus {
  const files = paths.flatMap(transcriptsIn);
  const progress = new Progress(io, 'verify');
  const results = files.map((file, i) => {
    progress.show(`${String(i + 1)} of ${String(files.length)}: ${file}`, i / files.length);
    return verifyFile(file);
  });
  progress.done();

  const bad = results.filter((r) => r.result === 'bad');
  const failed = results.filter((r) => r.result === 'failed');
  const passed = results.length - bad.length - failed.length;
  for (const r of bad) io.err(`iommu-bounce: ${oneLine(r.error ?? '')}\n`);
  const document = { passed, failed: failed.length + bad.length, files: results };
  const screen = screenOf(io, Infinity);
  printResult(io, json, document, () =>
    [
      ...failed.flatMap(({ file, mismatch }) =>
        mismatch ? [placed(mismatchText(file, mismatch), screen, '    ')] : [],
      ),
      `${String(passed)} passed, ${String(document.failed)} failed\n`,
    ].join('\n'),
  );
  return bad.length > 0 ? 2 : failed.length > 0 ? 1 : 0;
}

function mismatchText(file: string, { line, op, field, expected, got }: Mismatch): string {
  return `${file}:${String(line)}: ${op}: ${field}: expected ${expected}, got ${got}`;
}

function verifyFile(file: string): VerifiedFile {
  const nothing = { file, ops: 0, mismatch: null };
  try {
    const { ops, mismatch } = replayTranscript(readText(file, 'a transcript, .jsonl or .jsonl.gz'));
    return { file, result: mismatch ? 'failed' : 'passed', ops, mismatch, error: null };
  } catch (error) {
    if (error instanceof TranscriptError)
      return { ...nothing, result: 'bad', error: `${file}:${String(error.line)}: ${error.reason}` };
    if (error instanceof UsageError) return { ...nothing, result: 'bad', error: error.message };
    throw error;
  }
}

/** Files named, and transcripts in folders named, in order. */
function transcriptsIn(path: string): string[] {
  let stat;
  try {
    stat = statSync(path);
  } catch {
    return [path]; // reported with the others, when it is read
  }
  if (!stat.isDirectory()) return [path];
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.jsonl(\.gz)?$/.test(name))
    .sort()
    .map((name) => join(path, name));
  if (found.length === 0)
    throw new UsageError(`${path}: no transcript in this folder, expected *.jsonl or *.jsonl.gz`);
  return found;
}
