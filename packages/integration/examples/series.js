// SPDX-License-Identifier: GPL-2.0-only
// A machine after all four patches: the second mapping of a size leaves the IOMMU alone.
const { boot, plug, pool_of, IO_BUFFER_Y } = require('@iommu-bounce/integration');
const { io_buffer_pool_stats } = require('@iommu-bounce/io-buffer-pool');
const { bus_type, device, DMA_FROM_DEVICE } = require('@iommu-bounce/linux-shim');

const m = boot({
  patches: 4,
  config: IO_BUFFER_Y,
  machine: { memory: { nodes: [{ lowmem_pages: 4096 }], reserved_pages: 1 } },
});
const nvme = new device('nvme0');
nvme.bus = new bus_type('platform');
const pool = pool_of(plug(m, nvme));
let maps = 0;
m.iommu.set_trace({ trace_map: () => maps++ });
for (let i = 0; i < 1000; i++) {
  const addr = m.k.dma.dma_map_page_attrs(
    nvme,
    m.k.mm.pfn_to_page(m.k.reserved_pfn),
    0,
    4096,
    DMA_FROM_DEVICE,
    0,
  );
  m.k.dma.dma_unmap_page_attrs(nvme, addr, 4096, DMA_FROM_DEVICE, 0);
}
console.log(
  `1000 mappings, ${maps} of them reached the IOMMU; ${io_buffer_pool_stats(pool)[0].wo} buffer cached`,
);
