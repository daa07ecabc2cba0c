// SPDX-License-Identifier: GPL-2.0-only
// A cursor over one line. A step that does not fit clears `ok` and the steps after it are without meaning, so that a
// parser reads straight through and asks once, in `whole`.
import { ALL_ONES, ATTR_UNKNOWN, DIRECTIONS, DMA_ATTRS, type Direction } from './event-head';

const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
/** What libtraceevent (trace-cmd, perf) makes of an all-ones u64 in an array. */
const ALL_ONES_DECIMAL = '18446744073709551615';

export class Scanner {
  ok = true;
  /** What attrs() found beyond its bits. */
  otherAttrs = '';
  /** Nanoseconds of a time that is a whole number; 0 if there are none. */
  tickNs = 0;

  constructor(
    public text: string,
    public pos = 0,
  ) {}

  /** The same cursor over another line: one object for all lines of a capture. */
  begin(text: string): this {
    this.text = text;
    this.pos = 0;
    this.ok = true;
    this.otherAttrs = '';
    return this;
  }

  /** The event, if the line fitted to its end. */
  whole<T>(event: T): T | 'unparsed' {
    this.skipSpaces();
    return this.ok && this.pos === this.text.length ? event : 'unparsed';
  }

  skipSpaces(): void {
    while (this.text.charCodeAt(this.pos) === SPACE) this.pos++;
  }

  /** True, and past it, if `literal` stands here. */
  accept(literal: string): boolean {
    if (!this.text.startsWith(literal, this.pos)) return false;
    this.pos += literal.length;
    return true;
  }

  expect(literal: string): void {
    if (!this.accept(literal)) this.ok = false;
  }

  /** The text up to `mark`, and past the mark. */
  until(mark: string): string {
    const end = this.text.indexOf(mark, this.pos);
    if (end < 0) {
      this.ok = false;
      return '';
    }
    const found = this.text.slice(this.pos, end);
    this.pos = end + mark.length;
    return found;
  }

  /** The text up to the next space or the end; not empty. */
  word(): string {
    const space = this.text.indexOf(' ', this.pos);
    const end = space < 0 ? this.text.length : space;
    if (end === this.pos) this.ok = false;
    const found = this.text.slice(this.pos, end);
    this.pos = end;
    return found;
  }

  rest(): string {
    const found = this.text.slice(this.pos);
    this.pos = this.text.length;
    return found;
  }

  /** A hexadecimal u64 below 2^53, or all ones. */
  hex(): number {
    const start = this.pos;
    let value = 0;
    for (;;) {
      const code = this.text.charCodeAt(this.pos);
      let digit: number;
      if (code >= ZERO && code <= NINE) digit = code - ZERO;
      else if (code >= 0x61 && code <= 0x66) digit = code - 0x57;
      else if (code >= 0x41 && code <= 0x46) digit = code - 0x37;
      else break;
      value = value * 16 + digit;
      this.pos++;
    }
    const digits = this.pos - start;
    if (digits === 0 || digits > 16) this.ok = false;
    else if (value > Number.MAX_SAFE_INTEGER) {
      if (!/^f{16}$/i.test(this.text.slice(start, this.pos))) this.ok = false;
      return ALL_ONES;
    }
    return value;
  }

  /** A hexadecimal u64: above 2^53 the nearest double, for an address that nobody handed out. */
  wideHex(): number {
    const start = this.pos;
    const end = /[^\da-f]|$/i.exec(this.text.slice(start, start + 17))?.index ?? 0;
    if (end <= 13 || end > 16) return this.hex();
    this.pos += end;
    return Number(`0x${this.text.slice(start, this.pos)}`);
  }

  /** A decimal number below 2^53. */
  dec(): number {
    const start = this.pos;
    let value = 0;
    for (;;) {
      const code = this.text.charCodeAt(this.pos);
      if (!(code >= ZERO && code <= NINE)) break;
      value = value * 10 + (code - ZERO);
      this.pos++;
    }
    if (this.pos === start || value > Number.MAX_SAFE_INTEGER) this.ok = false;
    return value;
  }

  signed(): number {
    return this.accept('-') ? -this.dec() : this.dec();
  }

  hexAfter(label: string): number {
    this.expect(label);
    return this.hex();
  }

  decAfter(label: string): number {
    this.expect(label);
    return this.dec();
  }

  signedAfter(label: string): number {
    this.expect(label);
    return this.signed();
  }

  /** `{0x1,0x2}` as the kernel prints an array, or `1 2` in decimal as libtraceevent does. */
  listAfter(label: string): number[] {
    this.expect(label);
    const values: number[] = [];
    if (this.text.charCodeAt(this.pos) !== OPEN_BRACE) return this.bareList(values);
    this.pos++;
    if (this.text.charCodeAt(this.pos) === CLOSE_BRACE) {
      this.pos++;
      return values;
    }
    for (;;) {
      values.push(this.hexAfter('0x'));
      const code = this.text.charCodeAt(this.pos++);
      if (code === CLOSE_BRACE) return values;
      if (code !== COMMA) {
        this.ok = false;
        return values;
      }
    }
  }

  /** Decimal numbers with a space between; the next label ends them. */
  private bareList(values: number[]): number[] {
    while (this.atDigit(this.pos)) {
      values.push(this.accept(ALL_ONES_DECIMAL) ? ALL_ONES : this.dec());
      if (this.text.charCodeAt(this.pos) !== SPACE || !this.atDigit(this.pos + 1)) break;
      this.pos++;
    }
    return values;
  }

  private atDigit(at: number): boolean {
    const code = this.text.charCodeAt(at);
    return code >= ZERO && code <= NINE;
  }

  /** A direction by name. */
  direction(): Direction {
    for (const dir of DIRECTIONS) if (this.accept(dir)) return dir;
    this.ok = false;
    return 'NONE';
  }

  /** A direction by number. */
  directionNumber(): Direction {
    const dir = DIRECTIONS[this.dec()];
    if (dir === undefined) this.ok = false;
    return dir ?? 'NONE';
  }

  /**
   * ` attrs=A|B` to the end of the line, as bits; leftover bits are printed as a 0x number. Names that are not known, and
   * numbers that are too large for a bit, are left in `otherAttrs`.
   */
  attrs(): number {
    this.expect(' attrs=');
    this.otherAttrs = '';
    if (this.pos === this.text.length) return 0;
    let bits = 0;
    for (const name of this.rest().trimEnd().split('|')) {
      if (name === '') continue;
      const bit = /^0x[0-9a-f]{1,7}$/.test(name) ? Number(name) : DMA_ATTRS.get(name);
      if (bit === undefined) {
        if (!/^(?:[A-Z][A-Z\d_]*|0x[0-9a-f]{8,16})$/.test(name)) this.ok = false;
        this.otherAttrs += this.otherAttrs === '' ? name : `|${name}`;
      }
      bits |= bit ?? ATTR_UNKNOWN;
    }
    return bits;
  }
}
