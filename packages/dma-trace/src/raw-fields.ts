// SPDX-License-Identifier: GPL-2.0-only
// A cursor over the `key=value` fields of an event.
import { ALL_ONES, ATTR_UNKNOWN, type Direction, type EventHead } from './event-head';
import type { Scanner } from './scanner';

/** What trace-cmd and perf print before the fields of an event whose print format they cannot parse. */
export const FAILED = '[FAILED TO PARSE]';
const SPACE = 0x20;
const COMMA = 0x2c;

/** Fields of one line, read by name in any order. What is missing or misshapen clears `ok` of the scanner. */
export class RawFields {
  /** Attributes beyond the bits that `attrs` holds, as a number; as in the events. */
  otherAttrs = '';
  private readonly from: number;
  /** Without the print format, the tools print a u64 in decimal. */
  private readonly unprefixedIsHex: boolean;

  constructor(private readonly scan: Scanner) {
    // A space stands before the first field, too.
    this.from = scan.pos - 1;
    this.unprefixedIsHex = !scan.text.startsWith(FAILED, scan.pos);
  }

  has(label: string): boolean {
    return this.scan.text.includes(label, this.from);
  }

  refuse(): void {
    this.scan.ok = false;
  }

  base(head: EventHead): EventHead & { device: string; dir: Direction } {
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      device: this.device(),
      dir: this.direction(),
    };
  }

  device(): string {
    return this.word(this.has(' device=') ? ' device=' : ' dev=');
  }

  direction(): Direction {
    this.seek(' dir=');
    return this.scan.directionNumber();
  }

  word(label: string): string {
    this.seek(label);
    return this.scan.word();
  }

  count(label: string): number {
    this.seek(label);
    return this.ended(this.scan.accept('0x') ? this.scan.hex() : this.scan.dec());
  }

  signed(label: string): number {
    this.seek(label);
    return this.ended(this.scan.signed());
  }

  address(label: string): number {
    this.seek(label);
    const { scan } = this;
    const isHex = scan.accept('0x') || this.unprefixedIsHex;
    return this.ended(isHex ? scan.hex() : scan.dec());
  }

  /** One that nobody handed out: above 2^53 the nearest double. */
  wideAddress(label: string): number {
    this.seek(label);
    this.scan.expect('0x');
    return this.ended(this.scan.wideHex());
  }

  attrs(): number {
    this.seek(' attrs=');
    this.scan.accept('0x');
    const bits = this.ended(this.scan.hex());
    if (bits < ATTR_UNKNOWN) return bits;
    this.otherAttrs = `0x${bits.toString(16)}`;
    return (bits % ATTR_UNKNOWN) | ATTR_UNKNOWN;
  }

  /** `ARRAY[00, d0, 27, …]`, in bpftrace's lines without commas: numbers of so many bytes, the lowest first. */
  list(label: string, bytes: number): number[] {
    this.seek(label);
    const { scan } = this;
    scan.accept('ARRAY');
    scan.expect('[');
    const end = scan.text.indexOf(']', scan.pos);
    if (end < 0) this.refuse();
    const values: number[] = [];
    while (scan.ok && scan.pos < end) values.push(this.littleEndian(bytes, end));
    scan.pos = end + 1;
    return values;
  }

  private littleEndian(bytes: number, end: number): number {
    const { scan } = this;
    const { text } = scan;
    let { pos } = scan;
    let value = 0;
    let unit = 1;
    for (let i = 0; i < bytes; i++, unit *= 256) {
      const high = nibble(text.charCodeAt(pos));
      const low = nibble(text.charCodeAt(pos + 1));
      if (high < 0 || low < 0) {
        this.refuse();
        return 0;
      }
      value += (high * 16 + low) * unit;
      pos += 2;
      if (pos >= end) continue;
      if (text.charCodeAt(pos) === COMMA) pos++;
      if (text.charCodeAt(pos++) !== SPACE) this.refuse();
    }
    scan.pos = pos;
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    // All ones rounds up to 2^64; no other address is as high.
    if (value < 2 ** 64) this.refuse();
    return ALL_ONES;
  }

  private seek(label: string): void {
    this.scan.pos = this.from;
    this.scan.until(label);
  }

  private ended(value: number): number {
    const { text, pos } = this.scan;
    if (pos < text.length && text.charCodeAt(pos) !== 0x20) this.refuse();
    return value;
  }
}

function nibble(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}
