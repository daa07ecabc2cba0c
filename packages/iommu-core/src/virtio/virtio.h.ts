// SPDX-License-Identifier: GPL-2.0-only
// What a virtio driver sees of its device: queues, features, configuration.
// C: include/linux/virtio.h, virtio_config.h of v5.13, the slice that virtio-iommu.c calls; buffers instead of
// scatterlists, methods instead of functions over a queue.

import type { device, gfp_t, opaque } from '@iommu-bounce/linux-shim';

export const VIRTIO_F_VERSION_1 = 32;

/** Memory that driver and device share. */
export class virtio_buf {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same bytes four by four, but for an odd rest: what copies and clears whole words. */
  readonly words: Int32Array;

  /** @param memory where it lies, from `offset` on, a multiple of 4; default: memory of its own */
  constructor(
    readonly size: number,
    memory: ArrayBuffer = new ArrayBuffer(size),
    offset = 0,
  ) {
    this.bytes = new Uint8Array(memory, offset, size);
    this.view = new DataView(memory, offset, size);
    this.words = new Int32Array(memory, offset, size >> 2);
  }
}

export type vq_callback_t = (vq: virtqueue) => void;

export interface virtqueue {
  readonly vdev: virtio_device;
  /** Descriptors that are free. */
  readonly num_free: number;
  /** JS: how much the device wrote into the buffer that virtqueue_get_buf returned last; C has an out argument. */
  readonly len: number;
  /**
   * Offers a buffer: its first `out` bytes for the device to read, the `in_` bytes after them for it to write. Tells
   * the device only if there is no room.
   * @returns 0, -ENOSPC
   */
  virtqueue_add_sgs(buf: virtio_buf, out: number, in_: number, data: opaque, gfp: gfp_t): number;
  /** Offers a buffer for the device to write. */
  virtqueue_add_inbuf(buf: virtio_buf, in_: number, data: opaque, gfp: gfp_t): number;
  /** Tells the device that there are buffers, if it wants to hear of it. */
  virtqueue_kick(): boolean;
  /** The `data` of a buffer that the device is done with, or null. */
  virtqueue_get_buf(): opaque | null;
  /**
   * JS: lets a device that runs beside the driver get on while the driver spins, for C's empty loop.
   * @throws oops when the device has stopped: the driver would spin forever
   */
  cpu_relax(): void;
}

export interface virtio_device {
  readonly dev: device;
  /** What firmware calls the device, by which it tells an endpoint's IOMMU. C: dev.parent->fwnode */
  readonly fwnode: opaque;
  /** The driver's own. */
  priv: opaque | null;
  virtio_has_feature(bit: number): boolean;
  /** The configuration space. */
  readonly config: DataView;
  /** Fills `vqs` with as many queues as there are callbacks; 0 or a negative error number. */
  virtio_find_vqs(vqs: (virtqueue | null)[], callbacks: readonly (vq_callback_t | null)[]): number;
  virtio_device_ready(): void;
  reset(): void;
  del_vqs(): void;
}
