// SPDX-License-Identifier: GPL-2.0-only
// The closed loop in virtual time. In each event of a CPU the ported code runs, the meter writes down its steps, and they
// are played in one order with those of the other CPUs. Where only one CPU has something to do, steps happen as the code
// runs.

import { Cpu } from './cpu';
import { IoEvents } from './io-events';
import type { JobRun } from './job-run';
import { Phase } from './ledger';
import { Order } from './order';
import type { SimDevice } from './sim-device';
import { Step } from './timeline';

export class Engine {
  readonly cpus: readonly Cpu[];
  readonly io: IoEvents;
  readonly order: Order;
  /** Does what is due when no CPU has an event. */
  readonly idler = new Cpu(0, 0);
  /** One CPU does everything. */
  private alone: boolean;
  private readonly busy: readonly Cpu[];
  /** Whose event the ported code is in. */
  private running: Cpu = this.idler;
  private readonly tickNs: number;
  /** Virtual time that the machine's own clock has reached. */
  private machineNs = 0;

  constructor(
    private readonly device: SimDevice,
    cpuCount: number,
    readonly jobs: readonly JobRun[],
    moveData: boolean,
  ) {
    const cpus = Array.from({ length: cpuCount }, (_, id) => {
      const own = jobs.filter((_job, j) => j % cpuCount === id);
      const cpu = new Cpu(
        id,
        own.reduce((sum, { job }) => sum + job.iodepth, 0),
      );
      cpu.jobs.push(...own.filter(({ waits }) => !waits));
      return cpu;
    });
    this.cpus = cpus;
    this.busy = cpus.slice(0, jobs.length);
    this.alone = this.busy.length === 1;
    this.io = new IoEvents(device, cpus, moveData);
    this.order = new Order([...this.busy, this.idler], device.meter, this.io.seen.happens);
    this.tickNs = 1e9 / device.k.timers.HZ;
    device.meter.onEvicted = (address) => {
      this.io.moment(this.running, Step.evicted, address);
    };
  }

  /**
   * Runs steps until nothing is left to do, or `most` of them.
   * @returns false when nothing is left
   */
  run(most: number): boolean {
    for (let i = 0; i < most; i++) {
      const before = this.order.now;
      const cpu = this.next(Infinity);
      if (cpu === null) {
        this.expectNobodyWaits();
        return false;
      }
      // All CPUs were idle for long: the machine's timers have run meanwhile, not now. A tick of this very moment is the CPU's.
      const isIdle = cpu.now - before >= this.tickNs && cpu.now > this.machineNs + this.tickNs;
      if (isIdle) this.tickBefore(cpu.now);
      else this.step(cpu);
    }
    return true;
  }

  /** Runs what happens before a moment, and lets time pass until then. @param until virtual nanoseconds */
  runUntil(until: number): void {
    this.runBefore(until);
    this.letPass(until);
  }

  /** A job that waits begins. */
  start(job: JobRun, at: number): void {
    const cpu = this.cpus[this.jobs.indexOf(job) % this.cpus.length] as Cpu;
    cpu.jobs.push(job);
    if (!cpu.playing) cpu.now = Math.max(cpu.now, at, this.order.now);
  }

  /** Has a CPU do something beside all I/Os, at a moment or as soon as it is free, and runs everything until it is done. */
  doAt(cpuId: number, at: number, work: () => void): void {
    const cpu = this.cpus[cpuId] as Cpu;
    if (cpu !== this.busy[0]) this.alone = false;
    this.order.add(cpu);
    cpu.work = work;
    cpu.workAt = Math.max(at, this.order.now);
    this.runWork(cpu);
  }

  private runWork(cpu: Cpu): void {
    while (cpu.hasWork()) this.step(this.order.first(Infinity) as Cpu);
  }

  private runBefore(until: number): void {
    for (let cpu = this.next(until); cpu !== null; cpu = this.next(until)) this.step(cpu);
  }

  /** The CPU that comes first, if that is before `before`. */
  private next(before: number): Cpu | null {
    if (!this.alone) return this.order.first(before);
    const cpu = this.busy[0] as Cpu;
    const at = Math.max(cpu.nextEvent(), this.order.now);
    if (!(at < before)) return null;
    if (at > cpu.now) cpu.now = at;
    return cpu;
  }

  /** One event, or more steps of the one under way. */
  private step(cpu: Cpu): void {
    if (this.alone) this.stepAlone(cpu);
    else this.stepAmongOthers(cpu);
  }

  private stepAlone(cpu: Cpu): void {
    const { ledger } = this.device.meter;
    ledger.now = cpu.now;
    this.running = cpu;
    this.begin(cpu);
    cpu.busyNs += ledger.now - cpu.now;
    cpu.now = ledger.now;
    this.order.now = ledger.now;
    this.io.end(cpu);
  }

  private stepAmongOthers(cpu: Cpu): void {
    const { device, order } = this;
    const { ledger } = device.meter;
    if (!cpu.playing) {
      ledger.now = cpu.now;
      this.running = cpu;
      device.k.context.run_on_cpu(cpu.id);
      cpu.timeline.clear();
      ledger.timeline = cpu.timeline;
      this.begin(cpu);
      ledger.timeline = null;
      order.begin(cpu);
    }
    if (order.play(cpu)) this.io.end(cpu);
  }

  /** The ported code runs. */
  private begin(cpu: Cpu): void {
    const { device } = this;
    const { ledger } = device.meter;
    cpu.event = 'idle';
    cpu.request = null;
    if (cpu.work !== null && cpu.now >= cpu.workAt) {
      cpu.event = 'work';
      ledger.phase = Phase.background;
      const { work } = cpu;
      cpu.work = null;
      work();
      return;
    }
    if (cpu.now >= this.machineNs + this.tickNs) this.passTime();
    if (device.workPending?.() === true) {
      ledger.phase = Phase.background;
      device.k.workqueue.run();
      this.io.level();
    }
    this.io.begin(cpu);
  }

  /** Timers that are due run, and the work they start, on the CPU that is next to do something. */
  private passTime(): void {
    const { device } = this;
    const { ledger } = device.meter;
    ledger.phase = Phase.background;
    const ticks = Math.floor((ledger.now - this.machineNs) / this.tickNs);
    this.machineNs += ticks * this.tickNs;
    device.k.timers.advance((ticks * this.tickNs) / 1e6);
    this.io.level();
  }

  /** Lets time pass with nothing to do. */
  idle(ns: number): void {
    this.letPass(Math.max(this.io.seen.endedAt, this.machineNs) + ns);
  }

  private letPass(end: number): void {
    this.tickBefore(end);
    if (this.machineNs + this.tickNs <= end) this.idleTick();
  }

  private tickBefore(end: number): void {
    while (this.machineNs + this.tickNs < end) this.idleTick();
  }

  /** No CPU has something to do before the next tick. */
  private idleTick(): void {
    const { idler, order } = this;
    idler.now = Math.max(idler.now, order.now);
    idler.workAt = this.machineNs + this.tickNs;
    idler.work = this.tick;
    this.runWork(idler);
  }

  private readonly tick = (): void => {
    this.passTime();
  };

  private expectNobodyWaits(): void {
    for (const cpu of this.busy)
      if (cpu.waiting) throw new Error(`CPU ${String(cpu.id)} waits for a lock for ever`);
  }
}
