// SPDX-License-Identifier: GPL-2.0-only
// virtio-iommu of one machine, put together: the driver, and behind its queue the VMM, VFIO and the devices' DMA.

import { check, type device, type machine, U32_MAX } from '@iommu-bounce/linux-shim';
import {
  a_class,
  an_object,
  check_options,
  check_value,
  fields,
  flag,
  list_of,
  type shape_of,
  a_limit,
  whole,
} from '@iommu-bounce/linux-shim/options';
import type { dma_iommu_h } from '../dma-iommu.h';
import type { iommu_c } from '../iommu';
import { virtio_iommu_c } from '../virtio-iommu';
import { DeviceDma } from './device-dma';
import { type ResvRegion, VmmDomains } from './domains';
import { type VirtioCounters, VirtioEvents, type VirtioHooks } from './events';
import { ALL_PAGE_SIZES, VirtioIommuDevice, offeredFeatures } from './transport';
import { type ContainerOptions, Vfio } from './vfio-type1';
import { type Virtqueue, type VirtqueueOptions, queueSize } from './virtqueue';
import { Vmm } from './vmm';

export * from './device-dma'; // what an assigned device reads and writes
export * from './domains'; // the VMM's endpoints, domains and mappings
export * from './events'; // counters and hooks of every step
export * from './range-tree'; // the ranges that both of them keep
export * from './transport'; // features, configuration space, queues
export * from './vfio-type1'; // containers and pinned pages
export * from './virtqueue'; // the queue between driver and device
export * from './vmm'; // requests and their answers
export * from './virtio.h'; // include/linux/virtio.h, the slice that the driver calls
export * from './virtio_iommu.h'; // include/uapi/linux/virtio_iommu.h

export interface virtio_iommu_options extends ContainerOptions {
  /** Sum of the supported page sizes. Default: all from 4 KiB on. */
  readonly pageSizeMask?: number;
  /** Addresses that can be mapped, both inclusive. Default: 0 to 2^48 - 1. */
  readonly inputRange?: readonly [number, number];
  /** Domain numbers, both inclusive. Default: 0 to 2^32 - 1. */
  readonly domainRange?: readonly [number, number];
  /** Bytes of properties for each endpoint; 0: the device does not offer PROBE. Default 512. */
  readonly probeSize?: number;
  /** Whether registers (MSI doorbells) can be mapped. Default true. */
  readonly mmio?: boolean;
  readonly queues?: VirtqueueOptions;
  /** Feature bits that the device offers, in place of those that follow from the above. */
  readonly features?: readonly number[];
  /** Told of every step. */
  readonly hooks?: VirtioHooks;
  /** A subclass of the driver, in place of it: what a later kernel does differently. */
  readonly driver?: typeof virtio_iommu_c;
}

const range = list_of(whole(), { exactly: 2 });
const OPTIONS: shape_of<virtio_iommu_options> = {
  dmaEntryLimit: a_limit,
  pageSizeMask: whole(),
  inputRange: range,
  domainRange: range,
  probeSize: whole(0, U32_MAX),
  mmio: flag,
  queues: fields<VirtqueueOptions>({ size: queueSize, indirectDesc: flag, eventIdx: flag }),
  features: list_of(whole(0, 63), { least: 0 }),
  hooks: an_object,
  driver: a_class,
};

/** A machine's virtio-iommu. */
export interface virtio_iommu {
  /** The guest's driver, for `bus_type.iommu_ops`. */
  readonly driver: virtio_iommu_c;
  /** The device on the guest's bus. */
  readonly device: VirtioIommuDevice;
  /** The request queue. */
  readonly queue: Virtqueue;
  readonly vmm: Vmm;
  readonly vfio: Vfio;
  readonly counters: VirtioCounters;
  /**
   * Assigns a device to the guest, as endpoint `id`; to be done before it is probed.
   * @returns its DMA
   * @throws RangeError when there is an endpoint of that number
   */
  add_endpoint(dev: device, id: number, resv_regions?: readonly ResvRegion[]): DeviceDma;
  /** Takes it away again, and with it all that is pinned for it; to be done after it was released. */
  remove_endpoint(dev: device): void;
  /** Unbinds the driver. */
  remove(): void;
}

/**
 * @throws OptionError for an option that it does not have, or a value out of range; Error when the driver does not accept the device
 */
export function new_virtio_iommu(
  k: machine,
  iommu: iommu_c,
  dma_iommu: Pick<
    dma_iommu_h,
    'iommu_get_dma_cookie' | 'iommu_put_dma_cookie' | 'iommu_setup_dma_ops'
  > &
    Partial<Pick<dma_iommu_h, 'iommu_dma_get_resv_regions'>>,
  options: virtio_iommu_options = {},
): virtio_iommu {
  check_options('new_virtio_iommu', options, OPTIONS);
  const events = new VirtioEvents(options.hooks);
  const vfio = new Vfio(k.mm, k.faults, events, options);
  const config = {
    pageSizeMask: options.pageSizeMask ?? ALL_PAGE_SIZES,
    inputRange: options.inputRange ?? ([0, 2 ** 48 - 1] as const),
    domainRange: options.domainRange ?? ([0, U32_MAX] as const),
    probeSize: options.probeSize ?? 512,
    mmio: options.mmio ?? true,
  };
  const state = new VmmDomains(config, vfio);
  const vmm = new Vmm(state, k.faults, events);

  const driver = new (options.driver ?? virtio_iommu_c)(k, iommu, dma_iommu);
  const device = new VirtioIommuDevice(
    k,
    vmm,
    virtio_iommu_c.features,
    events,
    options.queues,
    options.features ?? offeredFeatures(config),
  );
  check(driver.probe(device), 'viommu_probe');

  const event_queue = device.queue(1);
  const ids = new Map<device, number>();
  return {
    driver,
    device,
    queue: device.queue(0),
    vmm,
    vfio,
    counters: events.counters,
    add_endpoint: (dev, id, resv_regions = []) => {
      check_value('add_endpoint', 'id', id, whole(0, U32_MAX));
      const endpoint = state.addEndpoint(id, resv_regions);
      driver.iommu_fwspec_init(dev, device.fwnode, [id]);
      ids.set(dev, id);
      return new DeviceDma(endpoint, k.mm, (...fault) => {
        vmm.reportFault(event_queue, ...fault);
      });
    },
    remove_endpoint: (dev) => {
      const id = ids.get(dev);
      if (id === undefined) return;
      ids.delete(dev);
      driver.iommu_fwspec_free(dev);
      state.removeEndpoint(id);
    },
    remove: () => {
      driver.remove(device);
    },
  };
}
