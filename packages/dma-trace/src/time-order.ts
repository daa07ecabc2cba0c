// SPDX-License-Identifier: GPL-2.0-only
// Puts events into the order of time that a tracer printed CPU by CPU, in bounded memory.
import type { TraceEvent } from './events';
import { TimesByCpu } from './times-by-cpu';

/** Room for keys at first. */
const FEW = 4096;

/** Of one CPU the order stays: a time that steps back there is the clock's fault, and counts as the time before it. */
export class TimeOrder {
  private held: TraceEvent[] = [];
  /** Sort keys, ns. */
  private keys = new Float64Array(FEW);
  private readonly latest = new TimesByCpu();
  private latestOfAll = -Infinity;
  private sorted = true;
  private released = -Infinity;
  private tooLate = 0;

  /** Events that came when a later one had already been handed on. */
  get late(): number {
    return this.tooLate;
  }

  /**
   * @param disorder how many events are held back, and so the most by which one may come too late
   * @returns those that are in order now
   */
  add(events: readonly TraceEvent[], disorder: number): TraceEvent[] {
    for (const event of events) this.hold(event);
    // Half a window more, so that an event is not sorted for each batch again.
    if (this.held.length <= disorder * 1.5) return [];
    return this.release(this.held.length - disorder);
  }

  /** What is left. */
  finish(): TraceEvent[] {
    return this.release(this.held.length);
  }

  private hold(event: TraceEvent): void {
    const key = this.keyOf(event);
    if (key < this.latestOfAll) this.sorted = false;
    else this.latestOfAll = key;
    if (key < this.released) this.tooLate++;
    if (this.held.length === this.keys.length) this.grow();
    this.keys[this.held.length] = key;
    this.held.push(event);
  }

  private keyOf(event: TraceEvent): number {
    // What has no time of the tracer's clock stays behind the event above it, of its CPU if it names one.
    if (event.kind === 'kernelLog') return this.latestOfAll;
    if (event.kind === 'lost') {
      const latest = this.latest.of(event.cpu);
      return latest === -Infinity ? this.latestOfAll : latest;
    }
    const before = this.latest.of(event.cpu);
    if (before >= event.timeNs) return before;
    this.latest.set(event.cpu, event.timeNs);
    return event.timeNs;
  }

  private release(count: number): TraceEvent[] {
    if (!this.sorted) this.sort();
    if (count > 0) this.released = this.keys[count - 1] ?? this.released;
    this.keys.copyWithin(0, count, this.held.length);
    return this.held.splice(0, count);
  }

  private grow(): void {
    const more = new Float64Array(2 * this.keys.length);
    more.set(this.keys);
    this.keys = more;
  }

  private sort(): void {
    const { held, keys } = this;
    const order = Array.from(held, (event, i) => ({ event, key: keys[i] ?? 0 }));
    order.sort((a, b) => a.key - b.key);
    this.held = order.map((one) => one.event);
    order.forEach(({ key }, i) => (keys[i] = key));
    this.sorted = true;
  }
}
