// SPDX-License-Identifier: GPL-2.0-only
// A machine with virtio-iommu, the VMM and VFIO behind it, in one call.

import { type device } from '@iommu-bounce/linux-shim';
import { an_object, check_options, type shape_of } from '@iommu-bounce/linux-shim/options';
import { dma_iommu_h_stubs } from './dma-iommu.h';
import type { iommu_domain } from './iommu.h';
import {
  type DeviceDma,
  new_virtio_iommu,
  type virtio_iommu,
  type virtio_iommu_options,
} from './virtio';
import {
  attach_probed,
  wire_core,
  type wire_iommu_options,
  wire_iommu_shape,
  wire_probe,
  type wired_iommu,
} from './wire';

export interface wire_virtio_iommu_options extends Omit<wire_iommu_options, 'driver'> {
  readonly virtio?: virtio_iommu_options;
}

export interface wired_virtio_iommu extends Omit<wired_iommu, 'attach'> {
  readonly virtio: virtio_iommu;
  /**
   * Assigns a device as endpoint 1, 2, 3 …, probes it, and attaches it to a domain of its own, which the caller maps.
   * @returns the domain, and the device's own reads and writes
   * @throws Error with the error number when that fails
   */
  readonly attach: (dev: device) => { readonly domain: iommu_domain; readonly dma: DeviceDma };
}

const { machine, strict, passthrough } = wire_iommu_shape;
const shape: shape_of<wire_virtio_iommu_options> = {
  machine,
  strict,
  passthrough,
  virtio: an_object,
};

/**
 * Puts a machine with virtio-iommu together.
 * @throws OptionError for an option that it does not have, or a value out of range
 */
export function wire_virtio_iommu(options: wire_virtio_iommu_options = {}): wired_virtio_iommu {
  check_options('wire_virtio_iommu', options, shape);
  const { k, iommu } = wire_core(options);
  const virtio = new_virtio_iommu(k, iommu, new dma_iommu_h_stubs(), options.virtio);
  let endpoints = 0;
  return {
    k,
    iommu,
    virtio,
    driver: virtio.driver,
    attach: (dev) => {
      const dma = virtio.add_endpoint(dev, ++endpoints);
      wire_probe(iommu, virtio.driver, dev);
      return { domain: attach_probed(iommu, dev), dma };
    },
  };
}
