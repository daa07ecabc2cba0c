// SPDX-License-Identifier: GPL-2.0-only
// Tests of the cookies that a domain carries for the DMA API, and of the initcall and its parameter.

import { expect } from 'chai';
import {
  DMA_BIT_MASK,
  EEXIST,
  EINVAL,
  ENOMEM,
  dma_addr_t,
  list_empty,
  list_head,
} from '@iommu-bounce/linux-shim';
import { for_each_failure, new_device, new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_UNMANAGED,
  iommu_domain,
  type iommu_resv_region,
} from '@iommu-bounce/iommu-core';
import {
  IOMMU_DMA_IOVA_COOKIE,
  IOMMU_DMA_MSI_COOKIE,
  dma_iommu_c,
  to_cookie,
} from '@iommu-bounce/dma-iommu';
import { STATES, wiring } from '@iommu-bounce/dma-iommu/testing';

function domain_of_type(type: number): iommu_domain {
  const domain = new iommu_domain();
  domain.type = type;
  return domain;
}

describe('iommu_get_dma_cookie', () => {
  const { wire } = wiring();

  for (const patches of STATES)
    it(`gives and takes a cookie once (patches: ${String(patches)})`, () => {
      const { dma_iommu } = wire({ patches });
      const domain = domain_of_type(IOMMU_DOMAIN_DMA);
      expect(dma_iommu.iommu_get_dma_cookie(domain)).to.equal(0);
      expect(to_cookie(domain).type).to.equal(IOMMU_DMA_IOVA_COOKIE);
      expect(dma_iommu.iommu_get_dma_cookie(domain)).to.equal(-EEXIST);
      dma_iommu.iommu_put_dma_cookie(domain);
      expect(domain.iova_cookie).to.equal(null);
      dma_iommu.iommu_put_dma_cookie(domain);
    });

  it('has a place for a pool from patch 4 on only', () => {
    for (const patches of STATES) {
      const { dma_iommu } = wire({ patches });
      const domain = domain_of_type(IOMMU_DOMAIN_DMA);
      dma_iommu.iommu_get_dma_cookie(domain);
      expect('bounce_buffers' in to_cookie(domain)).to.equal(patches === 4);
      dma_iommu.iommu_put_dma_cookie(domain);
    }
  });

  it('reports a lack of memory and leaves the domain without a cookie', () => {
    const { k, dma_iommu } = wire();
    const domain = domain_of_type(IOMMU_DOMAIN_DMA);
    const failures = for_each_failure(
      k,
      'kmalloc',
      () => dma_iommu.iommu_get_dma_cookie(domain),
      (failed, ret) => {
        expect(ret).to.equal(failed ? -ENOMEM : 0);
        if (failed) expect(domain.iova_cookie).to.equal(null);
        else dma_iommu.iommu_put_dma_cookie(domain);
      },
    );
    expect(failures).to.equal(1);
  });
});

describe('iommu_get_msi_cookie', () => {
  const { wire } = wiring();

  it('is for domains whose owner manages the addresses', () => {
    const { dma_iommu } = wire();
    const base = dma_addr_t(0x8000000);
    expect(dma_iommu.iommu_get_msi_cookie(domain_of_type(IOMMU_DOMAIN_DMA), base)).to.equal(
      -EINVAL,
    );
    const domain = domain_of_type(IOMMU_DOMAIN_UNMANAGED);
    expect(dma_iommu.iommu_get_msi_cookie(domain, base)).to.equal(0);
    expect(to_cookie(domain).type).to.equal(IOMMU_DMA_MSI_COOKIE);
    expect(to_cookie(domain).msi_iova).to.equal(base);
    expect(dma_iommu.iommu_get_msi_cookie(domain, base)).to.equal(-EEXIST);
    dma_iommu.iommu_put_dma_cookie(domain);
  });

  it('reports a lack of memory', () => {
    const { k, dma_iommu } = wire();
    k.faults.fail('kmalloc', 1);
    const domain = domain_of_type(IOMMU_DOMAIN_UNMANAGED);
    expect(dma_iommu.iommu_get_msi_cookie(domain, dma_addr_t(0x1000))).to.equal(-ENOMEM);
    expect(domain.iova_cookie).to.equal(null);
  });
});

describe('iommu_dma_get_resv_regions', () => {
  const { wire } = wiring();

  it('knows of no region on a machine without IORT', () => {
    const list = new list_head<iommu_resv_region>();
    wire().dma_iommu.iommu_dma_get_resv_regions(new_device(), list);
    expect(list_empty(list)).to.equal(true);
  });
});

describe('iommu.forcedac', () => {
  const { wire } = wiring();

  for (const [text, forced] of [
    ['1', true],
    ['y', true],
    ['on', true],
    ['0', false],
    ['maybe', false],
    [null, false],
  ] as const)
    it(`takes ${String(text)} for ${String(forced)}`, () => {
      const { k, dma_iommu } = wire({ params: { forcedac: text } });
      expect(dma_iommu.iommu_dma_forcedac).to.equal(forced);
      const told = k.log.lines.some(({ text: t }) => t === 'Forcing DAC for PCI devices');
      expect(told).to.equal(forced);
    });

  for (const patches of STATES)
    it(`sends PCI devices above 4 GiB at once (patches: ${String(patches)})`, () => {
      for (const forced of [false, true]) {
        const w = wire({ patches, params: { forcedac: forced ? 'y' : 'n' } });
        const p = w.buffer();
        const fields = { dma_mask: DMA_BIT_MASK(48) };
        const [nvme, soc] = [new_pci_dev(fields), new_device(fields)];
        for (const dev of [nvme, soc]) w.plug(dev);
        const at = [nvme, soc].map((dev) => w.map(dev, p, 0, 4096, 1));
        expect((at[0] as number) > DMA_BIT_MASK(32)).to.equal(forced);
        expect((at[1] as number) > DMA_BIT_MASK(32)).to.equal(true);
        [nvme, soc].forEach((dev, i) => {
          w.unmap(dev, dma_addr_t(at[i] as number), 4096, 1);
        });
      }
    });
});

describe('the symbols of dma-iommu.o', () => {
  it('name functions that exist', () => {
    for (const name of [...dma_iommu_c.EXPORT_SYMBOL, ...dma_iommu_c.EXPORT_SYMBOL_GPL])
      expect(dma_iommu_c.symbols).to.include(name);
    for (const name of dma_iommu_c.symbols)
      if (name !== 'iommu_dma_forcedac') expect(dma_iommu_c.prototype).to.have.property(name);
    expect(dma_iommu_c.prototype).to.have.property(dma_iommu_c.arch_initcall);
    expect(dma_iommu_c.prototype).to.have.property(dma_iommu_c.early_param['iommu.forcedac']);
  });
});
