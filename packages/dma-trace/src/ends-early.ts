// SPDX-License-Identifier: GPL-2.0-only
// Why a line is no event: it ends in the middle of one. Mailers and terminals wrap lines, `cut` shortens them.

import type { KernelLog } from './events';
import { REPLY } from './line-prefix';
import { SURE, parseMessage } from './parse-kernel-log';
import { LineParser, parseLine } from './parse-line';
import { Scanner } from './scanner';

/** Lines that one event may have been broken into. */
const MOST_PIECES = 4;
/** Characters: terminals are not narrower. */
const LEAST_WIDTH = 60;

/** Remembers where a line stopped to fit. */
class FailureScanner extends Scanner {
  /** The text ended where more was expected. */
  early = false;

  constructor(text: string) {
    super(text);
    let ok = true;
    // JS: the field is the base class's own, so an accessor of this class would never be called.
    Object.defineProperty(this, 'ok', {
      get: () => ok,
      set: (fits: boolean) => {
        if (ok && !fits && this.text.slice(this.pos).trim() === '') this.early = true;
        ok = fits;
      },
    });
  }

  /** The text may end within a literal, too. */
  override accept(literal: string): boolean {
    const found = super.accept(literal);
    if (!this.ok) return found;
    if (found) this.early = false;
    else if (literal.trimStart().startsWith(this.text.slice(this.pos).trim())) this.early = true;
    return found;
  }

  override until(mark: string): string {
    const found = super.until(mark);
    if (!this.ok) this.early = true;
    return found;
  }
}

/** Whether a line that is no event is the beginning of one. */
export function endsEarly(text: string): boolean {
  const scan = new FailureScanner(text.trimEnd());
  return new LineParser().parseText(scan, 0) === 'unparsed' && scan.early;
}

/** What some lines are together that are not, or only in part, by themselves. */
export interface Broken {
  /** Where it begins. */
  readonly line: number;
  readonly what: 'event' | 'line of the kernel log';
}

/** Lines that are no events, one below the other, until some of them together are one, or the rest of a message above. */
export class BrokenLines {
  private pieces: { readonly line: number; readonly text: string }[] = [];
  private log: { readonly read: KernelLog; readonly width: number; texts: string[] } | null = null;

  /** An event, or nothing, came between. */
  clear(): void {
    if (this.pieces.length > 0) this.pieces = [];
    this.log = null;
  }

  /** A line of the kernel log came: what follows may be the rest of it. */
  begin(read: KernelLog, width: number): void {
    this.clear();
    this.log = { read, width, texts: [read.text.trimEnd()] };
  }

  /** @returns what was broken and ends with this piece; null if there is none */
  add(text: string, line: number): Broken | null {
    // A reply quotes each line that it made.
    const piece = text.replace(REPLY, '').trim();
    if (this.endsLog(piece))
      return { line: this.log?.read.line ?? line, what: 'line of the kernel log' };
    this.pieces.push({ line, text: piece });
    if (this.pieces.length > MOST_PIECES) this.pieces.shift();
    for (let from = this.pieces.length - 2; from >= 0; from--) {
      const pieces = this.pieces.slice(from).map((one) => one.text);
      if ([' ', ''].some((between) => isEvent(pieces.join(between))))
        return { line: this.pieces[from]?.line ?? line, what: 'event' };
    }
    return null;
  }

  private endsLog(piece: string): boolean {
    const { log } = this;
    if (log === null) return false;
    log.texts.push(piece);
    if (log.texts.length > MOST_PIECES) {
      this.log = null;
      return false;
    }
    // A mailer breaks at spaces, a terminal at its width.
    const between = log.width >= LEAST_WIDTH ? [' ', ''] : [' '];
    return between.some((by) => saysMore(log.read, log.texts.join(by)));
  }
}

/** Whether a message says more than its beginning, as far as it is understood. */
function saysMore(begin: KernelLog, text: string): boolean {
  const whole = parseMessage(text, begin.line, begin.timeNs);
  if (!SURE.has(whole.topic)) return false;
  const told = ({ topic, device, address, write, swiotlb, text: message }: KernelLog): string =>
    // DMA-API debugging: `[device address=0x1000] [size=42 bytes]`.
    JSON.stringify([topic, device, address, write, swiotlb, message.match(/\[[\w ]+=[^\]]*\]/g)]);
  return told(whole) !== told(begin);
}

/** One that this reader knows by its text: any text fits an event that it does not know. */
function isEvent(text: string): boolean {
  const event = parseLine(text, 0);
  return (
    event !== null && event !== 'unparsed' && !['other', 'marker', 'kernelLog'].includes(event.kind)
  );
}
