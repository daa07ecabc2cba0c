// SPDX-License-Identifier: GPL-2.0-only
// Maps a page for a device through the table driver; the device writes to it, and faults once it is unmapped.
'use strict';
const shim = require('@iommu-bounce/linux-shim');
const { IOMMU_WRITE, wire_iommu } = require('@iommu-bounce/iommu-core');
const { dma_write } = require('@iommu-bounce/iommu-core/testing');

const { k, iommu, attach } = wire_iommu();
const nic = new shim.device('nic');
const domain = attach(nic);
const page = shim.check_ptr(k.page_alloc.alloc_pages(shim.GFP_KERNEL, 0), 'alloc_pages');
const iova = shim.to_dma_addr(0x10000);
const hello = new TextEncoder().encode('hello');

const ret = iommu.iommu_map(domain, iova, shim.page_to_phys(page), 4096, IOMMU_WRITE);
shim.check(ret, 'iommu_map');
console.log('mapped  ', dma_write(k, nic, domain, iova, hello, 5));
iommu.iommu_unmap(domain, iova, 4096);
console.log('unmapped', dma_write(k, nic, domain, iova, hello, 5));
