// SPDX-License-Identifier: GPL-2.0-only
// The DMA traffic of a virtio network card: posted receive buffers, small packets to send, in the recorded proportions.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { Arena } from './buffer-layout';
import { NET_FIGURES } from './net-figures';
import { type Random, below, newRandom } from './random';
import { Weighted } from './weighted';

/** `rx`: a download, many receive buffers and few acknowledgements; `tx`: an upload, as many of each. */
export type NetShapeName = keyof typeof NET_FIGURES;
export const NET_SHAPE_NAMES = ['rx', 'tx'] as const satisfies readonly NetShapeName[];

/**
 * `post` maps a receive buffer, `take` unmaps it again, filled; `send` maps a packet, `sent` unmaps it. What is posted
 * first is taken first, what is sent first is done first.
 */
export type NetOperation = 'post' | 'take' | 'send' | 'sent';

/** Receive buffers that are posted at any time: the ring of the recorded card. */
export const RX_RING = 256;
/** Packets to send that can be in flight; the most that was recorded is 34. */
export const TX_RING = 64;

const BLOCK_BYTES = 32768;
const BLOCK_FRAMES = BLOCK_BYTES / PAGE_SIZE;
const RX_BYTES = 1536;
/** Buffers cut from one block; the last one gets what is left, 2048 bytes. */
const PER_BLOCK = Math.floor(BLOCK_BYTES / RX_BYTES);

/** Call `next()`, then look at the fields. The first RX_RING operations post the ring. Nothing is allocated. */
export class NetShape {
  operation: NetOperation = 'post';
  /** Slot: 0 to RX_RING - 1 for receive buffers, 0 to TX_RING - 1 for packets. The same when mapped and unmapped. */
  slot = 0;
  /** Frame that the buffer begins in; it may end in the next. */
  pfn = 0;
  /** Byte of that frame. */
  offset = 0;
  bytes = 0;

  private readonly random: Random;
  private readonly txBytes: Weighted;
  private readonly txOffset: Weighted;
  private readonly txBurst: Weighted;
  private readonly rxAfterBurst: Weighted | null;
  private readonly rxRefill: Weighted;
  private readonly txPages: number;
  private readonly rxBlocks: number;
  private readonly firstRx: number;
  private readonly firstTx: number;

  private readonly rx = new Slots(RX_RING);
  private readonly tx = new Slots(TX_RING);
  /** Buffers ever cut. */
  private cut = 0;
  private toPost = RX_RING;
  private toSend = 0;
  private toFinish = 0;
  private toTake = 0;
  private taken = 0;
  private refillAt: number;

  /**
   * @param seed any whole number
   * @throws RangeError if the arena has fewer than netFramesNeeded() frames
   */
  constructor(name: NetShapeName, seed: number, arena: Arena) {
    const figures = NET_FIGURES[name];
    const needed = netFramesNeeded(name);
    if (arena.frames < needed)
      throw new RangeError(
        `the network shape ${name} needs ${String(needed)} page frames; the arena has ${String(arena.frames)}`,
      );
    this.random = newRandom(seed);
    this.txBytes = new Weighted(figures.txBytes);
    this.txOffset = new Weighted(figures.txOffset);
    this.txBurst = new Weighted(figures.txBurst);
    this.rxAfterBurst = figures.rxAfterBurst === null ? null : new Weighted(figures.rxAfterBurst);
    this.rxRefill = new Weighted(figures.rxRefill);
    ({ txPages: this.txPages, rxBlocks: this.rxBlocks } = figures);
    this.firstRx = Math.ceil(arena.firstPfn / BLOCK_FRAMES) * BLOCK_FRAMES;
    this.firstTx = this.firstRx + this.rxBlocks * BLOCK_FRAMES;
    this.refillAt = this.rxRefill.draw(this.random);
  }

  /** The next operation. */
  next(): void {
    if (this.toPost > 0) this.post();
    else if (this.toSend > 0) this.send();
    else if (this.toFinish > 0) this.sent();
    else if (this.toTake > 0) this.take();
    else {
      const burst = this.txBurst.draw(this.random);
      this.toSend = this.toFinish = burst;
      this.toTake = this.rxAfterBurst?.draw(this.random) ?? burst;
      this.send();
    }
  }

  private post(): void {
    const inBlock = this.cut % PER_BLOCK;
    const block = Math.floor(this.cut / PER_BLOCK) % this.rxBlocks;
    const at = inBlock * RX_BYTES;
    this.cut++;
    this.toPost--;
    this.rx.put(
      (this.firstRx + block * BLOCK_FRAMES) * PAGE_SIZE + at,
      inBlock === PER_BLOCK - 1 ? BLOCK_BYTES - at : RX_BYTES,
    );
    this.show('post', this.rx.last, this.rx);
  }

  private take(): void {
    this.show('take', this.rx.get(), this.rx);
    this.toTake--;
    if (++this.taken < this.refillAt) return;
    this.toPost = this.taken;
    this.taken = 0;
    this.refillAt = this.rxRefill.draw(this.random);
  }

  private send(): void {
    const { random } = this;
    const bytes = this.txBytes.draw(random);
    // A packet lies in one page: the recorded ones all did.
    const offset = Math.min(this.txOffset.draw(random), PAGE_SIZE - bytes);
    this.toSend--;
    this.tx.put((this.firstTx + below(random, this.txPages)) * PAGE_SIZE + offset, bytes);
    this.show('send', this.tx.last, this.tx);
  }

  private sent(): void {
    this.toFinish--;
    this.show('sent', this.tx.get(), this.tx);
  }

  private show(operation: NetOperation, slot: number, slots: Slots): void {
    const address = slots.address(slot);
    this.operation = operation;
    this.slot = slot;
    this.pfn = Math.floor(address / PAGE_SIZE);
    this.offset = address % PAGE_SIZE;
    this.bytes = slots.bytes(slot);
  }
}

/** Frames that an arena for a shape must have, wherever it begins. */
export function netFramesNeeded(name: NetShapeName): number {
  const { rxBlocks, txPages } = NET_FIGURES[name];
  return rxBlocks * BLOCK_FRAMES + txPages + BLOCK_FRAMES - 1;
}

/** A ring of what is mapped, first in, first out. */
class Slots {
  /** The slot that was put last. */
  last = -1;
  private first = 0;
  private readonly addresses: Float64Array;
  private readonly sizes: Float64Array;

  constructor(private readonly count: number) {
    this.addresses = new Float64Array(count);
    this.sizes = new Float64Array(count);
  }

  put(address: number, bytes: number): void {
    this.last = (this.last + 1) % this.count;
    this.addresses[this.last] = address;
    this.sizes[this.last] = bytes;
  }

  get(): number {
    const slot = this.first;
    this.first = (slot + 1) % this.count;
    return slot;
  }

  address(slot: number): number {
    return this.addresses[slot] as number;
  }

  bytes(slot: number): number {
    return this.sizes[slot] as number;
  }
}
