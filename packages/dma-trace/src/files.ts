// SPDX-License-Identifier: GPL-2.0-only
// Files: the only module here that uses Node's API. A text file, plain or gzip (told by its first bytes, not by its name), is
// read as blocks of whole lines in bounded memory; a small one as a whole.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TraceError } from './trace-error';

/** Far above what a tracer prints on one line (a few pages). */
export const LONGEST_LINE = 1 << 20;

const NEWLINE = 0x0a;
const GZIP = Buffer.from([0x1f, 0x8b]);
/** First bytes of the binary files that the two tools turn into text. */
const BINARIES: readonly (readonly [string, string])[] = [
  [
    '\x17\x08\x44tracing',
    'a binary trace.dat; expected the text that `trace-cmd report` makes of it',
  ],
  ['PERFILE2', 'a binary perf.data; expected the text that `perf script` makes of it'],
];

export interface TextBlock {
  /** Lines, each ended by a newline except perhaps the last of the file. */
  text: string;
  /** The text is the beginning of one line of more than LONGEST_LINE bytes; the rest of it is skipped. */
  overlong: boolean;
}

/**
 * @param file how it is called in messages
 * @param path where it lies
 * @param onRead told how many bytes of it were read, compressed or not
 * @throws TraceError for whatever keeps the file from being read to its end
 */
export async function* readBlocks(
  file: string,
  path = file,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<TextBlock, void, undefined> {
  let carry: Buffer[] = [];
  let carried = 0;
  let skipping = false;
  for await (const chunk of plainChunks(file, path, onRead)) {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) {
      if (skipping) continue;
      carry.push(chunk);
      carried += chunk.length;
      if (carried <= LONGEST_LINE) continue;
      yield { text: Buffer.concat(carry).toString('utf8', 0, 200), overlong: true };
      skipping = true;
      carry = [];
      carried = 0;
      continue;
    }
    const from = skipping ? chunk.indexOf(NEWLINE) + 1 : 0;
    skipping = false;
    const whole = [...carry, chunk.subarray(from, last + 1)];
    yield { text: Buffer.concat(whole).toString('utf8'), overlong: false };
    // A copy: what is carried must not keep the whole chunk alive.
    carry = last + 1 < chunk.length ? [Buffer.from(chunk.subarray(last + 1))] : [];
    carried = chunk.length - last - 1;
  }
  if (carried > 0) yield { text: Buffer.concat(carry).toString('utf8'), overlong: false };
}

/** What a file holds, as one short text: the same for a file and its .gz. Throws a TraceError as readBlocks does. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of plainChunks(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** The whole of a small file; null if there is none. Throws a TraceError for one that cannot be read. */
export async function readTextIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new TraceError(file, null, `cannot be read (${code})`, { cause: error });
  }
}

async function* plainChunks(
  file: string,
  path = file,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const source = createReadStream(path);
  try {
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const first = await firstBytes(chunks);
    if (first.length === 0) throw new TraceError(file, null, 'is empty; expected an ftrace text');
    const joined = rejoin(first, chunks, onRead);
    if (first.subarray(0, 2).equals(GZIP)) yield* gunzip(joined);
    else {
      const head = first.toString('latin1', 0, 16);
      const binary = BINARIES.find(([magic]) => head.startsWith(magic));
      if (binary !== undefined) throw new TraceError(file, null, `is ${binary[1]}`);
      yield* joined;
    }
  } catch (error) {
    throw error instanceof TraceError
      ? error
      : new TraceError(file, null, reason(error), { cause: error });
  } finally {
    source.destroy();
  }
}

/** At least two bytes, unless the file has fewer: a pipe may hand out one at a time. */
async function firstBytes(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < 2) {
    const next = await chunks.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  return first;
}

async function* rejoin(
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  onRead(first.length);
  yield first;
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return;
    onRead(next.value.length);
    yield next.value;
  }
}

async function* gunzip(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const inflated = pipeline(Readable.from(compressed), createGunzip({ chunkSize: 1 << 16 }), () => {
    // An error of either end reaches the loop below through the last stream.
  });
  for await (const chunk of inflated) yield chunk as Buffer;
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'no such file; expected an ftrace text, plain or .gz';
    case 'EISDIR':
      return 'is a folder; expected a file with an ftrace text, plain or .gz';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read; expected a readable file';
    case 'Z_BUF_ERROR':
      return 'the gzip data ends in the middle; expected a whole .gz file';
    case 'Z_DATA_ERROR':
      return 'the gzip data is damaged; expected a whole .gz file';
    default:
      return `cannot be read (${code === '' ? String(error) : code})`;
  }
}
