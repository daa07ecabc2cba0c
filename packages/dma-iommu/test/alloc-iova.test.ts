// SPDX-License-Identifier: GPL-2.0-only
// Tests of taking and freeing addresses: limits, alignment, rounding, MSI cookies.

import { expect } from 'chai';
import { DMA_BIT_MASK, PAGE_SIZE, dma_addr_t } from '@iommu-bounce/linux-shim';
import { new_device, new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_DOMAIN_UNMANAGED, iommu_domain } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { STATES, wiring } from '@iommu-bounce/dma-iommu/testing';

const ALL = DMA_BIT_MASK(64);

describe('__iommu_dma_alloc_iova', () => {
  const { wire } = wiring();

  it('takes the highest address that all limits allow', () => {
    for (const [mask_bits, bus_dma_limit, aperture_end, expected] of [
      [64, 0, 2 ** 40 - 1, 2 ** 40],
      [36, 0, 2 ** 40 - 1, 2 ** 36],
      [36, 2 ** 34 - 1, 2 ** 40 - 1, 2 ** 34],
      [64, 2 ** 34 - 1, 2 ** 33 - 1, 2 ** 33],
      [20, 0, 2 ** 40 - 1, 2 ** 20],
    ] as const) {
      const w = wire({ driver: { aperture: [0, aperture_end] } });
      const dev = new_device({ bus_dma_limit });
      const domain = w.plug(dev);
      const at = w.dma_iommu.__iommu_dma_alloc_iova(
        domain,
        PAGE_SIZE,
        DMA_BIT_MASK(mask_bits),
        dev,
      );
      expect(at).to.equal(expected - PAGE_SIZE);
      w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, PAGE_SIZE, null);
    }
  });

  it('goes beyond an aperture that the driver does not force', () => {
    const w = wire({ driver: { aperture: [0, 2 ** 33 - 1] } });
    const dev = new_device();
    const domain = w.plug(dev);
    domain.geometry.force_aperture = false;
    const at = w.dma_iommu.__iommu_dma_alloc_iova(domain, PAGE_SIZE, DMA_BIT_MASK(36), dev);
    expect(at).to.equal(2 ** 36 - PAGE_SIZE);
    w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, PAGE_SIZE, null);
  });

  it('takes no limit of 0 for one', () => {
    const w = wire();
    const dev = new_device({ bus_dma_limit: 2 ** 30 - 1 });
    const domain = w.plug(dev);
    const at = w.dma_iommu.__iommu_dma_alloc_iova(domain, PAGE_SIZE, 0, dev);
    expect(at).to.equal(2 ** 30 - PAGE_SIZE);
    w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, PAGE_SIZE, null);
  });

  it('looks below 4 GiB first for a PCI device, then above', () => {
    const w = wire({ driver: { aperture: [2 ** 32 - 0x4000, 2 ** 40 - 1] } });
    const dev = new_pci_dev();
    const domain = w.plug(dev);
    const taken = [1, 2, 3].map(() => w.dma_iommu.__iommu_dma_alloc_iova(domain, 0x2000, ALL, dev));
    expect(taken).to.eql([2 ** 32 - 0x2000, 2 ** 32 - 0x4000, 2 ** 40 - 0x2000]);
    for (const at of taken) w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, 0x2000, null);
  });

  it('goes above 4 GiB for a PCI device before it empties the range caches', () => {
    const w = wire({ driver: { aperture: [2 ** 32 - 0x4000, 2 ** 40 - 1] } });
    const dev = new_pci_dev();
    const domain = w.plug(dev);
    const take = (size: number): dma_addr_t =>
      w.dma_iommu.__iommu_dma_alloc_iova(domain, size, ALL, dev);
    const free = (at: dma_addr_t, size: number): void => {
      w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, size, null);
    };
    const [kept, cached] = [take(0x2000), take(0x2000)];
    free(cached, 0x2000); // into the cache of two pages, where one page does not look
    const at = take(PAGE_SIZE);
    expect(at).to.equal(2 ** 40 - PAGE_SIZE);
    free(at, PAGE_SIZE);
    free(kept, 0x2000);
  });

  it('rounds up to a power of two what the range caches would take, up to 31 pages', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    for (const [pages, taken] of [
      [1, 1],
      [3, 4],
      [17, 32],
      [31, 32],
      [32, 32],
      [33, 33],
      [100, 100],
    ] as const) {
      const size = pages * PAGE_SIZE;
      const at = w.dma_iommu.__iommu_dma_alloc_iova(domain, size, DMA_BIT_MASK(32), dev);
      const range = w.iova.find_iova(to_cookie(domain).iovad, at / PAGE_SIZE);
      expect((range?.pfn_hi ?? 0) - (range?.pfn_lo ?? 0) + 1).to.equal(taken);
      expect(at % (2 ** Math.ceil(Math.log2(pages)) * PAGE_SIZE)).to.equal(0);
      w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, size, null);
    }
  });

  it('gives 0 when nothing is left', () => {
    const w = wire({ driver: { aperture: [0x1000, 0x2fff] } });
    const dev = new_device();
    const domain = w.plug(dev);
    const take = (): dma_addr_t => w.dma_iommu.__iommu_dma_alloc_iova(domain, PAGE_SIZE, ALL, dev);
    const taken = [take(), take()];
    expect(taken).to.eql([0x2000, 0x1000]);
    expect(take()).to.equal(0);
    for (const at of taken)
      w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, PAGE_SIZE, null);
    expect(take()).to.equal(0x1000);
  });

  it('counts upwards, and back, for an MSI cookie', () => {
    const w = wire();
    const dev = new_device();
    const domain = new iommu_domain();
    domain.type = IOMMU_DOMAIN_UNMANAGED;
    w.dma_iommu.iommu_get_msi_cookie(domain, dma_addr_t(0x8000));
    const take = (): dma_addr_t => w.dma_iommu.__iommu_dma_alloc_iova(domain, PAGE_SIZE, 0, dev);
    expect([take(), take()]).to.eql([0x8000, 0x9000]);
    w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), dma_addr_t(0x9000), PAGE_SIZE, null);
    expect(take()).to.equal(0x9000);
    w.dma_iommu.iommu_put_dma_cookie(domain);
  });
});

describe('the flush queue of a domain', () => {
  const { wire } = wiring();

  for (const patches of STATES)
    it(`keeps freed addresses for 10 ms and up to a tick, then flushes once and frees them (patches: ${String(patches)})`, () => {
      const w = wire({ patches, strict: false, driver: { aperture: [0x1000, 0x2fff] } });
      const dev = new_device();
      w.plug(dev);
      const p = w.buffer();
      for (let i = 0; i < 2; i++) w.unmap(dev, w.map(dev, p, 0, PAGE_SIZE, 1), PAGE_SIZE, 1);
      expect(w.map(dev, p, 0, PAGE_SIZE, 1)).to.equal(ALL); // both pages wait
      expect(w.flushes).to.equal(0);
      expect(w.syncs).to.equal(0);
      w.k.timers.advance(10);
      expect(w.flushes).to.equal(0);
      w.k.timers.advance(1);
      expect(w.flushes).to.equal(1);
      const at = w.map(dev, p, 0, PAGE_SIZE, 1);
      expect(at).not.to.equal(ALL);
      w.unmap(dev, at, PAGE_SIZE, 1);
    });

  for (const patches of [3, 4] as const)
    it(`frees the page table pages that wait, at the flush and at the end (patches: ${String(patches)})`, () => {
      const w = wire({ patches, strict: false });
      const dev = new_device();
      const domain = w.plug(dev);
      const chain = (): ReturnType<typeof w.buffer> => {
        const [first, second] = [0, 0].map(() => w.k.page_alloc.alloc_pages(0, 0));
        if (!first || !second) throw new Error('no pages');
        first.freelist = second;
        second.freelist = null;
        return first;
      };
      const free = (): void => {
        const at = w.dma_iommu.__iommu_dma_alloc_iova(domain, PAGE_SIZE, ALL, dev);
        w.dma_iommu.__iommu_dma_free_iova(to_cookie(domain), at, PAGE_SIZE, chain());
      };
      const before = w.k.page_alloc.pages_in_use;
      free();
      expect(w.k.page_alloc.pages_in_use).to.equal(before + 2);
      w.k.timers.advance(11);
      expect(w.k.page_alloc.pages_in_use).to.equal(before);
      free(); // taken care of when the domain goes, before the leak check
    });
});
