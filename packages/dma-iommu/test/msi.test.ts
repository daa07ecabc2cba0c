// SPDX-License-Identifier: GPL-2.0-only
// Tests of MSI doorbells: their pages in a domain, and the messages that point there.

import { expect } from 'chai';
import {
  DMA_BIT_MASK,
  ENOMEM,
  dma_addr_t,
  msi_desc,
  msi_msg,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { for_each_failure, new_device } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_MMIO, IOMMU_NOEXEC, IOMMU_RESV_MSI, IOMMU_WRITE } from '@iommu-bounce/iommu-core';
import { to_table_domain } from '@iommu-bounce/iommu-core';
import { STATES, type wired, wiring } from '@iommu-bounce/dma-iommu/testing';

const DOORBELL = phys_addr_t(2 ** 40 + 0xfee00040);

/** The address in a message composed for a doorbell, [high, low]. */
function message(w: wired, desc: msi_desc): [number, number] {
  const msg = new msi_msg();
  msg.address_hi = 2 ** 8;
  msg.address_lo = 0xfee00040;
  w.dma_iommu.iommu_dma_compose_msi_msg(desc, msg);
  return [msg.address_hi, msg.address_lo];
}

for (const patches of STATES)
  describe(`iommu_dma_prepare_msi (patches: ${String(patches)})`, () => {
    const { wire } = wiring();

    it('maps the page of a doorbell once', () => {
      const w = wire({ patches });
      const dev = new_device({ dma_mask: DMA_BIT_MASK(48) });
      const domain = w.plug(dev);
      const [first, second] = [new msi_desc(dev), new msi_desc(dev)];
      expect(w.dma_iommu.iommu_dma_prepare_msi(first, DOORBELL)).to.equal(0);
      const again = phys_addr_t(DOORBELL + 0x40);
      expect(w.dma_iommu.iommu_dma_prepare_msi(second, again)).to.equal(0);
      expect(second.iommu_cookie).to.equal(first.iommu_cookie);
      const iova = 2 ** 48 - 4096;
      expect(w.take()).to.eql([['map', iova, 4096, IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO]]);
      expect(domain.table.iova_to_phys(dma_addr_t(iova))).to.equal(DOORBELL - 0x40);
      expect(message(w, first)).to.eql([0xffff, 0xfffff040]);
    });

    it('finds the pages of a hardware MSI region', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.driver.set_resv_regions(dev, [{ start: 0xfee00000, length: 0x1000, type: IOMMU_RESV_MSI }]);
      w.plug(dev);
      const desc = new msi_desc(dev);
      expect(w.dma_iommu.iommu_dma_prepare_msi(desc, phys_addr_t(0xfee00040))).to.equal(0);
      expect(w.take()).to.eql([]);
      expect(message(w, desc)).to.eql([0, 0xfee00040]);
    });

    it('counts the pages of a hardware MSI region in an int, so that one of 16 TiB has none', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.driver.set_resv_regions(dev, [{ start: 0, length: 2 ** 44, type: IOMMU_RESV_MSI }]);
      const before = w.k.usage().allocations;
      w.plug(dev);
      expect(w.k.usage().allocations - before).to.be.lessThan(100);
    });

    it('leaves messages alone where there is no cookie', () => {
      const w = wire({ patches });
      const desc = new msi_desc(new_device());
      expect(w.dma_iommu.iommu_dma_prepare_msi(desc, DOORBELL)).to.equal(0);
      expect(desc.iommu_cookie).to.equal(null);
      expect(message(w, desc)).to.eql([2 ** 8, 0xfee00040]);
    });

    it('warns of a message that was not prepared', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      expect(message(w, new msi_desc(dev))).to.eql([2 ** 8, 0xfee00040]);
      expect(w.k.log.warnings).to.equal(1);
    });

    it('gives back what it took when it fails', () => {
      for (const [site, count] of [
        ['kmalloc', 1],
        ['iova_alloc', 2],
        ['iommu_map', 1],
      ] as const) {
        const w = wire({ patches });
        const dev = new_device();
        w.plug(dev);
        const desc = new msi_desc(dev);
        const { allocations } = w.k.usage();
        w.k.faults.fail(site, count);
        expect(w.dma_iommu.iommu_dma_prepare_msi(desc, DOORBELL)).to.equal(-ENOMEM);
        expect(desc.iommu_cookie).to.equal(null);
        const cached = site === 'iommu_map' ? 1 : 0; // the address, in the range cache
        expect(w.k.usage().allocations).to.equal(allocations + cached);
        expect(w.dma_iommu.iommu_dma_prepare_msi(desc, DOORBELL)).to.equal(0);
      }
    });

    it('counts pages up in a domain with an MSI cookie only', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      const own = w.iommu.iommu_domain_alloc(dev.bus);
      if (!own) throw new Error('no domain');
      expect(w.dma_iommu.iommu_get_msi_cookie(own, dma_addr_t(0x8000000))).to.equal(0);
      expect(w.iommu.iommu_attach_device(own, dev)).to.equal(0);
      const [a, b] = [new msi_desc(dev), new msi_desc(dev)];
      const failures = for_each_failure(
        w.k,
        'iommu_map',
        () => w.dma_iommu.iommu_dma_prepare_msi(a, DOORBELL),
        (failed, ret) => {
          expect(ret).to.equal(failed ? -ENOMEM : 0);
        },
      );
      expect(failures).to.equal(1);
      w.dma_iommu.iommu_dma_prepare_msi(b, phys_addr_t(0x1000));
      expect(message(w, a)).to.eql([0, 0x8000040]);
      expect(message(w, b)).to.eql([0, 0x8001040]);
      expect(to_table_domain(own).table.mapped_pages).to.equal(2);
      w.iommu.iommu_detach_device(own, dev);
      w.iommu.iommu_domain_free(own);
    });
  });
