// SPDX-License-Identifier: GPL-2.0-only
// Network traffic through one policy: one CPU works through the recorded order of mappings, the card and the wire go on
// beside it. The ported code runs for every map and unmap, and the meter charges its steps.

import { DMA_FROM_DEVICE, DMA_TO_DEVICE, PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { NetShape, type NetShapeName, RX_RING, TX_RING, netFramesNeeded } from '../../jobs';
import {
  Cause,
  IDLE_NS,
  Latencies,
  Occupancy,
  Phase,
  type SimDevice,
  type MachineNeeds,
  SlotAges,
} from '../../sim';
import { MappedRing } from './mapped-ring';
import { Nic } from './nic';
import { PacketData } from './packet-data';
import type { NicParameters } from './parameters';

/** A frame of Ethernet with the usual MTU, its check sum apart; an acknowledgement of TCP. */
const FULL_PACKET = 1514;
const ACK = 66;
/** Pages that bounce buffers may take: a largest buffer for each entry of both rings, and what else there is. */
const BOUNCE_PAGES = (RX_RING + TX_RING) * 32 + 4096;

export interface NetOptions {
  readonly shape: NetShapeName;
  /** Packets to go, both ways together. */
  readonly packets: number;
  readonly seed: number;
  readonly moveData: boolean;
  readonly nic: NicParameters;
}

export function netNeeds(shape: NetShapeName, cpus: number, bytes: boolean): MachineNeeds {
  return { cpus, bufferFrames: netFramesNeeded(shape), bouncePages: BOUNCE_PAGES, bytes };
}

export class NetRun {
  received = 0;
  sent = 0;
  receivedBytes = 0;
  sentBytes = 0;
  interrupts = 0;
  idleNs = 0;
  endedAt = 0;
  /** Bounce memory when the ring was first full, and bytes posted then. */
  ringBounceBytes = 0;
  ringBytes = 0;
  readonly rxLatency = new Latencies();
  readonly txLatency = new Latencies();
  readonly held = new Latencies();
  readonly bounce = new Occupancy();
  readonly ages: SlotAges;
  readonly data: PacketData | null;
  readonly nic: Nic;
  private readonly shape: NetShape;
  readonly rx: MappedRing;
  readonly tx: MappedRing;
  private posted = 0;
  private txOldest = 0;
  private txUnderWay = 0;
  private serial = 0;
  private machineNs = 0;
  private readonly tickNs: number;

  constructor(
    private readonly device: SimDevice,
    private readonly options: NetOptions,
  ) {
    const { shape, seed, moveData, nic } = options;
    this.shape = new NetShape(shape, seed, {
      firstPfn: device.k.reserved_pfn,
      frames: netFramesNeeded(shape),
    });
    this.nic = new Nic(nic);
    this.data = moveData ? new PacketData(device) : null;
    this.ages = new SlotAges(device);
    this.rx = new MappedRing(device, this.ages, DMA_FROM_DEVICE, RX_RING);
    this.tx = new MappedRing(device, this.ages, DMA_TO_DEVICE, TX_RING);
    this.tickNs = 1e9 / device.k.timers.HZ;
    device.mm.moves = moveData;
    device.meter.reset();
    device.meter.onEvicted = (address) => {
      this.ages.evicted(address, device.meter.ledger.now);
    };
  }

  /** Runs `most` operations, or until the packets have gone; false then. */
  run(most: number): boolean {
    const { shape, options } = this;
    for (let i = 0; i < most; i++) {
      if (this.received + this.sent >= options.packets) {
        this.endedAt = this.device.meter.ledger.now;
        return false;
      }
      this.passTime();
      this.reap();
      shape.next();
      switch (shape.operation) {
        case 'post':
          this.post();
          break;
        case 'take':
          this.take();
          break;
        case 'send':
          this.send();
          break;
        case 'sent':
          // Packets that have left are unmapped as they are noticed, not when the shape has done with them.
          break;
      }
      this.bounce.set(this.device.meter.ledger.now, this.device.bounceBytes());
    }
    return true;
  }

  /** The driver goes: everything is unmapped. Then nothing happens for as long as the pool needs to let go. */
  stop(): void {
    const { device, rx } = this;
    const { ledger } = device.meter;
    while (this.txUnderWay > 0) this.finish();
    for (let slot = 0; slot < RX_RING; slot++) if ((rx.bytes[slot] as number) > 0) rx.unmap(slot);
    const end = ledger.now + IDLE_NS;
    while (ledger.now < end) {
      ledger.now += this.tickNs;
      this.passTime();
    }
  }

  private post(): void {
    const { rx, shape, options } = this;
    const { slot } = shape;
    this.work(Phase.submit, Cause.submit, options.nic.nicPostNs);
    rx.map(shape);
    if (++this.posted <= RX_RING) this.ringBytes += shape.bytes;
    if (this.posted === RX_RING) this.ringBounceBytes = this.device.bounceBytes();
    // Buffers are filled in the order of posting, so that the wire's next free moment is known here.
    rx.readyAt[slot] = this.nic.received(rx.since[slot] as number, this.packetBytes(shape.bytes));
  }

  private take(): void {
    const { rx, device, shape, options, data } = this;
    const { ledger } = device.meter;
    const { slot } = shape;
    const bytes = this.packetBytes(shape.bytes);
    const serial = ++this.serial;
    this.waitFor(rx.readyAt[slot] as number);
    data?.deviceWrites(rx.address[slot] as number, bytes, serial);
    rx.unmap(slot);
    data?.cpuChecks(rx.physical[slot] as number, bytes, serial);
    this.work(Phase.complete, Cause.complete, options.nic.nicRxNs);
    this.received++;
    this.receivedBytes += bytes;
    this.rxLatency.record(ledger.now - (rx.readyAt[slot] as number));
    this.held.record(ledger.now - (rx.since[slot] as number));
  }

  private send(): void {
    const { tx, device, shape, options, data } = this;
    const { slot } = shape;
    const serial = ++this.serial;
    if (this.txUnderWay === TX_RING) {
      this.waitFor(tx.readyAt[this.txOldest] as number);
      this.reap();
    }
    data?.cpuWrites(shape.pfn * PAGE_SIZE + shape.offset, shape.bytes, serial);
    const begun = device.meter.ledger.now;
    this.work(Phase.submit, Cause.submit, options.nic.nicTxNs);
    tx.map(shape);
    tx.since[slot] = begun;
    tx.readyAt[slot] = this.nic.sent(device.meter.ledger.now, shape.bytes);
    // The card fetches it at once: recorded packets lie in pages that are used again before they are unmapped.
    data?.deviceChecks(tx.address[slot] as number, shape.bytes, serial);
    this.txUnderWay++;
    this.sent++;
    this.sentBytes += shape.bytes;
  }

  /** Unmaps what has left. */
  private reap(): void {
    const { now } = this.device.meter.ledger;
    while (this.txUnderWay > 0 && (this.tx.readyAt[this.txOldest] as number) <= now) this.finish();
  }

  private finish(): void {
    const { tx, txOldest: slot, device } = this;
    tx.unmap(slot);
    this.work(Phase.complete, Cause.complete, this.options.nic.nicTxDoneNs);
    this.txLatency.record(device.meter.ledger.now - (tx.since[slot] as number));
    this.txOldest = (slot + 1) % TX_RING;
    this.txUnderWay--;
  }

  private packetBytes(room: number): number {
    return this.options.shape === 'rx' ? Math.min(room, FULL_PACKET) : ACK;
  }

  private work(phase: number, cause: number, ns: number): void {
    const { ledger } = this.device.meter;
    ledger.phase = phase;
    ledger.charge(cause, ns);
  }

  /** The CPU has nothing to do until then; the card's interrupt wakes it. */
  private waitFor(at: number): void {
    const { ledger, cost } = this.device.meter;
    if (at <= ledger.now) return;
    this.idleNs += at - ledger.now;
    ledger.now = at;
    this.interrupts++;
    this.work(Phase.complete, Cause.interrupt, cost.interruptNs);
    this.passTime();
  }

  /** Timers that are due. */
  private passTime(): void {
    const { device, tickNs } = this;
    const { ledger } = device.meter;
    if (ledger.now < this.machineNs + tickNs) return;
    ledger.phase = Phase.background;
    const ticks = Math.floor((ledger.now - this.machineNs) / tickNs);
    this.machineNs += ticks * tickNs;
    device.k.timers.advance((ticks * tickNs) / 1e6);
    this.bounce.set(ledger.now, device.bounceBytes());
  }
}
