// SPDX-License-Identifier: GPL-2.0-only
// All CPUs in one virtual order: the step that comes first is played, then the next. So a lock has one holder, and who
// asks first gets it first.

import type { Cpu } from './cpu';
import { PHASES } from './ledger';
import type { Meter } from './meter';
import { Step } from './timeline';
import type { VirtualLock, Waiter } from './virtual-lock';

/** Told of the moments in a timeline. */
export type OnMoment = (cpu: Cpu, kind: number, value: number, now: number) => void;

export class Order {
  /** The time of the latest step, in ns. */
  now = 0;
  /** Steps that came before an earlier one; 0 unless the simulation is wrong. */
  backwards = 0;
  /** When another CPU has something to do. */
  private limit = Infinity;

  constructor(
    private readonly cpus: Cpu[],
    private readonly meter: Meter,
    private readonly onMoment: OnMoment,
  ) {}

  /** One more that does something. */
  add(cpu: Cpu): void {
    if (!this.cpus.includes(cpu)) this.cpus.push(cpu);
  }

  /** The CPU whose next step comes first, if that is before `before`. Its clock is set to then. */
  first(before: number): Cpu | null {
    let best: Cpu | null = null;
    let at = before;
    let next = Infinity;
    for (const cpu of this.cpus) {
      const t = cpu.nextEvent();
      if (t < at) {
        if (best !== null) next = at;
        at = t;
        best = cpu;
      } else if (t < next) next = t;
    }
    this.limit = Math.min(next, before);
    if (best === null) return null;
    if (at < this.now) {
      this.backwards++;
      at = this.now;
    }
    if (at > best.now) best.now = at;
    return best;
  }

  /** The steps that a CPU has written are to be played from its clock on. */
  begin(cpu: Cpu): void {
    cpu.playing = true;
    cpu.played = 0;
  }

  /**
   * Plays steps of the CPU that comes first, until another comes before it.
   * @returns whether its event is over
   */
  play(cpu: Cpu): boolean {
    const { timeline } = cpu;
    while (cpu.played < timeline.length) {
      const kind = timeline.kind(cpu.played);
      const value = timeline.value(cpu.played);
      cpu.played++;
      if (kind === Step.spend) {
        cpu.now += value;
        cpu.busyNs += value;
        if (cpu.now >= this.limit) return false;
        continue;
      }
      this.reach(cpu.now);
      if (kind === Step.take) {
        if (!this.take(cpu, value)) return false;
      } else if (kind === Step.give) {
        if (this.give(cpu, value)) return false;
      } else this.onMoment(cpu, kind, value, cpu.now);
    }
    this.reach(cpu.now);
    cpu.playing = false;
    return true;
  }

  private take(cpu: Cpu, value: number): boolean {
    const phases = PHASES.length;
    if (this.lock(Math.floor(value / phases)).ask(cpu, cpu.now)) return true;
    cpu.waiting = true;
    cpu.waitPhase = value % phases;
    return false;
  }

  /** @returns whether another CPU goes on */
  private give(cpu: Cpu, id: number): boolean {
    const { now } = cpu;
    const next = this.lock(id).release(cpu, now) as (Waiter & Cpu) | null;
    if (next === null) return false;
    const waited = now - next.askedAt;
    this.meter.ledger.waits(next.waitPhase, waited);
    next.busyNs += waited;
    next.now = now;
    next.waiting = false;
    return true;
  }

  private lock(id: number): VirtualLock {
    return this.meter.locks[id] as VirtualLock;
  }

  private reach(now: number): void {
    if (now < this.now) this.backwards++;
    else this.now = now;
  }
}
