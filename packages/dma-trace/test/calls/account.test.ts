// SPDX-License-Identifier: GPL-2.0-only
// The account of a capture: one small capture for each thing that public ones have shown.
import { expect } from 'chai';
import { Capture, DISK, NIC } from './account-of';

const KIB = 1024;

describe('CaptureAccount: iommu:* events', () => {
  it('counts those that belong to no dma:* call, with their bytes and first lines', () => {
    const { iommu } = new Capture()
      .iommuMap(0xfffa0000)
      .map(0xfffa0000)
      .in('io-9')
      .iommuMap(0xff000000, 64 * KIB)
      .iommuMap(0xff010000, 64 * KIB)
      .iommuMap(0xff020000, 32 * KIB)
      .iommuMap(0xff028000, 16 * KIB)
      .iommuUnmap(0xff000000, 176 * KIB)
      .in('job-7')
      .iommuUnmap(0xfffa0000)
      .unmap(0xfffa0000)
      .account();
    expect(iommu.maps).to.include({ events: 5, bytes: 180 * KIB });
    expect(iommu.maps).to.include({ withoutCall: 4, withoutCallBytes: 176 * KIB });
    expect(iommu.maps.first.map((one) => one.place.line)).to.deep.equal([3, 4, 5]);
    expect(iommu.maps.first[0]).to.include({ iova: 0xff000000, size: 64 * KIB, task: 'io-9' });
    expect(iommu.unmaps).to.include({ events: 2, withoutCall: 1, withoutCallBytes: 176 * KIB });
    expect(iommu.unmaps.first.map((one) => one.place.line)).to.deep.equal([7]);
  });

  it('gives none of them to a call of a device without a translation', () => {
    const { iommu } = new Capture()
      .iommuMap(0xff000000)
      .iommuMap(0xff001000)
      .map(0x7000, 512, { device: DISK, phys: 0x7000 })
      .iommuUnmap(0xff000000, 8 * KIB)
      .unmap(0x7000, 512, { device: DISK })
      .account();
    expect(iommu.maps.withoutCall).to.equal(2);
    expect(iommu.unmaps.withoutCall).to.equal(1);
  });

  it('gives none of them to a call of another task that has none', () => {
    const { iommu } = new Capture().iommuMap(0xff000000).in('other-8').map(0xfe000000).account();
    expect(iommu.maps.withoutCall).to.equal(1);
  });

  it('counts events of a capture without calls, and unmaps that did less than they were asked for', () => {
    const { iommu } = new Capture()
      .iommuMap(0, 2048 * KIB)
      .iommuMap(0x200000, 768 * KIB)
      .iommuUnmap(0, 4096 * KIB, 2816 * KIB)
      .account();
    expect(iommu.maps).to.include({ events: 2, bytes: 2816 * KIB, withoutCall: 2 });
    expect(iommu.unmaps).to.include({ events: 1, bytes: 2816 * KIB, withoutCall: 1 });
    expect(iommu.shortUnmaps).to.equal(1);
  });

  it('keeps the first lines of a long capture', () => {
    const capture = new Capture();
    for (let i = 0; i < 5000; i++) capture.iommuMap(0x10000000 + i * 4096);
    const { maps } = capture.account().iommu;
    expect(maps.withoutCall).to.equal(5000);
    expect(maps.first.map((one) => one.place.line)).to.deep.equal([1, 2, 3]);
  });
});

describe('CaptureAccount: faults', () => {
  it('name the buffer that was freed, since when, and how far into it', () => {
    const { faults } = new Capture()
      .coherent('alloc', 0xfe900000, 512 * KIB)
      .coherent('free', 0xfe900000, 512 * KIB)
      .wait(5)
      .fault(0xfe900040, 1)
      .account();
    expect(faults.byState).to.deep.equal({ mapped: 0, freed: 1, never: 0, unknown: 0 });
    const [fault] = faults.first;
    expect(fault).to.include({ state: 'freed', device: NIC, offset: 0x40, write: true });
    expect(fault?.buffer).to.include({ form: 'coherent', size: 512 * KIB, device: NIC });
    expect(fault?.buffer?.mapped?.line).to.equal(1);
    expect(fault?.freed?.place.line).to.equal(2);
    expect(fault?.freed?.agoNs).to.equal(6e6);
  });

  it('tell an address that was never mapped from one that is mapped', () => {
    const { faults } = new Capture()
      .map(0xffff1080, 1536, { dir: 'TO_DEVICE' })
      .fault(0xab000000)
      .fault(0xffff1090, 1)
      .fault(0xffff1010)
      .account();
    expect(faults.first.map(({ state, offset }) => [state, offset])).to.deep.equal([
      ['never', null],
      ['mapped', 0x10],
      ['mapped', -0x70],
    ]);
    expect(faults.first[1]?.buffer).to.include({ dir: 1, size: 1536 });
  });

  it('name the latest of several buffers at an address', () => {
    const { faults } = new Capture()
      .map(0xf0000000, 64 * KIB)
      .unmap(0xf0000000, 64 * KIB)
      .map(0xf0004000, 4 * KIB)
      .unmap(0xf0004000, 4 * KIB)
      .fault(0xf0004004)
      .fault(0xf0001000)
      .account();
    expect(faults.first.map(({ buffer }) => buffer?.size)).to.deep.equal([4 * KIB, 64 * KIB]);
  });

  it('name a range that only iommu:map shows, live or ended', () => {
    const { faults } = new Capture()
      .iommuMap(0xf0000000)
      .iommuMap(0xf0001000)
      .fault(0xf0001008)
      .iommuUnmap(0xf0000000, 8 * KIB)
      .fault(0xf0001008)
      .account();
    const [live, ended] = faults.first;
    expect(live).to.include({ state: 'mapped', offset: 8, buffer: null });
    expect(live?.range?.mapped?.line).to.equal(2);
    expect(ended).to.include({ state: 'freed', offset: 0x1008 });
    expect(ended?.freed).to.deep.equal({ place: { file: 'x', line: 4 }, agoNs: 1e6 });
  });

  it('do not take the buffer of another device, but say that it has one there', () => {
    const { faults } = new Capture()
      .iommuMap(0xf0000000)
      .map(0xf0000000, 4 * KIB, { device: DISK })
      .fault(0xf0000000)
      .account();
    expect(faults.first[0]).to.include({ state: 'never', buffer: null, range: null });
    expect(faults.first[0]?.elsewhere?.device).to.equal(DISK);
  });

  it('name a list that reaches further than its bytes, as its iommu:map events show', () => {
    const { faults } = new Capture()
      .iommuMap(0xf0000000)
      .iommuMap(0xf0001000)
      .line(
        `dma_map_sg: ${NIC} dir=TO_DEVICE nents=2/2 ents=2/2 dma_addrs={0xf0000000,0xf0001000} sizes={0x200,0x200} phys_addrs={0x5000,0x9000} attrs=`,
      )
      .fault(0xf0001100)
      .line(`dma_unmap_sg: ${NIC} dir=TO_DEVICE phys_addrs={0x5000,0x9000} attrs=`)
      .fault(0xf0001100)
      .account();
    expect(faults.first.map(({ state, buffer }) => [state, buffer?.form])).to.deep.equal([
      ['mapped', 'sg'],
      ['freed', 'sg'],
    ]);
  });

  it('are unknown as long as the capture has no map', () => {
    const { faults } = new Capture().fault(0xf0000000).map(0xe0000000).fault(0xf0000000).account();
    expect(faults.byState).to.include({ unknown: 1, never: 1 });
  });

  it('have addresses that no number of this project holds', () => {
    const { faults } = new Capture()
      .map(0xe0000000)
      .line(`io_page_fault: IOMMU:drv ${NIC} iova=0xdead000000000000 flags=0x0000`)
      .line(`io_page_fault: IOMMU:drv ${NIC} iova=0xfffffffffffff000 flags=0x0000`)
      .account();
    expect(faults.first.map(({ iova }) => iova.toString(16))).to.deep.equal([
      'dead000000000000',
      'fffffffffffff000',
    ]);
  });

  it('are unknown where the history was too short', () => {
    const capture = new Capture();
    for (let i = 0; i < 3; i++) capture.map(0xf0000000 + i * 8192).unmap(0xf0000000 + i * 8192);
    capture.fault(0xf0000000).fault(0xf0004000);
    expect(capture.account(2).faults.first.map((one) => one.state)).to.deep.equal([
      'unknown',
      'freed',
    ]);
    expect(capture.account().faults.byState).to.include({ freed: 2, unknown: 0 });
  });
});

describe('CaptureAccount: unmaps', () => {
  it('that differ from their map in size, direction or call', () => {
    const { unmaps } = new Capture()
      .map(0xffff1080, 1536, { dir: 'TO_DEVICE' })
      .unmap(0xffff1080, 42, { dir: 'TO_DEVICE' })
      .map(0xffff2000)
      .unmap(0xffff2000, 4096, { dir: 'BIDIRECTIONAL' })
      .map(0xffff3000)
      .unmap(0xffff3000, 4096, { call: 'resource' })
      .coherent('alloc', 0xffff4000, 8192)
      .coherent('free', 0xffff4000, 4096)
      .map(0xffff5000)
      .unmap(0xffff5000)
      .account();
    expect(unmaps.different).to.equal(4);
    expect(unmaps.differentIn).to.include({ size: 2, direction: 1, call: 1 });
    expect(
      unmaps.firstDifferent.map(({ what, place, mappedAt }) => [what, place.line, mappedAt?.line]),
    ).to.deep.equal([
      [['size'], 2, 1],
      [['direction'], 4, 3],
      [['call'], 6, 5],
      [['size'], 8, 7],
    ]);
    expect(unmaps.firstDifferent[0]?.map.size).to.equal(1536);
    expect(unmaps.firstDifferent[0]?.unmap.size).to.equal(42);
  });

  it('of a list with another direction, or with other entries', () => {
    const { unmaps } = new Capture()
      .list('map', 0xf0000000, [0x5000, 0x9000, 0x20000])
      .list('unmap', 0, [0x5000, 0x9000, 0x20000], 'FROM_DEVICE')
      .list('map', 0xf0000000, [0x5000, 0x9000, 0x20000])
      .list('unmap', 0, [0x5000])
      .account();
    expect(unmaps.differentIn).to.include({ direction: 1, entries: 1 });
    const [, other] = unmaps.firstDifferent;
    expect([other?.map.entries, other?.unmap.entries]).to.deep.equal([3, 1]);
    expect(unmaps.notMapped).to.equal(0);
  });

  it('at an address inside of the buffer', () => {
    const { unmaps } = new Capture().map(0xf0000000, 8192).unmap(0xf0001000).account();
    expect(unmaps.firstDifferent[0]).to.deep.include({ what: ['address'], device: NIC });
  });

  it('a second time, with the place of the first', () => {
    const { unmaps } = new Capture()
      .map(0xf0000000)
      .unmap(0xf0000000)
      .unmap(0xf0000000)
      .list('map', 0xf0008000, [0x5000, 0x9000])
      .list('unmap', 0, [0x5000, 0x9000])
      .list('unmap', 0, [0x5000, 0x9000])
      .map(0xf0000000)
      .unmap(0xf0000000)
      .account();
    expect(unmaps.second).to.equal(2);
    expect(unmaps.notMapped).to.equal(0);
    expect(unmaps.firstSecond.map(({ before }) => before?.place.line)).to.deep.equal([2, 5]);
    expect(unmaps.firstSecond[0]?.before?.agoNs).to.equal(1e6);
  });

  it('of what was mapped before the capture: once is not twice', () => {
    const { unmaps } = new Capture()
      .map(0xf0000000, 4096, { device: DISK })
      .unmap(0xf0000000)
      .unmap(0xf0000000)
      .account();
    expect(unmaps).to.include({ notMapped: 1, second: 1 });
    expect(unmaps.firstNotMapped[0]).to.include({ heldBy: DISK, before: null });
  });
});
