// SPDX-License-Identifier: GPL-2.0-only
// Maps a page for a device through the table driver; the device writes to it, and faults once it is unmapped.
const shim = require('@iommu-bounce/linux-shim');
const core = require('@iommu-bounce/iommu-core');
const { dma_write } = require('@iommu-bounce/iommu-core/testing');

const k = new shim.machine();
const iommu = new core.iommu_c(k);
const bus = new shim.bus_type('platform');
bus.iommu_ops = new core.table_driver(k, iommu, new core.dma_iommu_h_stubs());
const nic = Object.assign(new shim.device('nic'), { bus });
iommu.iommu_probe_device(nic);
const domain = iommu.iommu_domain_alloc(bus);
iommu.iommu_attach_device(domain, nic);

const page = k.page_alloc.alloc_pages(shim.GFP_KERNEL, 0);
iommu.iommu_map(domain, 0x10000, shim.page_to_phys(page), 4096, core.IOMMU_WRITE);
console.log('mapped  ', dma_write(k, nic, domain, 0x10000, Buffer.from('hello'), 5));
iommu.iommu_unmap(domain, 0x10000, 4096);
console.log('unmapped', dma_write(k, nic, domain, 0x10000, Buffer.from('hello'), 5));
