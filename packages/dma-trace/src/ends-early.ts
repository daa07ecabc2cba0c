// SPDX-License-Identifier: GPL-2.0-only
// Why a line is no event: it ends in the middle of one. Mailers and terminals wrap lines, `cut` shortens them.

import { LineParser, parseLine } from './parse-line';
import { Scanner } from './scanner';

/** Lines that one event may have been broken into. */
const MOST_PIECES = 4;

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

/** Lines that are no events, one below the other, until some of them together are one. */
export class BrokenLines {
  private pieces: { readonly line: number; readonly text: string }[] = [];

  /** An event, or nothing, came between. */
  clear(): void {
    if (this.pieces.length > 0) this.pieces = [];
  }

  /** @returns the line at which an event was broken that ends with this piece; null if there is none */
  add(text: string, line: number): number | null {
    // A reply quotes each line that it made.
    this.pieces.push({ line, text: text.replace(/^(?:> ?)+/, '').trim() });
    if (this.pieces.length > MOST_PIECES) this.pieces.shift();
    for (let from = this.pieces.length - 2; from >= 0; from--) {
      const pieces = this.pieces.slice(from).map((one) => one.text);
      if ([' ', ''].some((between) => isEvent(pieces.join(between))))
        return this.pieces[from]?.line ?? null;
    }
    return null;
  }
}

/** One that this reader knows by its text: any text fits an event that it does not know. */
function isEvent(text: string): boolean {
  const event = parseLine(text, 0);
  return (
    event !== null && event !== 'unparsed' && !['other', 'marker', 'kernelLog'].includes(event.kind)
  );
}
