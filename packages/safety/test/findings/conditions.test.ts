// SPDX-License-Identifier: GPL-2.0-only
// Under which conditions a finding hurts, and under which not: what docs/findings.md says of them.

import { expect } from 'chai';
import { DMA_FROM_DEVICE, DMA_TO_DEVICE, dma_addr_t, phys_addr_t } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_READ } from '@iommu-bounce/iommu-core';
import { fixesNamed } from '@iommu-bounce/simulation';
import { PROMISES } from '../../src';
import { FINDINGS, Trial, showFinding } from '../../src/findings';

const series = (): Trial => new Trial({ pool: true, fixes: [] });

describe('the condition of a finding', () => {
  it('34: the list of a device like NVMe is one segment with the caller’s bytes, wherever it begins', () => {
    const m = series().machine();
    const dev = new_device({ dma_parms: { min_align_mask: 4095, max_segment_size: 2 ** 32 - 1 } });
    m.plug(dev);
    const sgl = m.list([m.page(0x11), 3584, 512], [m.page(0x22), 4096, 0], [m.page(0x33), 512, 0]);
    expect(m.map_sg(dev, sgl, 3, DMA_TO_DEVICE)).to.equal(1);
    // The driver takes the offset of its first request from this address, and a page each from there on.
    expect(sgl.dma_address % 4096).to.equal(0);
    const wanted = [0x11, 3584, 0x22, 4096, 0x33, 512];
    const bytes = m.read(dev, sgl.dma_address, sgl.dma_length) ?? new Uint8Array();
    expect(bytes).to.have.length(8192);
    for (let at = 0, i = 0; i < wanted.length; at += wanted[i + 1] ?? 0, i += 2)
      expect(
        bytes.slice(at, at + (wanted[i + 1] ?? 0)).every((byte) => byte === wanted[i]),
      ).to.equal(true);
    expect(PROMISES.filter(({ brokenBy }) => brokenBy.includes(34))).to.deep.equal([]);
  });

  it('6, 24 and 29 break a rule of the DMA API, 28 none', () => {
    // dma-api.rst: a list is synced and unmapped with what it was mapped with; debug.c: an entry is no longer than a segment.
    const cause = (id: number): string | undefined => FINDINGS.find((one) => one.id === id)?.cause;
    expect([6, 24, 29].map(cause)).to.deep.equal(Array(3).fill('driver misuse'));
    expect(cause(28)).to.equal('unusual set-up');
  });

  it('81: all-entries copies the entries of this mapping, whatever number comes', () => {
    const m = new Trial({ pool: true, fixes: fixesNamed('all-entries') }).machine();
    const dev = new_device();
    m.plug(dev);
    const first = m.page(0x11);
    const second = m.page(0x11);
    const third = m.page(0x11);
    const sgl = m.list([first, 4096, 0], [second, 4096, 0], [third, 4096, 0]);
    const receive = (mapped: number, given: number, value: number): number[] => {
      m.map_sg(dev, sgl, mapped, DMA_FROM_DEVICE);
      m.write(dev, sgl.dma_address, new Uint8Array(mapped * 4096).fill(value));
      m.unmap_sg(dev, sgl, given, DMA_FROM_DEVICE);
      return [first, second, third].map((page) => m.bytes(page, 1)[0] ?? 0);
    };
    expect(receive(3, 1, 0x22)).to.deep.equal([0x22, 0x22, 0x22]);
    // The same table in the same slot, two entries of it: a number that is too large does not reach the third.
    m.bytes(third, 4096).fill(0x44);
    expect(receive(2, 3, 0x33)).to.deep.equal([0x33, 0x33, 0x44]);
  });

  it('12 is a disclosure: the device reads what the page held, not a cleared slot of swiotlb', () => {
    const finding = FINDINGS.find(({ id }) => id === 12);
    if (!finding) throw new Error('expected finding 12');
    const read = showFinding(finding).rows.find(({ what }) => what === 'coherent: it reads');
    expect(read?.values.slice(0, 2)).to.deep.equal(['11 x4096', '11 x4096']);
    expect(finding.severity).to.equal('disclosure');
  });

  it('14, 15 and 33 have one severity: a device transfers from or to other addresses', () => {
    const severities = FINDINGS.filter(({ id }) => [14, 15, 33].includes(id));
    expect(severities.map(({ severity }) => severity)).to.deep.equal(Array(3).fill('corruption'));
  });

  it('51: ask-for-one asks another address nowhere but where 1:1 regions are made', () => {
    const m = new Trial({ pool: false, fixes: fixesNamed('ask-for-one') }).machine();
    const domain = m.plug(new_device());
    m.iommu.iommu_map(domain, dma_addr_t(0), phys_addr_t(0x5000), 4096, IOMMU_READ);
    expect(m.iommu.iommu_iova_to_phys(domain, dma_addr_t(0))).to.equal(0x5000);
  });

  it('2 and 3: what zero-slack and scrub clear reaches a device beside the caches', () => {
    for (const [fix, wanted] of [
      ['zero-slack', 4096],
      ['scrub', 4096 + 100],
    ] as const) {
      const m = new Trial({ pool: true, fixes: fixesNamed(fix) }).machine();
      const dev = new_device({ dma_coherent: false });
      m.plug(dev);
      let synced = 0;
      const { arch } = m.k;
      const sync = arch.arch_sync_dma_for_device.bind(arch);
      arch.arch_sync_dma_for_device = (at, size, dir) => {
        synced += size;
        sync(at, size, dir);
      };
      m.unmap(dev, m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE), 100, DMA_TO_DEVICE);
      expect(synced, fix).to.equal(wanted);
    }
  });
});
