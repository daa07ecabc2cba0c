// SPDX-License-Identifier: GPL-2.0-only
// The CPUs of a recorded machine in virtual time. Calls begin in the order in which they were recorded, each when its CPU is
// free; the steps of calls that overlap are played in one order, so that locks are waited for. Timers and the work that
// they start run on a CPU of their own, where the machine has several.

import type { machine } from '@iommu-bounce/linux-shim';
import { Cpu, type Meter, type OnMoment, Order, Phase } from '../sim';

/** The machine whose timers run. */
export interface TimedMachine {
  readonly k: machine;
  readonly meter: Meter;
  readonly workPending: (() => boolean) | null;
}

export class CallOrder {
  readonly cpus: readonly Cpu[];
  /** Runs timers and work. */
  readonly idler = new Cpu(0, 0);
  readonly order: Order;
  /** One CPU makes all calls: steps happen as the code runs. */
  private readonly alone: boolean;
  private readonly tickNs: number;
  /** Virtual time that the machine's own clock has reached, and at which the latest call began. */
  private machineNs = 0;
  private begunAt = 0;

  /**
   * @param happens told of the moments in timelines
   * @param afterWork after timers have run
   */
  constructor(
    private readonly machine: TimedMachine,
    cpus: number,
    private readonly happens: OnMoment,
    private readonly afterWork: () => void,
  ) {
    this.cpus = Array.from({ length: cpus }, (_, id) => new Cpu(id, 0));
    this.order = new Order([...this.cpus, this.idler], machine.meter, happens);
    this.alone = cpus === 1;
    this.tickNs = 1e9 / machine.k.timers.HZ;
  }

  /** Nanoseconds: of the latest step, or of the machine's timers if nothing came after them. */
  get now(): number {
    return Math.max(this.order.now, this.machineNs);
  }

  /** A call begins, not before `at`. What other CPUs do until then has happened. */
  begin(id: number, at: number): Cpu {
    const cpu = this.cpus[id] as Cpu;
    this.finish(cpu);
    this.letPass(Math.max(at, cpu.now, this.begunAt, this.now));
    this.begunAt = cpu.now = Math.max(at, cpu.now, this.begunAt, this.now);
    this.enter(cpu);
    if (this.machine.workPending?.() === true) this.work();
    return cpu;
  }

  /** Its code has run. */
  end(cpu: Cpu): void {
    const { ledger } = this.machine.meter;
    if (this.alone) {
      cpu.busyNs += ledger.now - cpu.now;
      cpu.now = this.order.now = ledger.now;
      return;
    }
    ledger.timeline = null;
    this.order.begin(cpu);
  }

  /** A moment of the call under way. */
  moment(cpu: Cpu, kind: number, value: number): void {
    const { timeline, now } = this.machine.meter.ledger;
    if (timeline === null) this.happens(cpu, kind, value, now);
    else timeline.push(kind, value);
  }

  /** Plays what comes first until the CPU's call is over. */
  finish(cpu: Cpu): void {
    while (cpu.playing) this.playFirst(Infinity);
  }

  /** Plays all there is. */
  finishAll(): void {
    for (const cpu of this.cpus) this.finish(cpu);
    this.finish(this.idler);
  }

  /** Timers until a moment have run, and what other CPUs do until then has been played. */
  letPass(until: number): void {
    while (this.machineNs + this.tickNs <= until) {
      this.skipTo(until);
      this.tick();
    }
    if (this.alone) return;
    while (this.playFirst(until)) continue;
  }

  /** Ticks at which nothing is due pass at once, but for the last one before a moment: pauses can be weeks. */
  private skipTo(until: number): void {
    const { machine, tickNs } = this;
    const { timers } = machine.k;
    if (machine.workPending?.() === true) return;
    const idle = timers.next_due() - timers.jiffies() - 1;
    const ticks = Math.min(idle, Math.floor((until - this.machineNs) / tickNs) - 1);
    if (ticks < 1) return;
    timers.advance((ticks * tickNs) / 1e6);
    this.machineNs += ticks * tickNs;
  }

  private tick(): void {
    const { idler, machine, order } = this;
    const { meter } = machine;
    this.machineNs += this.tickNs;
    while (!this.alone && this.playFirst(this.machineNs)) continue;
    this.finish(idler);
    idler.now = Math.max(idler.now, this.machineNs, order.now);
    this.enter(idler);
    const before = meter.ledger.now;
    meter.ledger.phase = Phase.background;
    machine.k.timers.advance(this.tickNs / 1e6);
    this.afterWork();
    // Most ticks have nothing to do; then the idler takes no time and nobody waits for it.
    if (this.alone) {
      idler.busyNs += meter.ledger.now - before;
      idler.now = order.now = meter.ledger.now;
    } else {
      meter.ledger.timeline = null;
      if (idler.timeline.length > 0) order.begin(idler);
    }
  }

  /** Work that no timer waits for. */
  private work(): void {
    const { meter, k } = this.machine;
    meter.ledger.phase = Phase.background;
    k.workqueue.run();
    this.afterWork();
  }

  private enter(cpu: Cpu): void {
    const { k, meter } = this.machine;
    meter.ledger.now = cpu.now;
    k.context.run_on_cpu(cpu.id);
    if (this.alone) return;
    cpu.timeline.clear();
    meter.ledger.timeline = cpu.timeline;
  }

  /** @returns whether there was something before `before` */
  private playFirst(before: number): boolean {
    const cpu = this.order.first(before);
    if (cpu === null) {
      if (before === Infinity) throw new Error('a CPU waits for a lock for ever');
      return false;
    }
    this.order.play(cpu);
    return true;
  }
}
