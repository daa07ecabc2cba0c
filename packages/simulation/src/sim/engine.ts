// SPDX-License-Identifier: GPL-2.0-only
// The closed loop in virtual time: the event that comes first among all CPUs, again and again. An event is the
// submission of one I/O, or the completion of one; the ported code runs in it and the meter charges its steps.

import { type Histogram, build } from 'hdr-histogram-js';
import { Cpu } from './cpu';
import { DeviceData } from './device-data';
import type { IoSlot } from './io-slot';
import type { JobRun } from './job-run';
import { Cause, Phase } from './ledger';
import { Nvme } from './nvme';
import { Occupancy } from './occupancy';
import type { SimDevice } from './sim-device';
import { SlotAges } from './slot-ages';

/** The longest latency that is told from longer ones. */
const LONGEST_NS = 1e11;

export class Engine {
  readonly cpus: readonly Cpu[];
  readonly nvme: Nvme;
  readonly data: DeviceData | null;
  readonly latency: Histogram = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_NS,
    numberOfSignificantValueDigits: 3,
  });
  readonly bounce = new Occupancy();
  readonly ages: SlotAges;
  completed = 0;
  bytes = 0;
  /** Time in the DMA API's map and unmap calls, copies and waiting included. */
  mapNs = 0;
  unmapNs = 0;
  interrupts = 0;
  /** Submissions put off because a mapping found no room. */
  mapFailures = 0;
  pieces = 0;
  /** When the last I/O completed. */
  endedAt = 0;
  /** CPUs that have jobs; the others never do anything. */
  private readonly busy: readonly Cpu[];
  private serial = 0;
  private anyBlocked = false;
  private readonly tickNs: number;
  /** Virtual time that the machine's own clock has reached. */
  private machineNs = 0;

  constructor(
    private readonly device: SimDevice,
    cpuCount: number,
    private readonly jobs: readonly JobRun[],
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
    this.nvme = new Nvme(device.meter.cost);
    this.data = moveData ? new DeviceData(device) : null;
    this.ages = new SlotAges(device);
    this.tickNs = 1e9 / device.k.timers.HZ;
    device.meter.onEvicted = (address) => {
      this.ages.evicted(address, device.meter.ledger.now);
    };
  }

  /**
   * Runs events until nothing is left to do, or `most` of them.
   * @returns false when nothing is left
   */
  run(most: number): boolean {
    for (let i = 0; i < most; i++) {
      const cpu = this.nextCpu(Infinity);
      if (cpu === null) return false;
      this.step(cpu);
    }
    return true;
  }

  /** Runs what happens before a moment, and lets time pass until then. @param until virtual nanoseconds */
  runUntil(until: number): void {
    for (let cpu = this.nextCpu(until); cpu !== null; cpu = this.nextCpu(until)) this.step(cpu);
    this.letPass(until);
  }

  /** A job that waits begins. */
  start(job: JobRun, at: number): void {
    const cpu = this.cpus[this.jobs.indexOf(job) % this.cpus.length] as Cpu;
    cpu.jobs.push(job);
    cpu.now = Math.max(cpu.now, at);
  }

  /** Has a CPU do something beside all I/Os, at a moment or as soon as it is free. */
  doAt(cpuId: number, at: number, work: () => void): void {
    const { device } = this;
    const { ledger } = device.meter;
    const cpu = this.cpus[cpuId] as Cpu;
    ledger.now = Math.max(cpu.now, at);
    ledger.phase = Phase.background;
    device.k.context.run_on_cpu(cpuId);
    work();
    cpu.now = ledger.now;
    if (this.busy.length === 1) device.k.context.run_on_cpu(0);
  }

  /** The CPU whose event comes first, if that is before `before`. */
  private nextCpu(before: number): Cpu | null {
    let best: Cpu | null = null;
    let at = before;
    for (const cpu of this.busy) {
      const t = cpu.nextEvent();
      if (t < at) {
        at = t;
        best = cpu;
      }
    }
    if (best !== null && at > best.now) best.now = at;
    return best;
  }

  private step(cpu: Cpu): void {
    const { device } = this;
    const { ledger } = device.meter;
    ledger.now = cpu.now;
    if (this.busy.length > 1) device.k.context.run_on_cpu(cpu.id);
    if (cpu.now >= this.machineNs + this.tickNs) this.passTime();
    if (device.workPending?.() === true) {
      ledger.phase = Phase.background;
      device.k.workqueue.run();
      this.bounce.set(ledger.now, device.bounceBytes());
    }

    const first = cpu.first();
    if (first !== null && first.doneAt <= ledger.now) {
      if (!cpu.inInterrupt) {
        ledger.phase = Phase.complete;
        ledger.charge(Cause.interrupt, device.meter.cost.interruptNs);
        this.interrupts++;
        cpu.inInterrupt = true;
      }
      cpu.drop();
      this.complete(first);
      const next = cpu.first();
      if (next === null || next.doneAt > ledger.now) cpu.inInterrupt = false;
    } else {
      cpu.inInterrupt = false;
      const job = cpu.runnable(ledger.now);
      if (job !== null) this.runThread(cpu, job);
    }
    cpu.now = ledger.now;
  }

  private runThread(cpu: Cpu, job: JobRun): void {
    const { now } = this.device.meter.ledger;
    const wants = job.wants(now);
    if (!wants || job.free.length === 0) {
      const io = job.reap();
      if (io !== null) {
        this.latency.recordValue(Math.round(now - io.submittedAt));
        if (now > this.endedAt) this.endedAt = now;
      }
    }
    if (wants && job.free.length > 0) this.submit(cpu, job);
  }

  private submit(cpu: Cpu, job: JobRun): void {
    const { device } = this;
    const { meter } = device;
    const { ledger } = meter;
    const io = job.free.pop() as IoSlot;
    const { workload } = job;
    workload.next();
    const write = !workload.isRead;
    io.prepare(workload.bytes, write);
    io.serial = ++this.serial;
    io.submittedAt = ledger.now;
    if (write && this.data !== null) this.data.fill(io);
    ledger.phase = Phase.submit;
    ledger.charge(Cause.submit, meter.cost.submitNs);

    ledger.phase = Phase.map;
    const before = ledger.now;
    meter.begin();
    const mapped = io.map();
    meter.end();
    this.mapNs += ledger.now - before;
    this.bounce.set(ledger.now, device.bounceBytes());
    if (!mapped) {
      this.putOff(job, io);
      return;
    }
    this.ages.mapped(io.address, ledger.now);
    this.pieces += io.pieceCount();
    job.submitted++;
    job.submittedBytes += io.bytes;
    io.doneAt = this.nvme.submit(ledger.now, io.bytes);
    cpu.put(io);
  }

  /** No room for the mapping: the block layer tries again when an I/O has completed. */
  private putOff(job: JobRun, io: IoSlot): void {
    this.mapFailures++;
    job.free.push(io);
    if (this.serial - this.mapFailures === this.completed)
      throw new Error(
        `a mapping of ${String(io.bytes)} bytes fails and no I/O is under way that could make room`,
      );
    job.blocked = true;
    this.anyBlocked = true;
  }

  /** There may be room now. */
  private unblock(now: number): void {
    this.anyBlocked = false;
    for (const cpu of this.cpus)
      for (const job of cpu.jobs) {
        if (!job.blocked) continue;
        job.blocked = false;
        cpu.now = Math.max(cpu.now, now);
      }
  }

  /** In the interrupt handler. */
  private complete(io: IoSlot): void {
    const { device } = this;
    const { meter, k } = device;
    const { ledger } = meter;
    if (this.data !== null) this.data.transfer(io);

    const flags = k.context.local_irq_save();
    k.context.preempt_disable();
    ledger.phase = Phase.unmap;
    const before = ledger.now;
    meter.begin();
    meter.stale.begin();
    io.unmap();
    meter.end();
    this.unmapNs += ledger.now - before;
    if (!this.ages.unmapped(io.address, ledger.now) && device.translated)
      meter.stale.unmapped(io.address, ledger.now);
    k.context.preempt_enable();
    k.context.local_irq_restore(flags);
    if (!io.write && this.data !== null) this.data.checkBuffer(io);

    ledger.phase = Phase.complete;
    ledger.charge(Cause.complete, meter.cost.completeNs);
    this.bounce.set(ledger.now, device.bounceBytes());
    this.completed++;
    this.bytes += io.bytes;
    if (ledger.now > this.endedAt) this.endedAt = ledger.now;
    io.job.completed(io);
    if (this.anyBlocked) this.unblock(ledger.now);
  }

  /** Timers that are due run, and the work they start, on the CPU that is next to do something. */
  private passTime(): void {
    const { device } = this;
    const { ledger } = device.meter;
    ledger.phase = Phase.background;
    const ticks = Math.floor((ledger.now - this.machineNs) / this.tickNs);
    this.machineNs += ticks * this.tickNs;
    device.k.timers.advance((ticks * this.tickNs) / 1e6);
    this.bounce.set(ledger.now, device.bounceBytes());
  }

  /** Lets time pass with nothing to do. */
  idle(ns: number): void {
    this.letPass(Math.max(this.endedAt, this.machineNs) + ns);
  }

  private letPass(end: number): void {
    const { ledger } = this.device.meter;
    for (let t = this.machineNs; t < end; t += this.tickNs) {
      ledger.now = Math.max(ledger.now, t + this.tickNs);
      this.passTime();
    }
  }
}
