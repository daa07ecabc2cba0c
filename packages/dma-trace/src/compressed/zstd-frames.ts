// SPDX-License-Identifier: GPL-2.0-only
// The frames of a zstd file (RFC 8878). fzstd decodes each block; the sum and the size of each frame, which it does not
// check, are checked here.

import { Decompress } from 'fzstd';
import type { XXHash } from 'xxhash-wasm';

const FRAME = 0xfd2fb528;
/** The first of 16. */
const SKIPPABLE = 0x184d2a50;
const MOST_BLOCK = 1 << 17;
const BLOCK_HEAD = 3;
const SUM_LENGTH = 4;
const MAGIC_LENGTH = 4;

interface Frame {
  readonly decoder: Decompress;
  /** Null: it has none. */
  readonly sum: XXHash<bigint> | null;
  /** Bytes that it says to have; null: it does not say. */
  readonly size: number | null;
}

/** Takes bytes as they come. */
export class ZstdFrames {
  /** Bytes of the file that were looked at: what is wrong is among these. */
  position = 0;
  private input: Buffer = Buffer.alloc(0);
  private frame: Frame | null = null;
  private isLast = false;
  private skip = 0;
  private length = 0;
  private out: Buffer[] = [];

  /** @param newSum begins an XXH64 */
  constructor(private readonly newSum: () => XXHash<bigint>) {}

  /** Nothing has begun that is not complete. */
  get isWhole(): boolean {
    return this.input.length === 0 && this.frame === null && this.skip === 0;
  }

  /** @throws Error, its own or one of fzstd, for bytes that are not those of the file */
  push(chunk: Buffer): Buffer[] {
    this.input = this.input.length === 0 ? chunk : Buffer.concat([this.input, chunk]);
    this.out = [];
    while (this.input.length > 0 && this.step());
    return this.out;
  }

  /** False: it needs more bytes. */
  private step(): boolean {
    if (this.skip > 0) {
      this.skip -= this.take(Math.min(this.skip, this.input.length)).length;
      return true;
    }
    if (this.frame === null) return this.begin();
    return this.isLast ? this.end(this.frame) : this.block(this.frame);
  }

  private begin(): boolean {
    const { input } = this;
    if (input.length < 8) return false;
    const magic = input.readUInt32LE(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.skip = input.readUInt32LE(4);
      this.take(8);
      return true;
    }
    if (magic !== FRAME) {
      this.take(MAGIC_LENGTH);
      throw new Error('no frame begins here');
    }
    const flags = input.readUInt8(4);
    const isSingle = (flags & 0x20) !== 0;
    const sizeLength = flags >> 6 === 0 ? (isSingle ? 1 : 0) : 1 << (flags >> 6);
    const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
    const at = 5 + (isSingle ? 0 : 1) + dictionary;
    if (input.length < at + sizeLength) return false;
    const size =
      sizeLength === 0 ? null : numberAt(input, at, sizeLength) + (sizeLength === 2 ? 256 : 0);
    this.length = 0;
    const decoder = new Decompress((bytes) => {
      this.decoded(bytes);
    });
    this.frame = { decoder, sum: (flags & 4) === 0 ? null : this.newSum(), size };
    this.isLast = false;
    decoder.push(this.take(at + sizeLength));
    return true;
  }

  private decoded(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.frame?.sum?.update(bytes);
    this.length += bytes.length;
    // A copy: the decoder writes on in the window that it hands out.
    this.out.push(Buffer.from(bytes));
  }

  private block({ decoder }: Frame): boolean {
    const { input } = this;
    if (input.length < BLOCK_HEAD) return false;
    const head = input.readUIntLE(0, BLOCK_HEAD);
    const type = (head >> 1) & 3;
    const size = head >> 3;
    if (type === 3 || size > MOST_BLOCK) {
      this.take(BLOCK_HEAD);
      throw new Error('no block begins here');
    }
    // A run of one byte has only that.
    const length = BLOCK_HEAD + (type === 1 ? 1 : size);
    if (input.length < length) return false;
    decoder.push(this.take(length));
    this.isLast = (head & 1) === 1;
    if (this.isLast && this.frame?.sum === null) this.finish(this.frame);
    return true;
  }

  private end(frame: Frame): boolean {
    if (this.input.length < SUM_LENGTH) return false;
    const sum = this.input.readUInt32LE(0);
    frame.decoder.push(this.take(SUM_LENGTH));
    this.finish(frame);
    // Its lower half.
    if (frame.sum !== null && BigInt(sum) !== BigInt.asUintN(32, frame.sum.digest()))
      throw new Error('the sum is another');
    return true;
  }

  private finish({ decoder, size }: Frame): void {
    // It holds back a frame of a few bytes.
    decoder.push(new Uint8Array(0), true);
    this.frame = null;
    if (size !== null && size !== this.length) throw new Error('the size is another');
  }

  private take(length: number): Buffer {
    const taken = this.input.subarray(0, length);
    this.input = this.input.subarray(length);
    this.position += length;
    return taken;
  }
}

/** Little endian, of 1 to 8 bytes. */
function numberAt(bytes: Buffer, at: number, length: number): number {
  const low = bytes.readUIntLE(at, Math.min(length, 4));
  return length > 4 ? low + bytes.readUIntLE(at + 4, length - 4) * 2 ** 32 : low;
}
