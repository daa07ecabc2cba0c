// SPDX-License-Identifier: GPL-2.0-only
// Files: with compressed/files.ts the only module here that uses Node's API. A text file, plain or compressed (told by its first
// bytes, not by its name), is read as blocks of whole lines in bounded memory; a small one as a whole.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { DamagedError, MAGIC_LENGTH, compressionOf, unreadCompression } from './compressed/files';
import { NEWLINE } from './quick/byte-cursor';
import { TraceError } from './trace-error';
import { asUtf8 } from './utf16';

/** What a file is expected to hold. */
export const A_CAPTURE =
  'a capture: ftrace text, `trace-cmd report`, `perf script`, the output of dma*.bt or a kernel log';

/** Far above what a tracer prints on one line (a few pages). */
export const LONGEST_LINE = 1 << 20;

/** Bytes of a longer one that are handed out. */
const OVERLONG_SHOWN = 200;

/** Bytes read at once: fewer promises than with the 64 KiB of Node.js. */
const CHUNK = 1 << 18;

/** First bytes of the binary files that the two tools turn into text. */
const BINARIES: readonly (readonly [string, string])[] = [
  [
    '\x17\x08\x44tracing',
    'a binary trace.dat; expected the text that `trace-cmd report` makes of it',
  ],
  ['PERFILE2', 'a binary perf.data; expected the text that `perf script` makes of it'],
];

/** Lines, each ended by a newline except perhaps the last of the file. */
export class TextBlock {
  private decoded: string | null = null;

  constructor(
    readonly bytes: Uint8Array,
    /** It is the beginning of one line of more than LONGEST_LINE bytes; the rest of it is skipped. */
    readonly overlong = false,
    /** Of a compressed file: what it says is not worth telling before its sums are checked, at its end. */
    readonly isCompressed = false,
  ) {}

  /** All of it. */
  get text(): string {
    return (this.decoded ??= textOf(this.bytes));
  }

  /** The text of some whole lines. */
  part(from: number, to: number): string {
    const { text, bytes } = this;
    // As many characters as bytes: each is one.
    return text.length === bytes.length ? text.slice(from, to) : textOf(bytes.subarray(from, to));
  }
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
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
  let isCompressed = false;
  const tell = (compressed: boolean): void => {
    isCompressed = compressed;
  };
  for await (const chunk of plainChunks(file, path, onRead, tell)) {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) {
      if (skipping) continue;
      carry.push(chunk);
      carried += chunk.length;
      if (carried <= LONGEST_LINE) continue;
      yield new TextBlock(Buffer.concat(carry).subarray(0, OVERLONG_SHOWN), true, isCompressed);
      skipping = true;
      carry = [];
      carried = 0;
      continue;
    }
    const from = skipping ? chunk.indexOf(NEWLINE) + 1 : 0;
    skipping = false;
    const whole = chunk.subarray(from, last + 1);
    const bytes = carried === 0 ? whole : Buffer.concat([...carry, whole]);
    yield new TextBlock(bytes, false, isCompressed);
    // A copy: what is carried must not keep the whole chunk alive.
    carry = last + 1 < chunk.length ? [Buffer.from(chunk.subarray(last + 1))] : [];
    carried = chunk.length - last - 1;
  }
  if (carried > 0) yield new TextBlock(Buffer.concat(carry), false, isCompressed);
}

/** What a file holds, as one short text: the same for a file and the compressed one. Throws a TraceError as readBlocks does. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of plainChunks(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** Whether a file can be read more than once: a pipe cannot. */
export async function isReadAgain(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
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
  tell: (isCompressed: boolean) => void = () => undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const source = createReadStream(path, { highWaterMark: CHUNK });
  try {
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const first = await firstBytes(chunks);
    if (first.length === 0) throw new TraceError(file, null, `is empty; expected ${A_CAPTURE}`);
    const compression = compressionOf(first);
    if (compression === null) refuseUnread(file, first);
    tell(compression !== null);
    const joined = rejoin(first, chunks, onRead);
    yield* asUtf8(compression === null ? joined : compression.read(joined));
  } catch (error) {
    throw error instanceof TraceError
      ? error
      : new TraceError(file, null, reason(error), { cause: error });
  } finally {
    source.destroy();
  }
}

function refuseUnread(file: string, first: Buffer): void {
  const head = first.toString('latin1', 0, 16);
  const binary = BINARIES.find(([magic]) => head.startsWith(magic));
  if (binary !== undefined) throw new TraceError(file, null, `is ${binary[1]}`);
  const unread = unreadCompression(first);
  if (unread === null) return;
  throw new TraceError(
    file,
    null,
    `is compressed with ${unread.name}; expected plain, .gz, .zst or .xz text: pipe it through \`${unread.command}\``,
  );
}

/** As many bytes as tell a compression, unless the file has fewer: a pipe may hand out one at a time. */
async function firstBytes(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < MAGIC_LENGTH) {
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

function reason(error: unknown): string {
  if (error instanceof DamagedError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return `no such file; expected ${A_CAPTURE}`;
    case 'EISDIR':
      return `is a folder; expected a file with ${A_CAPTURE}`;
    case 'EACCES':
    case 'EPERM':
      return 'may not be read; expected a readable file';
    default:
      return `cannot be read (${code === '' ? String(error) : code})`;
  }
}
