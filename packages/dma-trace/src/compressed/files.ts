// SPDX-License-Identifier: GPL-2.0-only
// What a file is compressed with, told by its first bytes, and the plain bytes as a stream.
import { Readable, pipeline } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { XzReadableStream } from 'xz-decompress';
import { ZstdFrames } from './zstd-frames';

type Chunks = AsyncGenerator<Buffer, void, undefined>;

interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  readonly read: (compressed: AsyncIterable<Buffer>) => Chunks;
}

const COMPRESSIONS: readonly Compression[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], read: gunzip },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], read: unzstd },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], read: unxz },
];
/** Without a decoder here: what makes them plain. */
const UNREAD: readonly (readonly [string, string, readonly number[]])[] = [
  ['bzip2', 'bzip2 -dc', [0x42, 0x5a, 0x68]],
  ['lz4', 'lz4 -dc', [0x04, 0x22, 0x4d, 0x18]],
  ['zip', 'unzip -p', [0x50, 0x4b, 0x03, 0x04]],
];

/** Bytes that tell each of them. */
export const MAGIC_LENGTH = 6;

const startsWith = (bytes: Buffer, magic: readonly number[]): boolean =>
  magic.every((byte, i) => bytes[i] === byte);

/** How a file is compressed that begins so; null if it is not, by any of the three. */
export function compressionOf(first: Buffer): Compression | null {
  return COMPRESSIONS.find(({ magic }) => startsWith(first, magic)) ?? null;
}

/** Compressed by something else: its name and the command that reads it. */
export function unreadCompression(first: Buffer): { name: string; command: string } | null {
  const found = UNREAD.find(([, , magic]) => startsWith(first, magic));
  return found === undefined ? null : { name: found[0], command: found[1] };
}

/** The compressed data is not whole. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';

  /** @param read bytes of the file that were decoded when it showed; null: it ends too early */
  constructor(kind: string, read: number | null, options: ErrorOptions = {}) {
    const what =
      read === null ? 'ends in the middle' : `is damaged at or before byte ${String(read)}`;
    const file = { gzip: '.gz', zstd: '.zst', xz: '.xz' }[kind] ?? kind;
    super(`the ${kind} data ${what}; expected a whole ${file} file`, options);
  }
}

/** Bytes that are decoded at once: so close is the place of a damage. */
const PIECE = 1 << 14;

async function* gunzip(compressed: AsyncIterable<Buffer>): Chunks {
  const given = { bytes: 0 };
  const gunzipped = createGunzip({ chunkSize: 1 << 16 });
  const inflated = pipeline(Readable.from(pieces(compressed, given)), gunzipped, () => {
    // An error of either end reaches the loop below through the last stream.
  });
  try {
    for await (const chunk of inflated) yield chunk as Buffer;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw error;
    // It counts pieces that were decoded whole; it is given some ahead.
    const read = Math.min(given.bytes, gunzipped.bytesWritten + PIECE);
    throw new DamagedError('gzip', code === 'Z_BUF_ERROR' ? null : read, { cause: error });
  }
}

/** @param given counts them */
async function* pieces(compressed: AsyncIterable<Buffer>, given: { bytes: number }): Chunks {
  for await (const chunk of compressed)
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE);
      given.bytes += piece.length;
      yield piece;
    }
}

/** Node 20 has no decoder for zstd. */
async function* unzstd(compressed: AsyncIterable<Buffer>): Chunks {
  const sums = await (await import('xxhash-wasm')).default();
  const frames = new ZstdFrames(() => sums.create64());
  for await (const chunk of compressed) {
    let decoded: Buffer[];
    try {
      decoded = frames.push(chunk);
    } catch (error) {
      throw new DamagedError('zstd', frames.position, { cause: error });
    }
    yield* decoded;
  }
  if (!frames.isWhole) throw new DamagedError('zstd', null);
}

/** The result of its decoder that lacks input (XZ_BUF_ERROR). */
const XZ_ENDS_EARLY = /error code 8\b/;

async function* unxz(compressed: AsyncIterable<Buffer>): Chunks {
  const given = { bytes: 0 };
  const failed: Error[] = [];
  const input = ReadableStream.from(remember(pieces(compressed, given), failed));
  const output: AsyncIterable<Uint8Array> = new XzReadableStream(input);
  try {
    for await (const chunk of output) yield Buffer.from(chunk);
  } catch (error) {
    const [ofFile] = failed;
    if (ofFile !== undefined) throw ofFile;
    const read = XZ_ENDS_EARLY.test(String(error)) ? null : given.bytes;
    throw new DamagedError('xz', read, { cause: error });
  }
}

/** Tells an error of the file from one of the decoder. */
async function* remember<T>(
  source: AsyncIterable<T>,
  failed: Error[],
): AsyncGenerator<T, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof Error) failed.push(error);
    throw error;
  }
}
