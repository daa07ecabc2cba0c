// SPDX-License-Identifier: GPL-2.0-only
// Where the reader's copy of the series is: files, folders, git repositories. The only module of series/ with Node's API.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { ReadError, messageOf } from '../read-error';
import { readMail } from './mail';
import { type RawMail, splitMails } from './mbox';
import type { Series } from './series';
import { shown } from './shown';
import { type Wanted, chooseSeries } from './thread';

const LARGEST = 256 * 1024 * 1024;

/** What the user's configuration might change is said, so that a diff is the same everywhere. */
const FORMAT_PATCH = [
  'format-patch',
  '--stdout',
  '--numbered',
  '--subject-prefix=PATCH',
  '--no-cover-letter',
  '--no-attach',
  '--no-thread',
  '--no-base',
  '--no-notes',
  '--no-signature',
  '--no-color',
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--indent-heuristic',
  '--diff-algorithm=myers',
  '--unified=3',
  '--inter-hunk-context=0',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--abbrev=12',
];

function unpacked(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST });
  } catch (error) {
    throw new ReadError(`${name}: a gzip file that is cut off or damaged: ${messageOf(error)}`);
  }
}

function readFile(name: string): Uint8Array {
  try {
    return unpacked(name, readFileSync(name));
  } catch (error) {
    if (error instanceof ReadError) throw error;
    throw new ReadError(`${name}: cannot be read: ${messageOf(error)}`);
  }
}

function isRepository(folder: string): boolean {
  return (
    existsSync(path.join(folder, '.git')) ||
    (existsSync(path.join(folder, 'HEAD')) && existsSync(path.join(folder, 'objects')))
  );
}

/** The mails in the files of a folder, or of the cur and new of a maildir; files that are no mails are noted. */
function readFolder(folder: string, notes: string[]): RawMail[] {
  const folders = ['cur', 'new']
    .map((name) => path.join(folder, name))
    .filter((f) => existsSync(f));
  const places = folders.length === 2 ? folders : [folder];
  const names = places
    .flatMap((place) => readdirSync(place).map((name) => path.join(place, name)))
    .filter((name) => !path.basename(name).startsWith('.') && statSync(name).isFile())
    .sort();
  const mails = names.flatMap((name) => {
    const bytes = readFile(name);
    try {
      return splitMails(name, folder, bytes);
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      notes.push(`${error.message}; not used`);
      return [];
    }
  });
  if (mails.length > 0) return mails;
  if (isRepository(folder))
    throw new ReadError(`${folder}: a git repository; name the range too: ${folder}:BASE..HEAD`);
  throw new ReadError(
    `${folder}: no mail or patch file in this folder (of ${String(names.length)} files); expected an mbox, .eml or .patch files`,
  );
}

async function readRange(name: string, repository: string, range: string): Promise<RawMail[]> {
  if (range.startsWith('-'))
    throw new ReadError(`${name}: ${shown(range)} is no range; expected REPOSITORY:BASE..HEAD`);
  const [base, head] = range.split(/\.{2,3}/);
  let output: Buffer;
  try {
    const run = promisify(execFile);
    const args = ['-C', repository, ...FORMAT_PATCH, `${base ?? ''}..${head ?? ''}`, '--'];
    ({ stdout: output } = await run('git', args, { encoding: 'buffer', maxBuffer: LARGEST }));
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: unknown };
    if (code === 'ENOENT') throw new ReadError(`${name}: git is not installed; give an mbox`);
    const said = stderr instanceof Uint8Array ? new TextDecoder().decode(stderr) : '';
    const line = said.trim().split('\n')[0] ?? '';
    throw new ReadError(`${name}: git format-patch: ${line === '' ? messageOf(error) : line}`);
  }
  if (output.length === 0) throw new ReadError(`${name}: no commit in this range`);
  return splitMails(name, name, output);
}

async function readPath(name: string, notes: string[]): Promise<RawMail[]> {
  const range = /^(.+):([^:]*\.\.[^:]*)$/.exec(name);
  if (!existsSync(name) && range !== null) {
    const repository = range[1] as string;
    if (!existsSync(repository)) throw new ReadError(`${repository}: no such repository`);
    return readRange(name, repository, range[2] as string);
  }
  if (!existsSync(name)) throw new ReadError(`${name}: no such file or folder`);
  if (statSync(name).isDirectory()) return readFolder(name, notes);
  return splitMails(name, path.dirname(name), readFile(name));
}

/**
 * Reads the ported series from the reader's copy.
 * @param paths each an mbox (plain or gzip), a mail, a patch file, a folder of them, a maildir, or REPOSITORY:BASE..HEAD;
 *   the mails of all are taken together
 * @throws ReadError with the place, if a path cannot be read or the series is not in it, whole and undamaged, once
 */
export async function openSeries(paths: readonly string[], wanted: Wanted): Promise<Series> {
  if (paths.length === 0) throw new ReadError('no path to a series; expected an mbox or a folder');
  const notes: string[] = [];
  const raw: RawMail[] = [];
  for (const name of paths) raw.push(...(await readPath(name, notes)));
  const mails = await Promise.all(raw.map((mail) => readMail(mail)));
  const series = chooseSeries(paths.join(', '), mails, wanted);
  return { ...series, notes: [...notes, ...series.notes] };
}
