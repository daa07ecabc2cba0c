// SPDX-License-Identifier: GPL-2.0-only
// Lines that are there twice, one below the other: a capture and a copy of it, sorted.
import { isSameBytes } from './file-lines';

/** Fewer twins say nothing. */
const LEAST = 8;

/** Calls whose lines are kept. */
export const FIRST = 3;

export class TwinLines {
  /** Of the first twin. */
  first = 0;
  /** How many calls are there twice. A call takes longer than no time at all. */
  calls = 0;
  /** The second line of each of the first of them. */
  readonly firstCalls: number[] = [];
  private twins = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;
  /** Lines before this one that are like it. */
  private run = 0;

  /**
   * To be told of each event of a block.
   * @param isAtOnce it has the time of the event before it on its CPU: any other cannot be a twin
   * @param isCall it maps or unmaps
   */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    line: number,
    isAtOnce: boolean,
    isCall: boolean,
  ): void {
    const isSame =
      isAtOnce && this.bytes === bytes && isSameBytes(bytes, this.start, this.end, start, end);
    this.run = isSame ? this.run + 1 : 0;
    if (this.run === 1) {
      this.twins++;
      if (isCall && this.calls++ < FIRST) this.firstCalls.push(line);
      if (this.first === 0) this.first = line;
    }
    // Three and more are something else: a line that comes again and again.
    if (this.run === 2) {
      this.twins--;
      if (isCall && --this.calls < FIRST) this.firstCalls.pop();
    }
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** Whether so many of these events are twins that the file is two copies; a few at the edges of blocks are not seen. */
  areAll(events: number): boolean {
    return this.twins >= LEAST && this.twins >= 0.4 * events;
  }
}
