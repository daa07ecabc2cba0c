// SPDX-License-Identifier: GPL-2.0-only
// What a file is compressed with, told by its first bytes, and the plain bytes as a stream.
import { Readable, pipeline } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { Decompress, ZstdErrorCode } from 'fzstd';
import { XzReadableStream } from 'xz-decompress';

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

  constructor(kind: string, endsEarly: boolean, options: ErrorOptions) {
    const what = endsEarly ? 'ends in the middle' : 'is damaged';
    const file = { gzip: '.gz', zstd: '.zst', xz: '.xz' }[kind] ?? kind;
    super(`the ${kind} data ${what}; expected a whole ${file} file`, options);
  }
}

async function* gunzip(compressed: AsyncIterable<Buffer>): Chunks {
  const inflated = pipeline(Readable.from(compressed), createGunzip({ chunkSize: 1 << 16 }), () => {
    // An error of either end reaches the loop below through the last stream.
  });
  try {
    for await (const chunk of inflated) yield chunk as Buffer;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw error;
    throw new DamagedError('gzip', code === 'Z_BUF_ERROR', { cause: error });
  }
}

/** Node 20 has no decoder for zstd. This one does not check the sums: what is damaged shows as lines that fit no event. */
async function* unzstd(compressed: AsyncIterable<Buffer>): Chunks {
  let out: Buffer[] = [];
  const decoder = new Decompress((chunk) => {
    // A copy: the decoder writes on in the window that it hands out.
    if (chunk.length > 0) out.push(Buffer.from(chunk));
  });
  const push = (chunk: Uint8Array, isLast: boolean): void => {
    try {
      decoder.push(chunk, isLast);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      throw new DamagedError('zstd', code === ZstdErrorCode.UnexpectedEOF, { cause: error });
    }
  };
  for await (const chunk of compressed) {
    push(chunk, false);
    yield* out;
    out = [];
  }
  push(new Uint8Array(0), true);
  yield* out;
}

/** The result of its decoder that lacks input (XZ_BUF_ERROR). */
const XZ_ENDS_EARLY = /error code 8\b/;

async function* unxz(compressed: AsyncIterable<Buffer>): Chunks {
  const failed: Error[] = [];
  const input = ReadableStream.from(remember(compressed, failed));
  const output: AsyncIterable<Uint8Array> = new XzReadableStream(input);
  try {
    for await (const chunk of output) yield Buffer.from(chunk);
  } catch (error) {
    const [ofFile] = failed;
    if (ofFile !== undefined) throw ofFile;
    throw new DamagedError('xz', XZ_ENDS_EARLY.test(String(error)), { cause: error });
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
