// SPDX-License-Identifier: GPL-2.0-only
// A recorded call in virtual time: when it begins and on which CPU, in which context, and what it is charged for.

import {
  type MapStep,
  type SyncStep,
  type UnmapStep,
  contextLevel,
} from '@iommu-bounce/dma-trace/parse';
import { type Cpu, Phase, Step } from '../sim';
import { enterContext, leaveContext } from './call-context';
import { CallOrder } from './call-order';
import type { CaptureDevice, CaptureDomain } from './capture-device';
import { type CaptureObserver, GROWN } from './capture-observer';
import type { RecordedMachine } from './recorded-machine';

/** When calls are made: at the recorded times, or each as soon as its CPU is free. */
export const TIMINGS = ['recorded', 'fast'] as const;
export type Timing = (typeof TIMINGS)[number];

export class ChargedCalls {
  readonly order: CallOrder;
  /** By CPU: the number of its latest call. */
  readonly numbers: number[];
  // Of the call under way.
  private cpu: Cpu;
  private device: CaptureDevice | null = null;
  private startedNs = 0;
  private copies = 0;
  private copiedBytes = 0;
  private vmexits = 0;
  private swiotlbBytes = 0;
  private context: ReturnType<typeof contextLevel> = 'task';
  private irqs: number | null = null;
  /** Bytes that swiotlb has grown to. */
  private grown = 0;

  /** @param startNs of the first step, on the capture's clock */
  constructor(
    private readonly recorded: RecordedMachine,
    observer: CaptureObserver,
    cpus: number,
    private readonly startNs: number,
    private readonly timing: Timing,
  ) {
    this.order = new CallOrder(recorded.machine, cpus, observer.happens, this.grows);
    this.numbers = Array.from({ length: cpus }, () => 0);
    this.cpu = this.order.idler;
    this.grows();
  }

  /**
   * A call begins.
   * @param maySleep it was made by a task that may sleep, whatever the flags of its line
   * @param unmaps an unmap, or a sync for the CPU
   */
  enter(
    step: MapStep | UnmapStep | SyncStep,
    device: CaptureDevice,
    maySleep: boolean,
    unmaps: boolean,
  ): Cpu {
    const { machine } = this.recorded;
    const { meter, k } = machine;
    const at = this.timing === 'recorded' ? step.timeNs - this.startNs : 0;
    const cpu = (this.cpu = this.order.begin(step.cpu, at));
    this.numbers[cpu.id] = (this.numbers[cpu.id] as number) + 1;
    this.recorded.calling = this.device = device;
    this.context = maySleep ? 'task' : contextLevel(step.flags);
    this.irqs = enterContext(k, this.context);
    cpu.event = unmaps ? 'complete' : 'submit';
    cpu.slot = cpu.stale = -1;
    meter.ledger.phase = unmaps ? Phase.unmap : Phase.map;
    this.startedNs = meter.ledger.now;
    this.copies = meter.copies;
    this.copiedBytes = meter.copiedBytes;
    this.vmexits = meter.exits;
    this.swiotlbBytes = machine.swiotlbBytes();
    meter.begin();
    return cpu;
  }

  /** Its code has run: the CPU's `slot` and `stale` can be set now. */
  leave(): void {
    const { machine } = this.recorded;
    const { meter, k } = machine;
    const { counts, domain } = this.device as CaptureDevice;
    meter.end();
    leaveContext(k, this.context, this.irqs);
    const ns = meter.ledger.now - this.startedNs;
    counts[this.cpu.event === 'complete' ? 'unmap_ns' : 'map_ns'] += ns;
    counts.copies += meter.copies - this.copies;
    counts.copied_bytes += meter.copiedBytes - this.copiedBytes;
    counts.vmexits += meter.exits - this.vmexits;
    this.level(domain, machine.swiotlbBytes() - this.swiotlbBytes);
  }

  /** It returns. */
  end(): void {
    const { domain } = this.device as CaptureDevice;
    this.about(domain.id, Step.returned, 0);
    this.grows();
    this.recorded.calling = this.device = null;
    this.order.end(this.cpu);
    this.cpu = this.order.idler;
  }

  /** The bounce buffers of a domain change by some bytes. */
  level(domain: CaptureDomain, bytes: number): void {
    if (bytes !== 0) this.about(domain.id, Step.level, bytes);
  }

  /** The pool of a domain has given a buffer back. */
  evicted(domain: CaptureDomain, address: number): void {
    this.about(domain.id, Step.evicted, address);
  }

  private about(domain: number, kind: number, value: number): void {
    this.order.moment(this.cpu, Step.domain, domain);
    this.order.moment(this.cpu, kind, value);
  }

  private readonly grows = (): void => {
    const { machine } = this.recorded;
    if (machine.workPending === null) return;
    const now = machine.bounceBytes();
    if (now !== this.grown) this.about(GROWN, Step.level, now - this.grown);
    this.grown = now;
  };
}
