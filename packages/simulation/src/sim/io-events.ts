// SPDX-License-Identifier: GPL-2.0-only
// What a CPU does for I/Os: a job's thread submits one or reaps one, the interrupt handler completes one. The ported
// code maps and unmaps; begin… is when it runs, end… when its steps have been played.

import type { Cpu } from './cpu';
import { DeviceData } from './device-data';
import type { IoRequest, IoSlot } from './io-slot';
import type { JobRun } from './job-run';
import { Cause, Phase } from './ledger';
import { Nvme } from './nvme';
import { Observer } from './observer';
import type { SimDevice } from './sim-device';
import { Step } from './timeline';

export class IoEvents {
  readonly nvme: Nvme;
  readonly data: DeviceData | null;
  readonly seen: Observer;
  /** I/Os that began, those put back because their first mapping found no room included; and those that are done. */
  submitted = 0;
  putBack = 0;
  completed = 0;
  /** Requests: mappings that were tried, and those that are done. */
  tried = 0;
  done = 0;
  bytes = 0;
  interrupts = 0;
  /** Requests put off because a mapping found no room. */
  mapFailures = 0;
  pieces = 0;
  private anyBlocked = false;

  constructor(
    private readonly device: SimDevice,
    private readonly cpus: readonly Cpu[],
    moveData: boolean,
  ) {
    this.nvme = new Nvme(device.meter.cost);
    this.data = moveData ? new DeviceData(device) : null;
    this.seen = new Observer(device);
  }

  /** The next completion if one is due, else the thread of a job. */
  begin(cpu: Cpu): void {
    const { ledger, cost } = this.device.meter;
    const first = cpu.first();
    if (first !== null && first.doneAt <= ledger.now) {
      if (!cpu.inInterrupt) {
        ledger.phase = Phase.complete;
        ledger.charge(Cause.interrupt, cost.interruptNs);
        this.interrupts++;
        cpu.inInterrupt = true;
      }
      cpu.drop();
      this.unmap(cpu, first);
    } else {
      cpu.inInterrupt = false;
      const job = cpu.runnable(ledger.now);
      if (job !== null) this.runThread(cpu, job);
    }
  }

  end(cpu: Cpu): void {
    const { event, request } = cpu;
    cpu.event = 'idle';
    if (request === null) return;
    cpu.request = null;
    if (event === 'complete') this.completedBy(cpu, request);
    else if (event === 'submit') {
      request.doneAt = this.nvme.submit(cpu.now, request.bytes);
      cpu.put(request);
    } else if (event === 'putOff') this.putOff(cpu, request);
  }

  /** It happens now, or when the steps are played. */
  moment(cpu: Cpu, kind: number, value: number): void {
    const { timeline, now } = this.device.meter.ledger;
    if (timeline === null) this.seen.happens(cpu, kind, value, now);
    else timeline.push(kind, value);
  }

  // The moments of every I/O. Through moment() and happens() they took 4 % of a run with the pool, and a boxed time each.

  private called(cpu: Cpu): void {
    const { timeline, now } = this.device.meter.ledger;
    if (timeline === null) cpu.calledAt = now;
    else timeline.push(Step.called, 0);
  }

  private returned(cpu: Cpu): void {
    const { timeline, now } = this.device.meter.ledger;
    if (timeline === null) this.seen.returned(cpu, now);
    else timeline.push(Step.returned, 0);
  }

  /** Bounce memory may have changed. */
  level(): void {
    const { timeline, now } = this.device.meter.ledger;
    const bytes = this.device.bounceBytes();
    if (timeline === null) this.seen.bounce.set(now, bytes);
    else timeline.push(Step.level, bytes);
  }

  private runThread(cpu: Cpu, job: JobRun): void {
    const { ledger } = this.device.meter;
    if (!job.submits(ledger.now)) {
      cpu.reaped = job.reap(ledger.now);
      if (cpu.reaped !== null) this.moment(cpu, Step.reaped, 0);
    }
    if (job.submits(ledger.now)) this.map(cpu, job);
  }

  /** The next request: of an I/O that has begun, or the first of another. */
  private map(cpu: Cpu, job: JobRun): void {
    const { device } = this;
    const { meter } = device;
    const { ledger } = meter;
    const io = job.current();
    const request = io.requests[io.mapped] as IoRequest;
    cpu.request = request;
    if (io.mapped === 0) this.begins(cpu, io);
    this.tried++;
    ledger.phase = Phase.submit;
    ledger.charge(Cause.submit, meter.cost.submitNs);

    ledger.phase = Phase.map;
    this.called(cpu);
    meter.begin();
    const mapped = request.map();
    meter.end();
    cpu.event = mapped ? 'submit' : 'putOff';
    cpu.slot = mapped ? this.seen.ages.mapped(request.address) : -1;
    this.returned(cpu);
    this.level();
    if (!mapped) return;
    this.pieces += request.pieceCount;
    job.mapped(io, ledger.now);
  }

  private begins(cpu: Cpu, io: IoSlot): void {
    io.serial = ++this.submitted;
    this.moment(cpu, Step.submitted, 0);
    if (io.write && this.data !== null) this.data.fill(io);
  }

  /** No room for the mapping: the block layer tries again when a request has completed. */
  private putOff(cpu: Cpu, { io, bytes }: IoRequest): void {
    this.mapFailures++;
    if (io.mapped === 0) {
      this.putBack++;
      this.seen.putOff(io, cpu.now);
    }
    if (this.tried - this.mapFailures === this.done)
      throw new Error(
        `a mapping of ${String(bytes)} bytes fails and no I/O is under way that could make room`,
      );
    io.job.putOff(io);
    this.anyBlocked = true;
  }

  /** There may be room now. */
  private unblock(now: number): void {
    this.anyBlocked = false;
    for (const cpu of this.cpus)
      for (const job of cpu.jobs) {
        if (!job.blocked) continue;
        job.blocked = false;
        if (!cpu.playing) cpu.now = Math.max(cpu.now, now);
      }
  }

  /** In the interrupt handler. */
  private unmap(cpu: Cpu, request: IoRequest): void {
    const { device } = this;
    const { meter, k } = device;
    const { ledger } = meter;
    if (this.data !== null) this.data.transfer(request);

    cpu.event = 'complete';
    cpu.request = request;
    const flags = k.context.local_irq_save();
    k.context.preempt_disable();
    ledger.phase = Phase.unmap;
    this.called(cpu);
    meter.begin();
    meter.stale.begin(request.address);
    request.unmap();
    meter.end();
    cpu.slot = this.seen.ages.unmapped(request.address);
    cpu.stale = cpu.slot < 0 && device.translated ? meter.stale.unmapped() : -1;
    this.returned(cpu);
    k.context.preempt_enable();
    k.context.local_irq_restore(flags);
    if (!request.io.write && this.data !== null) this.data.checkBuffer(request);

    ledger.phase = Phase.complete;
    ledger.charge(Cause.complete, meter.cost.completeNs);
    this.level();
  }

  private completedBy(cpu: Cpu, request: IoRequest): void {
    const { now } = cpu;
    const { io } = request;
    this.done++;
    if (--io.left === 0) {
      this.completed++;
      this.bytes += io.bytes;
      io.job.completed(io);
    }
    const next = cpu.first();
    if (next === null || next.doneAt > now) cpu.inInterrupt = false;
    if (this.anyBlocked) this.unblock(now);
  }
}
