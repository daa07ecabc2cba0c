// SPDX-License-Identifier: GPL-2.0-only
// Tests of a device's accesses through its domain: all or nothing, by permission, register space.

import { expect } from 'chai';
import { phys_addr_t } from '@iommu-bounce/linux-shim';
import { fill_pattern, leak_checked, pattern, read_bytes } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_CACHE, IOMMU_READ, IOMMU_WRITE, iommu_domain } from '@iommu-bounce/iommu-core';
import { to_table_domain } from '@iommu-bounce/iommu-core';
import { dma_read, dma_write } from '@iommu-bounce/iommu-core/testing';
import { iova, new_iommu } from './new-iommu';

const K4 = 4096;
const RW = IOMMU_READ | IOMMU_WRITE;

describe('a device behind the table driver', () => {
  const { boot_machine } = leak_checked();

  const attached = () => {
    const all = new_iommu(boot_machine());
    const dev = all.add_device();
    all.iommu.iommu_probe_device(dev);
    const domain = to_table_domain(all.iommu.iommu_get_dma_domain(dev));
    const map = (page: number, pfn: number, n: number, prot: number): void => {
      const ret = all.iommu.iommu_map(domain, iova(page * K4), phys_addr_t(pfn * K4), n * K4, prot);
      expect(ret).to.equal(0);
    };
    const read = (at: number, len: number): Uint8Array | null =>
      dma_read(all.k, dev, domain, iova(at), len);
    const write = (at: number, data: Uint8Array): boolean =>
      dma_write(all.k, dev, domain, iova(at), data, data.length);
    const end = (): void => {
      all.iommu.iommu_release_device(dev);
    };
    return { ...all, dev, domain, map, read, write, end };
  };

  it('reads and writes across pages that are scattered in memory', () => {
    const { k, map, read, write, end } = attached();
    map(16, 40, 1, RW);
    map(17, 30, 1, RW);
    const data = pattern(300, 1);
    expect(write(17 * K4 - 100, data)).to.equal(true);
    expect(read_bytes(k, phys_addr_t(41 * K4 - 100), 100)).to.deep.equal(data.slice(0, 100));
    expect(read_bytes(k, phys_addr_t(30 * K4), 200)).to.deep.equal(data.slice(100));
    expect(read(17 * K4 - 100, 300)).to.deep.equal(data);
    end();
  });

  it('changes nothing when the last page of a write faults', () => {
    const { k, map, write, end } = attached();
    map(16, 40, 2, RW);
    const before = fill_pattern(k, phys_addr_t(40 * K4), 2 * K4, 2);
    expect(write(16 * K4, pattern(2 * K4 + 1, 3))).to.equal(false);
    expect(read_bytes(k, phys_addr_t(40 * K4), 2 * K4)).to.deep.equal(before);
    expect(write(16 * K4, pattern(2 * K4, 3))).to.equal(true);
    end();
  });

  it('tries a write without data and changes nothing', () => {
    const { k, dev, domain, map, end } = attached();
    map(16, 40, 1, RW);
    map(17, 41, 1, IOMMU_READ);
    const before = fill_pattern(k, phys_addr_t(40 * K4), K4, 6);
    const can_write = (at: number, len: number): boolean =>
      dma_write(k, dev, domain, iova(at), null, len);
    expect([can_write(16 * K4, K4), can_write(16 * K4, K4 + 1)]).to.deep.equal([true, false]);
    expect(read_bytes(k, phys_addr_t(40 * K4), K4)).to.deep.equal(before);
    end();
  });

  for (const [prot, readable, writable] of [
    [RW, true, true],
    [IOMMU_READ, true, false],
    [IOMMU_WRITE, false, true],
    [IOMMU_CACHE, false, false],
    [0, false, false],
  ] as const)
    it(`with permission ${String(prot)} ${readable ? 'reads' : 'cannot read'} and ${writable ? 'writes' : 'cannot write'}`, () => {
      const { map, read, write, end } = attached();
      map(16, 40, 1, prot);
      expect(read(16 * K4, 8) !== null).to.equal(readable);
      expect(write(16 * K4, pattern(8, 4))).to.equal(writable);
      end();
    });

  it('faults where nothing is mapped, and where it is no more', () => {
    const { iommu, domain, map, read, end } = attached();
    expect(read(16 * K4, 1)).to.equal(null);
    map(16, 40, 1, RW);
    expect(read(16 * K4, 1)).not.to.equal(null);
    iommu.iommu_unmap(domain, iova(16 * K4), K4);
    expect(read(16 * K4, 1)).to.equal(null);
    end();
  });

  it('swallows writes to registers and reads ones from them, beside RAM too', () => {
    const { k, map, read, write, end } = attached();
    map(16, k.mm.max_pfn - 1, 2, RW);
    expect(write(17 * K4 - 4, new Uint8Array(8).fill(1))).to.equal(true);
    expect(read(17 * K4 - 4, 8)).to.deep.equal(
      new Uint8Array([1, 1, 1, 1, 0xff, 0xff, 0xff, 0xff]),
    );
    end();
  });

  it('reaches only what its own domain maps', () => {
    const { k, iommu, bus, dev, domain, map, read, end } = attached();
    map(16, 40, 1, RW);
    const other = to_table_domain(iommu.iommu_domain_alloc(bus) ?? expect.fail());
    iommu.iommu_attach_device(other, dev);
    expect(read(16 * K4, 1)).to.equal(null);
    iommu.iommu_map(other, iova(16 * K4), phys_addr_t(50 * K4), K4, RW);
    const bytes = fill_pattern(k, phys_addr_t(50 * K4), 8, 5);
    expect(dma_read(k, dev, other, iova(16 * K4), 8)).to.deep.equal(bytes);
    iommu.iommu_detach_device(other, dev);
    expect([read(16 * K4, 1) !== null, dma_read(k, dev, other, iova(16 * K4), 8)]).to.deep.equal([
      true,
      null,
    ]);
    end();
    expect(dma_write(k, dev, domain, iova(16 * K4), bytes, 8)).to.equal(false);
  });
});

describe('to_table_domain', () => {
  it('refuses a domain of another driver', () => {
    expect(() => to_table_domain(new iommu_domain())).to.throw(
      TypeError,
      'not a domain of the table driver',
    );
  });
});
