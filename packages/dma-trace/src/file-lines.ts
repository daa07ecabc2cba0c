// SPDX-License-Identifier: GPL-2.0-only
// The lines of a file as bytes, one by one: to find those that are alike.
import { type TextBlock, readBlocks } from './files';
import { NEWLINE } from './quick/byte-cursor';

/** Lines are alike, so that many have one length: each third byte tells them apart. */
export function keyOf(bytes: Uint8Array, start: number, end: number): number {
  let key = end - start;
  for (let i = start; i < end; i += 3) key = (Math.imul(key, 31) + (bytes[i] as number)) | 0;
  return key;
}

/** Whether two parts are alike. */
export function isSameBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  const length = end - start;
  if (length !== otherEnd - otherStart) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false;
  return true;
}

const COMMENT = '#'.charCodeAt(0);

/** The lines of a file one by one, without comments and empty ones. */
export class Lines {
  /** Of the latest one, from 1. */
  line = 0;
  private readonly blocks: AsyncGenerator<TextBlock, void, undefined>;
  private block: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(file: string, path: string) {
    this.blocks = readBlocks(file, path);
  }

  /** Null at the end. */
  async next(): Promise<Buffer | null> {
    let bytes = await this.any();
    while (bytes !== null && !hasContent(bytes)) bytes = await this.any();
    return bytes;
  }

  /** @returns how many of the first `count` lines are neither a comment nor empty */
  async skip(count: number): Promise<number> {
    let skipped = 0;
    while (this.line < count) {
      const bytes = await this.any();
      if (bytes === null) break;
      if (hasContent(bytes)) skipped++;
    }
    return skipped;
  }

  async close(): Promise<void> {
    await this.blocks.return();
  }

  private async any(): Promise<Buffer | null> {
    while (this.at >= this.block.length) {
      const { done, value } = await this.blocks.next();
      if (done === true) return null;
      const { buffer, byteOffset, byteLength } = value.bytes;
      this.block = Buffer.from(buffer, byteOffset, byteLength);
      this.at = 0;
    }
    const newline = this.block.indexOf(NEWLINE, this.at);
    const end = newline < 0 ? this.block.length : newline;
    const bytes = this.block.subarray(this.at, end);
    this.at = end + 1;
    this.line++;
    return bytes;
  }
}

function hasContent(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes[0] !== COMMENT;
}
