// SPDX-License-Identifier: GPL-2.0-only
// What a CPU does for I/Os: a job's thread submits one or reaps one, the interrupt handler completes one. The ported
// code maps and unmaps; begin… is when it runs, end… when its steps have been played.

import type { Cpu } from './cpu';
import { DeviceData } from './device-data';
import type { IoSlot } from './io-slot';
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
  submitted = 0;
  completed = 0;
  bytes = 0;
  interrupts = 0;
  /** Submissions put off because a mapping found no room. */
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
    const { event, io } = cpu;
    cpu.event = 'idle';
    if (io === null) return;
    cpu.io = null;
    if (event === 'complete') this.completedBy(cpu, io);
    else if (event === 'submit') {
      io.doneAt = this.nvme.submit(cpu.now, io.bytes);
      cpu.put(io);
    } else if (event === 'putOff') this.putOff(cpu, io);
  }

  /** It happens now, or when the steps are played. */
  moment(cpu: Cpu, kind: number, value: number): void {
    const { timeline, now } = this.device.meter.ledger;
    if (timeline === null) this.seen.happens(cpu, kind, value, now);
    else timeline.push(kind, value);
  }

  private runThread(cpu: Cpu, job: JobRun): void {
    const wants = job.wants(this.device.meter.ledger.now);
    if (!wants || job.free.length === 0) {
      cpu.reaped = job.reap();
      if (cpu.reaped !== null) this.moment(cpu, Step.reaped, 0);
    }
    if (wants && job.free.length > 0) this.map(cpu, job);
  }

  private map(cpu: Cpu, job: JobRun): void {
    const { device } = this;
    const { meter } = device;
    const { ledger } = meter;
    const io = job.free.pop() as IoSlot;
    const { workload } = job;
    workload.next();
    const write = !workload.isRead;
    io.prepare(workload.bytes, write);
    io.serial = ++this.submitted;
    cpu.io = io;
    this.moment(cpu, Step.submitted, 0);
    if (write && this.data !== null) this.data.fill(io);
    ledger.phase = Phase.submit;
    ledger.charge(Cause.submit, meter.cost.submitNs);

    ledger.phase = Phase.map;
    this.moment(cpu, Step.called, 0);
    meter.begin();
    const mapped = io.map();
    meter.end();
    cpu.event = mapped ? 'submit' : 'putOff';
    cpu.slot = mapped ? this.seen.ages.mapped(io.address) : -1;
    this.moment(cpu, Step.returned, 0);
    this.moment(cpu, Step.level, device.bounceBytes());
    if (!mapped) return;
    this.pieces += io.pieceCount();
    job.submitted++;
    job.submittedBytes += io.bytes;
  }

  /** No room for the mapping: the block layer tries again when an I/O has completed. */
  private putOff(cpu: Cpu, io: IoSlot): void {
    this.mapFailures++;
    this.seen.putOff(io, cpu.now);
    if (this.submitted - this.mapFailures === this.completed)
      throw new Error(
        `a mapping of ${String(io.bytes)} bytes fails and no I/O is under way that could make room`,
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
  private unmap(cpu: Cpu, io: IoSlot): void {
    const { device } = this;
    const { meter, k } = device;
    const { ledger } = meter;
    if (this.data !== null) this.data.transfer(io);

    cpu.event = 'complete';
    cpu.io = io;
    const flags = k.context.local_irq_save();
    k.context.preempt_disable();
    ledger.phase = Phase.unmap;
    this.moment(cpu, Step.called, 0);
    meter.begin();
    meter.stale.begin();
    io.unmap();
    meter.end();
    cpu.slot = this.seen.ages.unmapped(io.address);
    cpu.stale = cpu.slot < 0 && device.translated ? meter.stale.unmapped(io.address) : -1;
    this.moment(cpu, Step.returned, 0);
    k.context.preempt_enable();
    k.context.local_irq_restore(flags);
    if (!io.write && this.data !== null) this.data.checkBuffer(io);

    ledger.phase = Phase.complete;
    ledger.charge(Cause.complete, meter.cost.completeNs);
    this.moment(cpu, Step.level, device.bounceBytes());
  }

  private completedBy(cpu: Cpu, io: IoSlot): void {
    const { now } = cpu;
    this.completed++;
    this.bytes += io.bytes;
    io.job.completed(io);
    const next = cpu.first();
    if (next === null || next.doneAt > now) cpu.inInterrupt = false;
    if (this.anyBlocked) this.unblock(now);
  }
}
