// SPDX-License-Identifier: GPL-2.0-only
// Trace clocks whose times are whole numbers without a unit: uptime counts hundredths of a second, counter the events, x86-tsc
// the cycles of the CPU. The file does not name its clock: the numbers tell.

import { firstLines } from '../first-lines';

/** Lines with such a time that are looked at. */
const MOST = 64;
/** Fewer tell nothing. */
const LEAST = 8;
/** Behind the CPU column, with and without flags. */
const WHOLE_TIME = /\[\d+\] +(?:[.#\w]{3,8} +)?(\d{1,19}): +[\w:]+:? /;
/** Characters of a line that are looked at. */
const LONGEST = 120;
/** USER_HZ: 100 in a second, whatever the kernel's own ticks are. */
const UPTIME_NS = 1e7;
/** Numbers that are left out by events of other buffers, at most, for each that is there. */
const MOST_LEFT_OUT = 64;

export type WholeClock = 'uptime' | 'counter' | 'x86-tsc';

export class WholeTimes {
  private readonly times: number[] = [];

  /** The next lines of a file. */
  look(text: string): void {
    for (const line of firstLines(text, LONGEST)) {
      if (this.times.length >= MOST) return;
      const time = WHOLE_TIME.exec(line)?.[1];
      if (time !== undefined) this.times.push(Number(time));
    }
  }

  /** Null where the lines so far do not tell, or have other times. */
  get clock(): WholeClock | null {
    const { times } = this;
    if (times.length < LEAST) return null;
    const different = new Set(times).size;
    if (2 * different <= times.length) return 'uptime';
    if (different < times.length) return null;
    const span = Math.max(...times) - Math.min(...times);
    return span < MOST_LEFT_OUT * times.length ? 'counter' : 'x86-tsc';
  }

  /** Nanoseconds of one; 0 where that is not known. */
  get tickNs(): number {
    return this.clock === 'uptime' ? UPTIME_NS : 0;
  }
}

/** Why a line is not read whose time is such a number; null for any other line. */
export function wholeTimeText(text: string, clock: WholeClock | null): string | null {
  const time = WHOLE_TIME.exec(text.slice(0, LONGEST))?.[1];
  if (time === undefined) return null;
  const which = clock ?? 'counter, uptime or x86-tsc';
  return `the time ${time} is a whole number without a unit, of the trace clock ${which}; expected seconds: \`echo mono > trace_clock\` before recording`;
}
