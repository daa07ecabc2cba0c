// SPDX-License-Identifier: GPL-2.0-only
// A file of JSON Lines that only grows, by whole lines: what cannot be written whole is taken back.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { UsageError } from '../errors';
import { codeOf } from '../files';

const BLOCK = 1 << 16;
const NEWLINE = 0x0a;

/** A line, and where it ends in the file. */
export interface StoredLine {
  readonly value: Readonly<Record<string, unknown>>;
  readonly end: number;
}

export class LineFile {
  private readonly fd: number;
  private size: number;

  /** Opens it, or makes it. @throws UsageError */
  constructor(readonly path: string) {
    try {
      // Not with O_APPEND: what a failed write leaves is cut off, and written over.
      this.fd = openSync(path, openFlags(path));
    } catch (error) {
      throw cannot(path, error);
    }
    const stat = fstatSync(this.fd);
    this.size = stat.size;
    if (stat.isFile()) return;
    // A pipe or a device would be read for ever.
    closeSync(this.fd);
    throw new UsageError(`${path}: is no file, expected rows of a sweep`);
  }

  /**
   * Whole lines.
   * @throws UsageError if they cannot be written; the file is as before
   */
  append(lines: string): void {
    const bytes = Buffer.from(lines);
    try {
      let done = 0;
      while (done < bytes.length)
        done += writeSync(this.fd, bytes, done, bytes.length - done, this.size + done);
      this.size += bytes.length;
    } catch (error) {
      this.cut(this.size);
      throw cannot(this.path, error);
    }
  }

  /** Its length. */
  get bytes(): number {
    return this.size;
  }

  /** Drops all from a place on. */
  cut(size: number): void {
    try {
      ftruncateSync(this.fd, size);
      this.size = size;
    } catch (error) {
      throw cannot(this.path, error);
    }
  }

  /** Bytes after the last line that is whole, which a crash leaves. */
  torn(): number {
    const block = Buffer.alloc(1);
    let size = this.size;
    while (size > 0 && readSync(this.fd, block, 0, 1, size - 1) === 1 && block[0] !== NEWLINE)
      size--;
    return this.size - size;
  }

  /**
   * All whole lines, block by block.
   * @throws UsageError for a line that is no JSON object
   */
  *lines(): Generator<StoredLine> {
    const block = Buffer.alloc(BLOCK);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    let [at, end, number] = [0, 0, 0];
    for (;;) {
      const read = readSync(this.fd, block, 0, BLOCK, at);
      if (read === 0) return;
      at += read;
      const lines = (rest + decoder.write(block.subarray(0, read))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        end += Buffer.byteLength(line) + 1;
        yield { value: this.parsed(line, ++number), end };
      }
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  private parsed(line: string, number: number): Readonly<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // Told below.
    }
    throw new UsageError(
      `${this.path}:${String(number)}: is no row of a sweep, expected a JSON object`,
    );
  }
}

/** r+ fails where there is no file, w+ empties one that is there. */
function openFlags(path: string): string {
  try {
    closeSync(openSync(path, 'ax'));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return 'r+';
}

function cannot(path: string, error: unknown): UsageError {
  return new UsageError(`${path}: cannot be written (${codeOf(error)})`);
}
