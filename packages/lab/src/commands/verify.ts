// SPDX-License-Identifier: GPL-2.0-only
// `verify PATH…`: replays transcripts of the real C and says where the port differs.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { TranscriptError, replayTranscript } from '@iommu-bounce/integration';
import type { VerifiedFile } from '../documents';
import { UsageError, oneLine } from '../errors';
import { readText } from '../files';
import { type CommandIo, type ExitStatus, Progress } from '../io';
import { jsonOption, jsonText } from './json';

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
    progress.show(`${String(i + 1)} of ${String(files.length)}`);
    return verifyFile(file);
  });
  progress.done();

  const bad = results.filter((r) => r.result === 'bad');
  const failed = results.filter((r) => r.result === 'failed');
  const passed = results.length - bad.length - failed.length;
  for (const r of bad) io.err(`iommu-bounce: ${oneLine(r.error ?? '')}\n`);
  if (json) io.out(jsonText({ passed, failed: failed.length + bad.length, files: results }));
  else {
    for (const { file, mismatch: m } of failed)
      if (m)
        io.out(
          `${oneLine(file)}:${String(m.line)}: ${m.op}: ${m.field}: expected ${oneLine(m.expected)}, got ${oneLine(m.got)}\n`,
        );
    io.out(`${String(passed)} passed, ${String(failed.length + bad.length)} failed\n`);
  }
  return bad.length > 0 ? 2 : failed.length > 0 ? 1 : 0;
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
