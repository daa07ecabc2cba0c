// SPDX-License-Identifier: GPL-2.0-only
// A typed use of iommu-core, compiled and run outside the repository.

import {
  GFP_KERNEL,
  bus_type,
  deref,
  device,
  dma_addr_t,
  machine,
  page_to_phys,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_WRITE,
  dma_iommu_h_stubs,
  iommu_c,
  type iommu_domain,
  table_driver,
  to_table_domain,
} from '@iommu-bounce/iommu-core';
import { dma_write } from '@iommu-bounce/iommu-core/testing';

const k = new machine();
const iommu: iommu_c = new iommu_c(k);
const bus = new bus_type('platform');
bus.iommu_ops = new table_driver(k, iommu, new dma_iommu_h_stubs());
const nic = new device('nic');
nic.bus = bus;
iommu.iommu_probe_device(nic);
const domain: iommu_domain = deref(iommu.iommu_domain_alloc(bus));
iommu.iommu_attach_device(domain, nic);
const iova = dma_addr_t(0x10000);
const page = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0));
const ret: number = iommu.iommu_map(domain, iova, page_to_phys(page), 4096, IOMMU_WRITE);
if (ret !== 0) throw new Error(`iommu_map: ${String(ret)}`);

export const written = (): boolean =>
  dma_write(k, nic, to_table_domain(domain), iova, new Uint8Array(4096), 4096);
if (!written()) throw new Error('the device could not write');
iommu.iommu_unmap(domain, iova, 4096);
if (written()) throw new Error('the device wrote to what was unmapped');
