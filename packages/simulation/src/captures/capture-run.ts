// SPDX-License-Identifier: GPL-2.0-only
// The DMA API calls of a capture under one policy, in virtual time: the ported code runs for every call and is charged.

import {
  FrameArena,
  type MapStep,
  type Step as RecordedStep,
  type SyncStep,
  type UnmapStep,
  asksPool,
  pooledBytes,
} from '@iommu-bounce/dma-trace/parse';
import type { Platform, Policy } from '../policies';
import { type Cpu, IDLE_NS, Phase } from '../sim';
import type { CaptureCounts, CaptureDevice, CaptureDomain } from './capture-device';
import { CaptureObserver } from './capture-observer';
import { ChargedCalls, type Timing } from './charged-calls';
import { type Held, PortCalls } from './port-calls';
import { RecordedMachine, type RecordedMachineFacts } from './recorded-machine';

export interface CaptureRunOptions {
  /** Which of a mapping's `held` entries is this run's. */
  readonly index: number;
  /** Nanoseconds of the first step, on the capture's clock. */
  readonly startNs: number;
  readonly timing: Timing;
}

/** A mapping that the policy made. */
interface Made extends Held {
  /** Who makes it, or did, and the number of that CPU's call. */
  readonly cpu: Cpu;
  readonly call: number;
}

/** Maps between two looks at the addresses of a domain: each walks a tree. */
const LOOK_EVERY = 4096;

export class CaptureRun {
  readonly recorded: RecordedMachine;
  readonly calls: ChargedCalls;
  readonly seen: CaptureObserver;
  /** What is mapped. */
  readonly held = new Set<Held>();
  private readonly port: PortCalls;
  private mapsSinceLook = 0;

  /**
   * @throws InputError for a policy that cannot run on the platform
   */
  constructor(
    readonly policy: Policy,
    platform: Platform,
    facts: RecordedMachineFacts,
    private readonly options: CaptureRunOptions,
  ) {
    this.recorded = new RecordedMachine(policy.plan, platform, facts);
    const { machine, domains } = this.recorded;
    const { k, mm, meter } = machine;
    this.port = new PortCalls(k, new FrameArena(k.reserved_pfn, facts.windowFrames));
    // What the buffers of a capture held is not known: copies are charged, not done.
    mm.moves = false;
    meter.reset();
    this.seen = new CaptureObserver(domains, machine.workPending !== null);
    this.calls = new ChargedCalls(
      this.recorded,
      this.seen,
      facts.cpus,
      options.startNs,
      options.timing,
    );
    this.recorded.listen({
      mapped: (domain, address, bytes) => {
        this.countsOf(domain).iommu_maps++;
        if (domain.plugged.pool.slotOf(address) >= 0) this.calls.level(domain, bytes);
      },
      unmapped: (domain, address, bytes) => {
        const counts = this.countsOf(domain);
        counts.iommu_unmaps++;
        if (domain.plugged.pool.slotOf(address) < 0) return;
        counts.evictions++;
        this.calls.level(domain, -bytes);
        this.calls.evicted(domain, address);
      },
    });
  }

  /** Steps in the order of the capture. What a recorded pool decided is passed over. */
  run(steps: readonly RecordedStep[]): void {
    for (const step of steps) {
      if (step.kind === 'map') this.map(step);
      else if (step.kind === 'unmap') this.unmap(step);
      else if (step.kind === 'sync') this.sync(step);
    }
  }

  /** The last call is over, as all steps have been played. */
  finish(): void {
    this.calls.order.finishAll();
    for (const domain of this.recorded.domains) domain.lookAtAddresses();
  }

  /** Nothing is called for as long as flush queues and the pool need. */
  idle(): void {
    const { order } = this.calls;
    order.letPass(order.now + IDLE_NS);
    order.finishAll();
  }

  /** Unmaps what the capture leaves mapped, and lets the pool go. @returns lines that say what is left then: nothing */
  shutDown(): readonly string[] {
    const { order } = this.calls;
    const { machine, devices } = this.recorded;
    const cpu = order.begin(0, 0);
    machine.meter.ledger.phase = Phase.background;
    for (const held of this.held) {
      const { device, dir, attrs, size } = held.mapping;
      const { dev } = (devices.get(device) as CaptureDevice).plugged;
      this.port.unmap(dev, held, dir, attrs, size);
    }
    this.held.clear();
    order.end(cpu);
    order.finishAll();
    this.idle();
    const reachable = this.recorded.domains.reduce((sum, { stale }) => sum + stale.pending(), 0);
    const left = reachable > 0 ? [`${String(reachable)} unmaps can still be reached`] : [];
    return [...machine.shutDown(), ...left];
  }

  private map(step: MapStep): void {
    const { mapping } = step;
    const device = mapping ? this.recorded.devices.get(mapping.device) : undefined;
    if (!mapping || !device || mapping.failed) return;
    const { calls } = this;
    const { counts, domain, plugged } = device;
    const held = this.port.prepare(mapping);
    const cpu = calls.enter(step, device, mapping.maySleep, false);
    const mapsBefore = counts.iommu_maps;
    const ok = this.port.map(plugged.dev, mapping, held);
    calls.leave();
    counts.map_calls++;
    if (!ok) counts.failed_calls++;
    if (asksPool(mapping.form)) {
      cpu.slot = ok ? domain.ages.mapped(held.addr) : -1;
      if (cpu.slot >= 0) counts[counts.iommu_maps > mapsBefore ? 'pool_fills' : 'pool_hits']++;
      else this.fellBack(device, pooledBytes(mapping));
    }
    calls.end();
    if (ok) {
      const call = calls.numbers[cpu.id] as number;
      mapping.held[this.options.index] = Object.assign(held, { cpu, call } satisfies Omit<
        Made,
        keyof Held
      >);
      this.held.add(held);
    } else this.port.release(held);
    if (++this.mapsSinceLook < LOOK_EVERY) return;
    this.mapsSinceLook = 0;
    domain.lookAtAddresses();
  }

  private fellBack({ domain, counts }: CaptureDevice, bytes: number): void {
    const why = domain.plugged.pool.whyNot(bytes);
    if (!why) return;
    counts.fallbacks++;
    counts.fallbacks_by_reason[why]++;
  }

  private unmap(step: UnmapStep): void {
    const { mapping } = step;
    const device = this.recorded.devices.get(step.device);
    const held = mapping?.held[this.options.index] as Made | null | undefined;
    if (!mapping || !held || !device) return;
    mapping.held[this.options.index] = null;
    this.held.delete(held);
    this.awaitMap(held);
    const { counts, domain, plugged } = device;
    const { addr } = held;
    const cpu = this.calls.enter(step, device, mapping.maySleep, true);
    domain.stale.begin(addr);
    const size = Math.min(step.size, mapping.size);
    this.port.unmap(plugged.dev, held, step.dir, step.attrs, size);
    this.calls.leave();
    counts.unmap_calls++;
    if (asksPool(mapping.form)) cpu.slot = domain.ages.unmapped(addr);
    if (cpu.slot < 0 && plugged.domain) cpu.stale = domain.stale.unmapped();
    this.calls.end();
  }

  private sync(step: SyncStep): void {
    const { mapping } = step;
    const held = mapping.held[this.options.index] as Made | null | undefined;
    const device = this.recorded.devices.get(mapping.device);
    if (!held || !device) return;
    this.awaitMap(held);
    this.calls.enter(step, device, false, step.forCpu);
    this.port.sync(device.plugged.dev, held, step);
    this.calls.leave();
    device.counts.sync_calls++;
    this.calls.end();
  }

  /** The map call has returned before its mapping is used. */
  private awaitMap({ cpu, call }: Made): void {
    if (this.calls.numbers[cpu.id] === call) this.calls.order.finish(cpu);
  }

  private countsOf(domain: CaptureDomain): CaptureCounts {
    return (this.recorded.calling ?? domain.first).counts;
  }
}
