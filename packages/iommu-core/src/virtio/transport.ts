// SPDX-License-Identifier: GPL-2.0-only
// The virtio-iommu device as the guest finds it on its bus: features, configuration space, two queues.

import { BIT, device, type machine, type opaque } from '@iommu-bounce/linux-shim';
import type { VmmConfig } from './domains';
import type { VirtioEvents } from './events';
import {
  VIRTIO_F_VERSION_1,
  type virtio_device,
  type virtqueue,
  type vq_callback_t,
} from './virtio.h';
import { Virtqueue, type VirtqueueOptions } from './virtqueue';
import type { Vmm } from './vmm';
import {
  VIRTIO_IOMMU_F_DOMAIN_RANGE,
  VIRTIO_IOMMU_F_INPUT_RANGE,
  VIRTIO_IOMMU_F_MAP_UNMAP,
  VIRTIO_IOMMU_F_MMIO,
  VIRTIO_IOMMU_F_PROBE,
  put_le64,
  virtio_iommu_config,
} from './virtio_iommu.h';

/** What the device offers. */
export function offeredFeatures(config: VmmConfig): number[] {
  const features = [
    VIRTIO_F_VERSION_1,
    VIRTIO_IOMMU_F_MAP_UNMAP,
    VIRTIO_IOMMU_F_INPUT_RANGE,
    VIRTIO_IOMMU_F_DOMAIN_RANGE,
  ];
  if (config.probeSize > 0) features.push(VIRTIO_IOMMU_F_PROBE);
  if (config.mmio) features.push(VIRTIO_IOMMU_F_MMIO);
  return features;
}

function configSpace(config: VmmConfig): DataView {
  const view = new DataView(new ArrayBuffer(virtio_iommu_config.sizeof));
  put_le64(view, virtio_iommu_config.page_size_mask, config.pageSizeMask);
  put_le64(view, virtio_iommu_config.input_range_start, config.inputRange[0]);
  put_le64(view, virtio_iommu_config.input_range_end, config.inputRange[1]);
  view.setUint32(virtio_iommu_config.domain_range_start, config.domainRange[0], true);
  view.setUint32(virtio_iommu_config.domain_range_end, config.domainRange[1], true);
  view.setUint32(virtio_iommu_config.probe_size, config.probeSize, true);
  return view;
}

export class VirtioIommuDevice implements virtio_device {
  readonly dev: device;
  readonly fwnode: opaque = {};
  readonly config: DataView;
  priv: opaque | null = null;
  /** Set by the driver: the device may look at its queues. */
  ready = false;
  private readonly features: ReadonlySet<number>;
  private queues: Virtqueue[] = [];

  /**
   * @param driverFeatures what the driver understands, VIRTIO_F_VERSION_1 apart
   * @param offered what the device offers
   */
  constructor(
    private readonly k: machine,
    private readonly vmm: Vmm,
    driverFeatures: readonly number[],
    private readonly events: VirtioEvents,
    private readonly options: VirtqueueOptions = {},
    offered: readonly number[] = offeredFeatures(vmm.state.config),
    name = 'virtio0',
  ) {
    this.dev = new device(name);
    this.config = configSpace(vmm.state.config);
    const understood = new Set([VIRTIO_F_VERSION_1, ...driverFeatures]);
    this.features = new Set(offered.filter((bit) => understood.has(bit)));
  }

  virtio_has_feature(bit: number): boolean {
    return this.features.has(bit);
  }

  virtio_find_vqs(vqs: (virtqueue | null)[], callbacks: readonly (vq_callback_t | null)[]): number {
    this.queues = callbacks.map(
      (callback, i) =>
        new Virtqueue(
          this,
          i,
          callback ? this.inInterrupt(callback) : null,
          (queue) => this.process(queue),
          (queue) => this.process(queue),
          this.events,
          this.options,
        ),
    );
    this.queues.forEach((queue, i) => (vqs[i] = queue));
    return 0;
  }

  virtio_device_ready(): void {
    this.ready = true;
  }

  reset(): void {
    this.ready = false;
    this.vmm.state.reset();
  }

  del_vqs(): void {
    this.queues = [];
  }

  /** @throws Error when the driver has no such queue (yet) */
  queue(index: number): Virtqueue {
    const queue = this.queues[index];
    if (!queue) throw new Error(`${this.dev.init_name} has no queue ${String(index)}`);
    return queue;
  }

  /** Only requests are to be looked at; buffers of the event queue wait for events. */
  private process(queue: Virtqueue): boolean {
    return this.ready && queue.index === 0 && this.vmm.process(queue);
  }

  private inInterrupt(callback: vq_callback_t): vq_callback_t {
    return (vq) => {
      const flags = this.k.context.local_irq_save();
      this.k.context.preempt_disable();
      callback(vq);
      this.k.context.preempt_enable();
      this.k.context.local_irq_restore(flags);
    };
  }
}

/** All page sizes from 4 KiB on, what QEMU and crosvm offer by default. */
export const ALL_PAGE_SIZES = BIT(53) - BIT(12);
