// SPDX-License-Identifier: GPL-2.0-only
// Tests of what stands in for dma-iommu.c in a kernel without it.

import { expect } from 'chai';
import {
  ENODEV,
  bus_type,
  list_empty,
  list_head,
  msi_desc,
  msi_msg,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { leak_checked, new_device } from '@iommu-bounce/linux-shim/testing';
import {
  dma_iommu_h_stubs,
  iommu_c,
  iommu_domain,
  type iommu_resv_region,
} from '@iommu-bounce/iommu-core';
import { table_driver } from '@iommu-bounce/iommu-core';
import { iova } from './new-iommu';

describe('dma_iommu_h_stubs', () => {
  const { boot_machine } = leak_checked();
  const stubs = new dma_iommu_h_stubs();

  it('have no cookie to give', () => {
    const domain = new iommu_domain();
    expect(stubs.iommu_get_dma_cookie(domain)).to.equal(-ENODEV);
    expect(stubs.iommu_get_msi_cookie(domain, iova(0))).to.equal(-ENODEV);
    stubs.iommu_put_dma_cookie(domain);
    expect(domain.iova_cookie).to.equal(null);
  });

  it('leave a device on the DMA operations it has', () => {
    const dev = new_device();
    stubs.iommu_setup_dma_ops(dev, iova(0), 2 ** 32);
    expect(dev.dma_ops).to.equal(null);
  });

  it('leave an MSI as it is, and call that success', () => {
    const desc = new msi_desc(new_device());
    const msg = Object.assign(new msi_msg(), { address_lo: 0xfee00000, address_hi: 1, data: 2 });
    expect(stubs.iommu_dma_prepare_msi(desc, phys_addr_t(0xfee00000))).to.equal(0);
    stubs.iommu_dma_compose_msi_msg(desc, msg);
    expect(msg).to.deep.include({ address_lo: 0xfee00000, address_hi: 1, data: 2 });
    expect(desc.iommu_cookie).to.equal(null);
  });

  it('reserve nothing', () => {
    const list = new list_head<iommu_resv_region>();
    stubs.iommu_dma_get_resv_regions(new_device(), list);
    expect(list_empty(list)).to.equal(true);
  });

  it('leave a driver without domains for the DMA API, not without others', () => {
    const k = boot_machine();
    const iommu = new iommu_c(k);
    const bus = new bus_type('platform');
    bus.iommu_ops = new table_driver(k, iommu, stubs);
    const dev = new_device({ bus });
    expect(iommu.iommu_probe_device(dev)).to.equal(0);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(null);
    const domain = iommu.iommu_domain_alloc(bus) ?? expect.fail();
    expect(iommu.iommu_attach_device(domain, dev)).to.equal(0);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(domain);
    iommu.iommu_detach_device(domain, dev);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(null);
    iommu.iommu_release_device(dev);
  });
});
