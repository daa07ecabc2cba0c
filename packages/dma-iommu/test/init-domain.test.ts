// SPDX-License-Identifier: GPL-2.0-only
// Tests of setting up a device's DMA operations: ranges, repeated set-up, the flush queue, reserved regions, failures.

import { expect } from 'chai';
import { DMA_BIT_MASK, type device, dma_addr_t, type machine } from '@iommu-bounce/linux-shim';
import { for_each_failure, new_device, new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_RESV_DIRECT,
  IOMMU_RESV_MSI,
  IOMMU_RESV_RESERVED,
  IOMMU_RESV_SW_MSI,
  type iommu_domain,
  type iommu_group,
} from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { STATES, type wired, wiring } from '@iommu-bounce/dma-iommu/testing';

function warnings(k: machine): string[] {
  return k.log.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
}

/** A device that was plugged in, before its operations are set; the cookie is to be put back. */
function without_cookie(w: wired): {
  dev: device;
  domain: iommu_domain;
  cookie: iommu_domain['iova_cookie'];
} {
  const dev = new_device();
  const domain = w.plug(dev);
  dev.dma_ops = null;
  const cookie = domain.iova_cookie;
  domain.iova_cookie = null;
  return { dev, domain, cookie };
}

const RETAINED = 'Failed to set up IOMMU for device test-device; retaining platform DMA ops';

for (const patches of STATES)
  describe(`iommu_setup_dma_ops (patches: ${String(patches)})`, () => {
    const { wire } = wiring();

    it('translates a device of a DMA domain', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      expect(dev.dma_ops).not.to.equal(null);
      expect(to_cookie(domain).iovad.granule).to.equal(4096);
      expect(to_cookie(domain).iovad.start_pfn).to.equal(1);
    });

    it('leaves a device without a group alone, and says so', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 32);
      expect(dev.dma_ops).to.equal(null);
      expect(warnings(w.k)).to.eql([RETAINED]);
    });

    it('leaves a device of another kind of domain alone, silently', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      dev.dma_ops = null;
      domain.type = IOMMU_DOMAIN_UNMANAGED;
      w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 32);
      expect(dev.dma_ops).to.equal(null);
      expect(warnings(w.k)).to.eql([]);
    });

    it('fails for a domain without a cookie of addresses', () => {
      const w = wire({ patches });
      const { dev, domain, cookie } = without_cookie(w);
      w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 48);
      expect(dev.dma_ops).to.equal(null);
      expect(warnings(w.k)).to.eql([RETAINED]);
      domain.iova_cookie = cookie;
    });

    it('fails for a domain whose cookie is one of MSIs', () => {
      const w = wire({ patches });
      const { dev, domain, cookie } = without_cookie(w);
      domain.type = IOMMU_DOMAIN_UNMANAGED;
      w.dma_iommu.iommu_get_msi_cookie(domain, dma_addr_t(0x8000));
      domain.type = IOMMU_DOMAIN_DMA;
      w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 48);
      expect(dev.dma_ops).to.equal(null);
      expect(warnings(w.k)).to.eql([RETAINED]);
      w.dma_iommu.iommu_put_dma_cookie(domain);
      domain.iova_cookie = cookie;
    });

    it('does not ask for the aperture where the driver does not force one', () => {
      const w = wire({ patches, driver: { aperture: [0x10000, 0x1ffff] } });
      const dev = new_device();
      const domain = w.plug(dev);
      const set_up = (base: number): string[] => {
        w.k.log.lines.length = 0;
        w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(base), 0x1000);
        return warnings(w.k);
      };
      const outside = 'specified DMA range outside IOMMU capability';
      expect(set_up(0x20000)).to.eql([outside, RETAINED]);
      domain.geometry.force_aperture = false;
      expect(set_up(0x20000)).to.eql(['Incompatible range for DMA domain', RETAINED]);
      expect(set_up(0x10000)).to.eql([]);
    });

    it('refuses a range outside of the aperture', () => {
      const w = wire({ patches, driver: { aperture: [0x10000, 0x1ffff] } });
      const dev = new_device();
      w.plug(dev);
      for (const [base, size, fits] of [
        [0x20000, 0x1000, false],
        [0x1ffff, 0x1000, true],
        [0, 0x10000, false],
        [0, 0x10001, true],
      ] as const) {
        dev.dma_ops = null;
        w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(base), size);
        const outside = warnings(w.k).includes('specified DMA range outside IOMMU capability');
        expect(outside, `${String(base)} ${String(size)}`).to.equal(!fits);
        w.k.log.lines.length = 0;
      }
    });

    it('starts at the aperture, and at frame 1 at the least', () => {
      for (const [start, frame] of [
        [0, 1],
        [0x1000, 1],
        [0x5000, 5],
      ] as const) {
        const w = wire({ patches, driver: { aperture: [start, 2 ** 32 - 1] } });
        const cookie = to_cookie(w.plug(new_device()));
        expect(cookie.iovad.start_pfn).to.equal(frame);
      }
    });

    it('accepts the same range again and no other', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      dev.dma_ops = null;
      w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0x1000), 2 ** 48);
      expect(dev.dma_ops).not.to.equal(null);
      dev.dma_ops = null;
      w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0x2000), 2 ** 48);
      expect(dev.dma_ops).to.equal(null);
      expect(warnings(w.k)).to.eql(['Incompatible range for DMA domain', RETAINED]);
    });

    it('refuses a domain whose pages have become of another size', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      dev.dma_ops = null;
      domain.pgsize_bitmap = 1024;
      w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 48);
      expect(dev.dma_ops).to.equal(null);
    });

    it('uses the flush queue if it may, if the driver can flush and the device is trusted', () => {
      for (const strict of [false, true])
        for (const has_flush_all of [false, true])
          for (const untrusted of [false, true]) {
            const w = wire({ patches, strict, driver: { has_flush_all } });
            const dev = new_pci_dev({ untrusted });
            const domain = w.plug(dev);
            const queued = to_cookie(domain).fq_domain === domain;
            expect(queued).to.equal(!strict && has_flush_all && !untrusted);
          }
    });

    it('does without the flush queue when there is no memory for it', () => {
      const w = wire({ patches, strict: false });
      w.k.faults.fail('percpu', 1, 6); // behind the six range caches
      const dev = new_device();
      expect(to_cookie(w.plug(dev)).fq_domain).to.equal(null);
      expect(dev.dma_ops).not.to.equal(null);
      expect(warnings(w.k)).to.eql(['iova flush queue initialization failed']);
    });

    it('keeps reserved regions free and enters the pages of a hardware MSI region', () => {
      const w = wire({ patches, driver: { aperture: [0, 0xffff] } });
      const dev = new_device();
      w.driver.set_resv_regions(dev, [
        { start: 0x2000, length: 0x2000, type: IOMMU_RESV_RESERVED },
        { start: 0x4000, length: 0x1000, type: IOMMU_RESV_SW_MSI },
        { start: 0x5800, length: 0x1000, type: IOMMU_RESV_MSI },
        { start: 0x8000, length: 0x8000, type: IOMMU_RESV_DIRECT },
      ]);
      const cookie = to_cookie(w.plug(dev));
      const reserved = (pfn: number): boolean => w.iova.find_iova(cookie.iovad, pfn) !== null;
      const frames = Array.from({ length: 16 }, (_, pfn) => pfn);
      expect(frames.filter(reserved)).to.eql([2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15]);
      const pages: [number, number][] = [];
      for (let at = cookie.msi_page_list.next; at !== cookie.msi_page_list; at = at.next)
        pages.push([at.owner?.iova ?? 0, at.owner?.phys ?? 0]);
      // Rounded to 0x5000, and then the length is rounded up: two pages, the last one first.
      expect(pages).to.eql([
        [0x6000, 0x6000],
        [0x5000, 0x5000],
      ]);
    });

    it('keeps the platform operations when the pages of the MSI region cannot be entered', () => {
      const w = wire({ patches });
      let dev: device = new_device();
      // A magazine that is missing is only noticed later; the passages behind the twelve are the two pages.
      const failures = for_each_failure(
        w.k,
        'kmalloc',
        () => {
          dev = new_device();
          w.driver.set_resv_regions(dev, [{ start: 0, length: 0x2000, type: IOMMU_RESV_MSI }]);
          dev.bus = w.platform;
          return w.iommu.iommu_probe_device(dev);
        },
        (failed, ret, n) => {
          const pages_failed = failed && n >= 16;
          if (ret === 0 && dev.iommu_group !== null) {
            const { default_domain } = dev.iommu_group as iommu_group;
            const set_up = default_domain !== null && !pages_failed;
            expect(dev.dma_ops !== null, `failure ${String(n)}`).to.equal(set_up);
          }
          w.iommu.iommu_release_device(dev);
        },
      );
      expect(failures).to.equal(18); // four for the group and the domain, twelve magazines, two pages
    });

    it('finding: does not reserve the regions of a further device of the domain', () => {
      const w = wire({ patches });
      const [dev, other] = [new_device(), new_device()];
      const cookie = to_cookie(w.plug(dev));
      w.driver.set_resv_regions(other, [
        { start: 0x2000, length: 4096, type: IOMMU_RESV_RESERVED },
      ]);
      w.plug(other, dev.iommu_group as iommu_group);
      expect(other.dma_ops).not.to.equal(null);
      expect(w.iova.find_iova(cookie.iovad, 2)).to.equal(null);
    });

    it('does not fail for want of a node to reserve a region', () => {
      const w = wire({ patches });
      w.k.faults.fail('iova_alloc', 1);
      const dev = new_device({ dma_mask: DMA_BIT_MASK(32) });
      w.driver.set_resv_regions(dev, [
        { start: 0x2000, length: 0x1000, type: IOMMU_RESV_RESERVED },
      ]);
      const cookie = to_cookie(w.plug(dev));
      expect(dev.dma_ops).not.to.equal(null);
      expect(w.iova.find_iova(cookie.iovad, 2)).to.equal(null);
    });
  });
