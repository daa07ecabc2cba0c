// SPDX-License-Identifier: GPL-2.0-only
// What the tests of the IOMMU core share: a driver of spies, and a machine's table driver with a bus.

import { expect } from 'chai';
import {
  type device,
  type dma_addr_t,
  type machine,
  bus_type,
  dma_addr_t as to_dma_addr,
  deref,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_UNMANAGED,
  iommu_c,
  iommu_domain,
  type iommu_group,
  type iommu_iotlb_gather,
  type iommu_params,
} from '@iommu-bounce/iommu-core';
import {
  table_driver,
  type table_driver_options,
  type table_listener,
} from '@iommu-bounce/iommu-core';
import sinon from 'sinon';

/** The DMA API's side, which gives every domain its cookie. */
export function new_dma_iommu() {
  return {
    iommu_get_dma_cookie: sinon.fake.returns(0),
    iommu_put_dma_cookie: sinon.fake(),
    iommu_setup_dma_ops: sinon.fake(),
  };
}

/** The core and the table driver on a bus. */
export function new_iommu(
  k: machine,
  { strict, passthrough, ...options }: table_driver_options & iommu_params = {},
  listener: table_listener = {},
) {
  const iommu = new iommu_c(k, {
    ...(strict === undefined ? {} : { strict }),
    ...(passthrough === undefined ? {} : { passthrough }),
  });
  const dma_iommu = new_dma_iommu();
  const driver = new table_driver(k, iommu, dma_iommu, options, listener);
  const bus = new bus_type('platform');
  bus.iommu_ops = driver;
  const add_device = (name = 'nic'): device => new_device({ name, bus });
  return { k, iommu, dma_iommu, driver, bus, add_device };
}

/** The group of a device that has one. */
export const group_of = (dev: device): iommu_group => deref(dev.iommu_group) as iommu_group;

/** Two devices of one group, the second one probed after the first. */
export function two_in_a_group(k: machine) {
  const all = new_iommu(k);
  const [first, second] = [all.add_device('first'), all.add_device('second')];
  expect(all.iommu.iommu_probe_device(first)).to.equal(0);
  const group = group_of(first);
  all.driver.share_group(second, group);
  expect(all.iommu.iommu_probe_device(second)).to.equal(0);
  const release = (): void => {
    all.iommu.iommu_release_device(first);
    all.iommu.iommu_release_device(second);
  };
  return { ...all, first, second, group, release };
}

/** A driver whose callbacks do nothing but succeed and are spied on; `unmap` unmaps what it is told to. */
export function spied_ops(pgsize_bitmap: number) {
  return {
    domain_alloc: sinon.fake((_type: number): iommu_domain | null => new iommu_domain()),
    domain_free: sinon.fake(),
    attach_dev: sinon.fake.returns(0),
    detach_dev: sinon.fake(),
    map: sinon.fake.returns(0),
    unmap: sinon.fake(
      (_domain: iommu_domain, _iova: dma_addr_t, size: number, _gather: iommu_iotlb_gather) => size,
    ),
    flush_iotlb_all: sinon.fake(),
    iotlb_sync_map: sinon.fake(),
    iotlb_sync: sinon.fake(),
    pgsize_bitmap,
  };
}

export type spied_ops = ReturnType<typeof spied_ops>;

/** A domain of such a driver, ready for map and unmap. */
export function spied_domain(iommu: iommu_c, ops: object): iommu_domain {
  const bus = new bus_type('platform');
  bus.iommu_ops = ops;
  const domain = deref(iommu.iommu_domain_alloc(bus));
  domain.type = IOMMU_DOMAIN_UNMANAGED;
  return domain;
}

/** Address, physical address and size of each call of a map callback; address and size of an unmap's. */
export function calls(fake: sinon.SinonSpy, ...args: number[]): number[][] {
  return fake.args.map((call: unknown[]) => args.map((i) => call[i] as number));
}

export const iova = to_dma_addr;
