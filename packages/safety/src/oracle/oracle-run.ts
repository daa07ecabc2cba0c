// SPDX-License-Identifier: GPL-2.0-only
// Operations under a policy, and a hostile device in each domain that looks at every step: what it could read or change
// though it may not, byte by byte, and for how long.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import {
  type CaptureDevice,
  IDLE_NS,
  Phase,
  type Platform,
  type Policy,
} from '@iommu-bounce/simulation';
import { BufferArena, type Put } from './buffers';
import { CallerCheck } from './caller-check';
import { Classifier } from './classify';
import { Held } from './held';
import { ContentNumber, PlaceNumber, kindOf } from './kinds';
import { LivePieces } from './live';
import { DEVICES, type Operation, checkOperations } from './operations';
import { type OracleMachine, oracleMachine } from './oracle-machine';
import { Origins, valueOf } from './origins';
import { Probes } from './probes';
import { Shadow } from './shadow';
import { WatchedDomain } from './watched-domain';

/** Bytes that the driver has taken with a sync: those in a bounce buffer, and its own. */
const CHECKED_IN_BUFFER = kindOf(PlaceNumber.cpu, ContentNumber.bounce);
const CHECKED = kindOf(PlaceNumber.cpu, ContentNumber.driver_data);

/** Between two calls: what a driver does else. */
const GAP_NS = 2000;

export class OracleRun {
  readonly machine: OracleMachine;
  readonly domains: readonly WatchedDomain[];
  readonly origins = new Origins();
  readonly live = new LivePieces();
  readonly shadow: Shadow;
  readonly caller: CallerCheck;
  readonly probes: Probes;
  /** Mappings and coherent memory made, their bytes, their bytes times nanoseconds; calls that failed. */
  mappings = 0;
  mappedBytes = 0;
  mappedByteNs = 0;
  failed = 0;
  /** Lines that say what is left at the end. */
  leaks: readonly string[] = [];
  private readonly arena: BufferArena;
  private readonly classifier: Classifier;
  private readonly held = new Map<number, Held>();
  private readonly dirty = new Set<number>();
  /** Set while translations end: their moment counts, not the end of the call. */
  private endsNow = false;
  /** Set while an unmap runs. */
  private unmaps = false;

  /**
   * @param buddyPages for bounce buffers and coherent memory; default: 4096
   * @throws InputError for a policy that cannot run on the platform
   */
  constructor(policy: Policy, platform: Platform, buddyPages?: number) {
    this.machine = oracleMachine(policy, platform, buddyPages);
    const { recorded, memory, pages, hasIotlb } = this.machine;
    const { machine } = recorded;
    this.classifier = new Classifier(this.origins);
    this.shadow = new Shadow(
      (frame) => this.dirty.add(frame),
      (src, bytes) => {
        if (this.unmaps) this.copiesBack(src, bytes);
      },
    );
    memory.shadow = pages.shadow = this.shadow;
    this.domains = recorded.domains.map(
      (domain, id) =>
        new WatchedDomain(id, domain, machine, hasIotlb, (frame) => {
          if (this.endsNow) this.look(this.domains[id] as WatchedDomain, frame);
          else this.dirty.add(frame);
        }),
    );
    this.caller = new CallerCheck(this.origins, this.shadow);
    this.probes = new Probes(this.domains);
    recorded.listen({
      mapped: ({ id }, address, bytes) => {
        this.domains[id]?.reach.mapped(address, bytes);
        this.probes.saw(id, address, bytes);
      },
      unmapped: ({ id }, address, bytes) => {
        this.domains[id]?.reach.unmapped(address, bytes);
      },
      forgotten: ({ id }, address) => {
        this.endsNow = true;
        this.domains[id]?.reach.forgotten(address);
        this.endsNow = false;
      },
    });
    this.arena = new BufferArena(machine.k.reserved_pfn, this.put);
    this.settle();
  }

  /**
   * Carries out operations; can be called again.
   * @throws InputError for one that cannot be
   */
  run(operations: readonly Operation[]): void {
    checkOperations(operations);
    for (const operation of operations) this.step(operation);
  }

  /** One operation, unchecked. */
  step(operation: Operation): void {
    if (operation.op === 'idle') this.idle(operation.ns);
    else if (operation.op === 'map' || operation.op === 'alloc') this.make(operation);
    else {
      const held = this.held.get(operation.id);
      if (!held) return; // its map failed
      if (operation.op === 'transfer') this.transfer(held, operation.bytes);
      else if (operation.op === 'unmap' || operation.op === 'free')
        this.giveBack(operation.id, held);
      else this.sync(held, operation);
    }
    this.settle();
    this.probes.probe();
  }

  /** Gives back what is mapped, waits until flush queues and pools have let go, and ends all exposures. */
  finish(): void {
    for (const [id, held] of this.held) {
      this.giveBack(id, held);
      this.settle();
    }
    this.idle(IDLE_NS);
    this.settle();
    for (const { reads, writes } of this.domains) {
      reads.finish(this.now);
      writes.finish(this.now);
    }
    const left = this.domains.reduce((sum, { reach }) => sum + [...reach.frames()].length, 0);
    this.leaks = [
      ...this.machine.recorded.machine.shutDown(),
      ...(left > 0 ? [`${String(left)} pages can still be reached`] : []),
    ];
  }

  /** Virtual nanoseconds. */
  get now(): number {
    return this.machine.order.now;
  }

  private readonly put: Put = (address, bytes, tag) => {
    this.machine.memory.ram.fill(valueOf(tag), address, address + bytes);
    this.shadow.write(address, bytes, tag);
  };

  private make(operation: Operation & { readonly op: 'map' | 'alloc' }): void {
    const { id, device: number, bytes } = operation;
    const device = this.machine.recorded.devices.get(DEVICES[number] as string) as CaptureDevice;
    const mapping = this.origins.add(device.domain.id);
    const isMap = operation.op === 'map';
    const buffer = isMap
      ? this.arena.take(operation.buffer, number, bytes, this.origins.byCpu(mapping))
      : null;
    // What the CPU wrote before is there before the call begins.
    this.settle();
    const held = new Held(
      this.machine.recorded.machine.k,
      mapping,
      device,
      bytes,
      isMap ? operation.direction : 'both',
      buffer,
      isMap && operation.buffer === 'list',
    );
    if (!this.call(device, Phase.map, () => held.map())) {
      this.failed++;
      buffer?.release();
      return;
    }
    this.mappings++;
    this.mappedBytes += bytes;
    held.since = this.now;
    this.held.set(id, held);
    if (held.mayRead()) this.origins.give(mapping);
    this.beginLive(held);
    if (!buffer)
      held.eachPiece(bytes, true, (at, _offset, n) => {
        this.put(at, n, this.origins.byCpu(mapping));
      });
    this.useSlot(held, 1);
  }

  private giveBack(id: number, held: Held): void {
    this.unmaps = true;
    this.call(held.device, Phase.unmap, () => {
      held.unmap();
    });
    this.unmaps = false;
    this.held.delete(id);
    this.mappedByteNs += held.bytes * (this.now - held.since);
    this.endLive(held);
    this.useSlot(held, -1);
    this.caller.check(held);
    held.buffer?.release();
  }

  private sync(
    held: Held,
    { op, offset, bytes }: Operation & { readonly op: 'sync_for_cpu' | 'sync_for_device' },
  ): void {
    const forCpu = op === 'sync_for_cpu';
    this.call(held.device, forCpu ? Phase.unmap : Phase.map, () => {
      held.sync(forCpu, offset, bytes);
    });
    const isWhole = held.segments.length > 1;
    held.cpuFrom = forCpu ? (isWhole ? 0 : offset) : 0;
    held.cpuTo = forCpu ? (isWhole ? held.bytes : offset + bytes) : 0;
    this.endLive(held);
    this.beginLive(held);
  }

  /** The device does what it was asked, or the first part of it. */
  private transfer(held: Held, bytes: number): void {
    const { origins, shadow, caller } = this;
    if (held.mayRead())
      held.eachPiece(bytes, false, (at, _offset, n) => {
        if (at < 0) caller.faults++;
        else
          shadow.eachRun(at, n, (run, tag) => {
            caller.deviceRead(held, run, tag);
          });
      });
    if (!held.mayWrite()) return;
    held.eachPiece(bytes, true, (at, _offset, n) => {
      if (at < 0) caller.faults++;
      else this.put(at, n, origins.byDevice(held.number));
    });
    held.moved = Math.max(held.moved, bytes);
  }

  private beginLive(held: Held): void {
    const { cpuFrom, cpuTo, domain, number: mapping } = held;
    const mayRead = held.mayRead();
    const mayWrite = held.mayWrite();
    const add = (at: number, n: number, isCpus: boolean): void => {
      if (n <= 0) return;
      const frame = Math.floor(at / PAGE_SIZE);
      const from = at - frame * PAGE_SIZE;
      // Not spread: of a hundred thousand pieces that took as long as all else here.
      this.live.add(frame, {
        from,
        to: from + n,
        domain,
        mapping,
        mayRead,
        mayWrite,
        isCpus,
      });
    };
    held.eachPiece(held.bytes, !mayRead, (at, offset, n) => {
      if (at < 0) return;
      const from = Math.min(n, Math.max(0, cpuFrom - offset));
      const to = Math.max(from, Math.min(n, cpuTo - offset));
      add(at, from, false);
      add(at + from, to - from, true);
      add(at + to, n - to, false);
      const frame = Math.floor(at / PAGE_SIZE);
      held.frames.push(frame);
      this.dirty.add(frame);
    });
  }

  private endLive(held: Held): void {
    for (const frame of held.frames) {
      this.live.remove(frame, held.number);
      this.dirty.add(frame);
    }
    held.frames = [];
  }

  private useSlot({ domain, segments }: Held, change: 1 | -1): void {
    const frames = this.domains[domain]?.uses(segments[0]?.address ?? -1, change) ?? [];
    for (const frame of frames) this.dirty.add(frame);
  }

  private call<T>(device: CaptureDevice, phase: number, code: () => T): T {
    const { recorded, order } = this.machine;
    const { meter } = recorded.machine;
    const cpu = order.begin(0, order.now + GAP_NS);
    recorded.calling = device;
    meter.ledger.phase = phase;
    meter.begin();
    const result = code();
    meter.end();
    recorded.calling = null;
    order.end(cpu);
    for (const { reach } of this.domains) reach.callEnds();
    return result;
  }

  private idle(ns: number): void {
    const { order } = this.machine;
    order.end(order.begin(0, order.now + ns));
  }

  /**
   * An unmap copies a bounce buffer: what a device could change there since the driver took it with a sync is what the
   * driver has now.
   */
  private copiesBack(src: number, bytes: number): void {
    for (let at = src; at < src + bytes;) {
      const frame = Math.floor(at / PAGE_SIZE);
      const from = at - frame * PAGE_SIZE;
      const to = Math.min(PAGE_SIZE, from + src + bytes - at);
      for (const { writes } of this.domains)
        writes.recast(frame, from, to, CHECKED_IN_BUFFER, CHECKED);
      at += to - from;
    }
  }

  /** What has changed holds from now on. */
  private settle(): void {
    const { now } = this;
    for (const frame of this.dirty)
      for (const domain of this.domains) this.lookAt(domain, frame, now);
    this.dirty.clear();
  }

  private look(domain: WatchedDomain, frame: number): void {
    this.lookAt(domain, frame, this.machine.recorded.machine.meter.ledger.now);
  }

  private lookAt(domain: WatchedDomain, frame: number, now: number): void {
    domain.evaluate(frame, this.shadow, this.live, this.classifier, now);
  }
}
