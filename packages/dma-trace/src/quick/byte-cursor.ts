// SPDX-License-Identifier: GPL-2.0-only
// A cursor over the bytes of a block of whole lines. A step that does not fit clears `ok`, and the line is left to the parser
// of text (scanner.ts), which says what it is. A newline ends every step, so none reads behind the block.

import { DIRECTIONS, type Direction } from '../event-head';
import { ByteNames, LONGEST_NAME } from './byte-names';

export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
export const SPACE = 0x20;
export const ZERO = 0x30;
/** Behind it are no bytes of ASCII. */
const LAST = 0x7e;

/** Values of hexadecimal digits, -1 for other bytes. */
const DIGITS = new Int8Array(256).fill(-1);
for (let i = 0; i < 10; i++) DIGITS[ZERO + i] = i;
for (let i = 0; i < 6; i++) DIGITS[0x61 + i] = DIGITS[0x41 + i] = 10 + i;

/** The bytes of a literal. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

const DIRECTION_BYTES = DIRECTIONS.map((dir) => ascii(dir));

export class ByteCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  ok = true;
  readonly names = new ByteNames((name) => name);

  /** Over another line. */
  begin(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.at = at;
    this.ok = true;
  }

  /** Past the spaces here. */
  skipSpaces(): void {
    const { bytes } = this;
    let { at } = this;
    while (bytes[at] === SPACE) at++;
    this.at = at;
  }

  /** True, and past it, if the literal stands here. */
  accept(literal: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = literal;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== literal[i]) return false;
    this.at = at + length;
    return true;
  }

  expect(literal: Uint8Array): void {
    if (!this.accept(literal)) this.ok = false;
  }

  /** True, and past it, if the byte stands here. */
  acceptByte(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** A hexadecimal number of 1 to 16 digits, below 2^53. */
  hex(): number {
    const { bytes, at: start } = this;
    let at = start;
    while (bytes[at] === ZERO) at++;
    const first = at;
    // JS: seven digits at a time are a small integer, which needs no arithmetic of doubles.
    let value = 0;
    let digit = DIGITS[bytes[at] as number] as number;
    while (digit >= 0 && at < first + 7) {
      value = (value << 4) | digit;
      digit = DIGITS[bytes[++at] as number] as number;
    }
    if (digit >= 0) return this.longHex(start, first, at, value);
    if (at === start || at - start > 16) this.ok = false;
    this.at = at;
    return value;
  }

  /** The same with more than seven digits behind the zeros, of which `high` are the first. */
  private longHex(start: number, first: number, from: number, high: number): number {
    const { bytes } = this;
    let at = from;
    let low = 0;
    let unit = 1;
    let digit = DIGITS[bytes[at] as number] as number;
    while (digit >= 0 && at < first + 14) {
      low = low * 16 + digit;
      unit *= 16;
      digit = DIGITS[bytes[++at] as number] as number;
    }
    const value = high * unit + low;
    if (digit >= 0 || at - start > 16 || value > Number.MAX_SAFE_INTEGER) this.ok = false;
    this.at = at;
    return value;
  }

  /** A decimal number of 1 to 15 digits. */
  dec(): number {
    const { bytes, at: start } = this;
    let at = start;
    let value = 0;
    let digit = (bytes[at] as number) - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = (bytes[++at] as number) - ZERO;
    }
    if (at === start || at - start > 15) this.ok = false;
    this.at = at;
    return value;
  }

  hexAfter(label: Uint8Array): number {
    this.expect(label);
    return this.hex();
  }

  decAfter(label: Uint8Array): number {
    this.expect(label);
    return this.dec();
  }

  /** Where the printable ASCII here ends: at a space, or at the end of the line. Another byte clears `ok`. */
  wordEnd(): number {
    const { bytes } = this;
    let { at } = this;
    let byte = bytes[at] as number;
    while (byte > SPACE && byte <= LAST) byte = bytes[++at] as number;
    if (byte !== SPACE && byte !== NEWLINE && byte !== RETURN) this.ok = false;
    return at;
  }

  /** The word here; one string for all that are alike. */
  word(): string {
    const { at } = this;
    const end = this.wordEnd();
    return this.name(at, end, end);
  }

  /** The bytes from..to as one string for all that are alike; the cursor goes on at `next`. */
  name(from: number, to: number, next: number): string {
    this.at = next;
    if (to <= from || to - from > LONGEST_NAME) {
      this.ok = false;
      return '';
    }
    return this.names.of(this.bytes, from, to);
  }

  /** A direction by name. */
  direction(): Direction {
    for (let i = 0; i < DIRECTION_BYTES.length; i++)
      if (this.accept(DIRECTION_BYTES[i] as Uint8Array)) return DIRECTIONS[i] ?? 'NONE';
    this.ok = false;
    return 'NONE';
  }

  /** A direction by number. */
  directionNumber(): Direction {
    const dir = DIRECTIONS[this.dec()];
    if (dir === undefined) this.ok = false;
    return dir ?? 'NONE';
  }

  /** Whether all fitted, to the end of the line; then past it. */
  lineEnds(): boolean {
    const { bytes } = this;
    let { at } = this;
    while (bytes[at] === SPACE) at++;
    if (bytes[at] === RETURN) at++;
    if (!this.ok || bytes[at] !== NEWLINE) return false;
    this.at = at + 1;
    return true;
  }
}
