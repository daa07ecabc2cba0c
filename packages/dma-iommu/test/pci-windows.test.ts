// SPDX-License-Identifier: GPL-2.0-only
// Tests of the addresses that a PCI host bridge takes away from its devices: its windows and what it cannot reach.

import { expect } from 'chai';
import {
  IORESOURCE_MEM,
  type pci_dev,
  type resource_entry,
  U64_MAX,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { type wired, wiring } from '@iommu-bounce/dma-iommu/testing';

const IORESOURCE_IO = 0x100;
const IORESOURCE_PREFETCH = 0x2000;

function entry(start: number, end: number, offset = 0, flags = IORESOURCE_MEM): resource_entry {
  return { res: { start: phys_addr_t(start), end: phys_addr_t(end), flags }, offset };
}

/** Frames 0..15 that nothing can be mapped to. */
function reserved(w: wired, dev: pci_dev): number[] {
  const { iovad } = to_cookie(w.plug(dev));
  return Array.from({ length: 16 }, (_, pfn) => pfn).filter((pfn) => w.iova.find_iova(iovad, pfn));
}

describe('iova_reserve_pci_windows', () => {
  const { wire } = wiring();

  it('reserves the memory windows at their bus addresses', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.windows.push(
      entry(0x2000, 0x2fff),
      entry(0x104000, 0x105fff, 0x100000, IORESOURCE_MEM | IORESOURCE_PREFETCH),
      entry(0x8000, 0x8fff, 0, IORESOURCE_IO),
    );
    expect(reserved(w, dev)).to.eql([2, 4, 5]);
  });

  it('reserves what lies before, between and behind the ranges that the bridge reaches', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0x2000, 0x4fff), entry(0x7000, 0x9fff));
    // The frame in which the next range begins is lost too: `end` is its first byte.
    expect(reserved(w, dev)).to.eql([0, 1, 2, 5, 6, 7, 10, 11, 12, 13, 14, 15]);
    expect(dev.dma_ops).not.to.equal(null);
  });

  it('subtracts the offset of a range', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0x101000, 0x10efff, 0x100000));
    expect(reserved(w, dev)).to.eql([0, 1, 15]);
  });

  it('reserves nothing behind a range that ends with the address space', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0x1000, 0x1fff), entry(U64_MAX, U64_MAX));
    const frames = reserved(w, dev);
    expect(frames).to.include.members([0, 1, 2, 15]);
    expect(dev.dma_ops).not.to.equal(null);
  });

  it('refuses ranges that are not sorted', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0x7000, 0x9fff), entry(0x2000, 0x4fff));
    w.plug(dev);
    expect(dev.dma_ops).to.equal(null);
    expect(w.k.log.lines.map(({ text }) => text)).to.include(
      '0000:00:01.0: Failed to reserve IOVA [0x000000000000a000-0x0000000000002000]',
    );
  });

  it('finding: a range that begins at 0 is taken for unsorted, and the device is not translated', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0, 0xffffffff));
    w.plug(dev);
    expect(dev.dma_ops).to.equal(null);
  });

  it('finding: ranges that touch are taken for unsorted', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0x1000, 0x1fff), entry(0x2000, 0x2fff));
    w.plug(dev);
    expect(dev.dma_ops).to.equal(null);
  });

  it('finding: the second set-up of a domain forgets that the first one failed', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0, 0xffffffff));
    const domain = w.plug(dev);
    expect(dev.dma_ops).to.equal(null);
    w.dma_iommu.iommu_setup_dma_ops(dev, domain.geometry.aperture_start, 2 ** 48);
    expect(dev.dma_ops).not.to.equal(null);
  });

  it('finding: a last range up to the top of the address space reserves all addresses', () => {
    const w = wire();
    const dev = new_pci_dev();
    dev.pci_bus.bridge.dma_ranges.push(entry(0x1000, U64_MAX));
    expect(reserved(w, dev)).to.have.length(16);
    expect(dev.dma_ops).not.to.equal(null);
    const p = w.buffer();
    expect(w.map(dev, p, 0, 4096, 1)).to.equal(U64_MAX); // DMA_MAPPING_ERROR, always
  });
});
