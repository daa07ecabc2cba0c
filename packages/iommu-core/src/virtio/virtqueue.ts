// SPDX-License-Identifier: GPL-2.0-only
// A virtqueue: the driver offers buffers, the device takes them in order, writes into them and gives them back.

import { ENOSPC, type gfp_t, lockup, type opaque } from '@iommu-bounce/linux-shim';
import { check_value, that } from '@iommu-bounce/linux-shim/options';
import type { VirtioEvents } from './events';
import type { virtio_buf, virtio_device, virtqueue, vq_callback_t } from './virtio.h';

export interface VirtqueueOptions {
  /** Descriptors, a power of two of at most 32,768. Default 256. */
  readonly size?: number;
  /**
   * A buffer with two parts takes one descriptor of the ring, which points to a table of two
   * (VIRTIO_RING_F_INDIRECT_DESC); otherwise two. Default true.
   */
  readonly indirectDesc?: boolean;
  /** The driver knows what the device has seen, and does not notify it twice (VIRTIO_RING_F_EVENT_IDX). Default true. */
  readonly eventIdx?: boolean;
}

export const queueSize = that(
  'a power of two from 1 to 32768',
  (v) => typeof v === 'number' && v >= 1 && v <= 32768 && Number.isInteger(Math.log2(v)),
);

/** A buffer under way, as the device sees it: a part to read, and a part to write from offset 0 on. */
export class Chain {
  private buf: virtio_buf | null = null;
  private descriptors = 0;
  /** The driver's. */
  data: opaque | null = null;
  /** Bytes to read and to write. */
  outLen = 0;
  inLen = 0;

  /** For the queue: what the driver offers. */
  fill(buf: virtio_buf, out: number, in_: number, data: opaque, descriptors: number): void {
    this.buf = buf;
    this.outLen = out;
    this.inLen = in_;
    this.data = data;
    this.descriptors = descriptors;
  }

  /** For the queue: the buffer is the driver's again. How many descriptors that frees. */
  release(): number {
    this.buf = null;
    this.data = null;
    return this.descriptors;
  }

  readU8(offset: number): number {
    return this.at(offset, 1, this.outLen).view.getUint8(offset);
  }

  /** For the accessors of the specification's structs: the bytes to read; nothing may be written there. */
  readable(offset: number, len: number): DataView {
    return this.at(offset, len, this.outLen).view;
  }

  writeLe32(offset: number, value: number): void {
    this.at(offset, 4, this.inLen).view.setUint32(this.outLen + offset, value, true);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.at(offset, bytes.length, this.inLen).bytes.set(bytes, this.outLen + offset);
  }

  private at(offset: number, len: number, limit: number): virtio_buf {
    if (this.buf === null || offset < 0 || offset + len > limit) outside(offset, len, limit);
    return this.buf;
  }
}

// Out of line, so that what reads and writes a request is small enough to be inlined.
function outside(offset: number, len: number, limit: number): never {
  throw new RangeError(
    `the device reaches for bytes ${String(offset)}..${String(offset + len - 1)} of ${String(limit)}`,
  );
}

export class Virtqueue implements virtqueue {
  num_free: number;
  len = 0;
  readonly size: number;
  private readonly indirectDesc: boolean;
  private readonly eventIdx: boolean;
  private readonly free: Chain[] = [];
  private freeChains: number;
  /** Rings of `size` entries; indices run on, and `mask` takes them modulo the size. */
  private readonly avail: Chain[] = [];
  private readonly used: Chain[] = [];
  private readonly usedLen: Int32Array;
  private readonly mask: number;
  private availIdx = 0;
  private deviceAvailIdx = 0;
  private usedIdx = 0;
  private driverUsedIdx = 0;
  /** What the device has heard of. */
  private notifiedIdx = 0;

  /**
   * @param notify the device has buffers to look at
   * @param run lets a device that did not look yet do so; false if there is nothing it could do
   * @throws OptionError for a size that is none
   */
  constructor(
    readonly vdev: virtio_device,
    /** Number of the queue. */
    readonly index: number,
    private readonly callback: vq_callback_t | null,
    private readonly notify: (queue: Virtqueue) => void,
    private readonly run: (queue: Virtqueue) => boolean,
    private readonly events: VirtioEvents,
    options: VirtqueueOptions = {},
  ) {
    this.size = options.size ?? 256;
    check_value('Virtqueue', 'size', this.size, queueSize);
    this.indirectDesc = options.indirectDesc ?? true;
    this.eventIdx = options.eventIdx ?? true;
    this.num_free = this.size;
    this.freeChains = this.size;
    this.mask = this.size - 1;
    this.usedLen = new Int32Array(this.size);
    for (let i = 0; i < this.size; i++) {
      const chain = new Chain();
      this.free.push(chain);
      this.avail.push(chain);
      this.used.push(chain);
    }
  }

  // The driver's side.

  virtqueue_add_sgs(buf: virtio_buf, out: number, in_: number, data: opaque, _gfp: gfp_t): number {
    const parts = (out > 0 ? 1 : 0) + (in_ > 0 ? 1 : 0);
    const needed = this.indirectDesc && parts > 1 && this.num_free > 0 ? 1 : parts;
    if (this.num_free < needed) {
      // The kernel notifies the device here if it has anything to read, whether the device wants to hear or not.
      if (out > 0) this.exit();
      return -ENOSPC;
    }
    const chain = this.free[--this.freeChains] as Chain;
    chain.fill(buf, out, in_, data, needed);
    this.num_free -= needed;
    this.avail[this.availIdx++ & this.mask] = chain;
    return 0;
  }

  virtqueue_add_inbuf(buf: virtio_buf, in_: number, data: opaque, gfp: gfp_t): number {
    return this.virtqueue_add_sgs(buf, 0, in_, data, gfp);
  }

  virtqueue_kick(): boolean {
    this.events.kick(this.index);
    if (this.eventIdx && this.notifiedIdx === this.availIdx) return true;
    this.exit();
    return true;
  }

  virtqueue_get_buf(): opaque | null {
    if (this.driverUsedIdx === this.usedIdx) return null;
    const slot = this.driverUsedIdx++ & this.mask;
    const chain = this.used[slot] as Chain;
    this.len = this.usedLen[slot] ?? 0;
    const data = chain.data;
    this.num_free += chain.release();
    this.free[this.freeChains++] = chain;
    return data;
  }

  cpu_relax(): void {
    if (this.notifiedIdx !== this.availIdx) lockup('the device was not told of the request');
    if (!this.run(this)) lockup('the device does not answer');
  }

  private exit(): void {
    this.notifiedIdx = this.availIdx;
    this.events.vmexit(this.index);
    this.notify(this);
  }

  // The device's side.

  /** The next buffer, or null. */
  pop(): Chain | null {
    if (this.deviceAvailIdx === this.availIdx) return null;
    return this.avail[this.deviceAvailIdx++ & this.mask] as Chain;
  }

  /** Gives a buffer back, `written` bytes of which are new. */
  push(chain: Chain, written: number): void {
    const slot = this.usedIdx++ & this.mask;
    this.used[slot] = chain;
    this.usedLen[slot] = written;
  }

  /** Tells the driver that buffers are back; a queue without callback is polled. */
  interrupt(): void {
    if (!this.callback) return;
    this.events.interrupt(this.index);
    this.callback(this);
  }

  /** Buffers that the device has not taken. */
  waiting(): number {
    return this.availIdx - this.deviceAvailIdx;
  }
}
