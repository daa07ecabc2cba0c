// SPDX-License-Identifier: GPL-2.0-only
// The account of a capture: one small capture for each thing that public ones have shown.
import { join } from 'node:path';
import { expect } from 'chai';
import { Assembler, CaptureAccount, readTrace } from '../../src';
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

describe('CaptureAccount: devices', () => {
  it('keep what is never unmapped by device, call, direction and size', () => {
    const capture = new Capture();
    for (let i = 0; i < 4; i++)
      capture.iommuMap(0xff000000 + i * 8192).map(0xff000000 + i * 8192, 4000);
    capture.map(0xfe000000, 512, { device: DISK }).unmap(0xfe000000, 512, { device: DISK });
    const { neverUnmapped, devices } = capture.account();
    const [group, ...others] = neverUnmapped.sorted();
    expect(others).to.deep.equal([]);
    expect(group).to.deep.include({ count: 4, bytes: 16000 });
    expect(group?.of).to.deep.equal({ device: NIC, form: 'page', dir: 2, size: 4000 });
    expect(group?.first.map((one) => one.line)).to.deep.equal([2, 4, 6]);
    expect(devices.all().map((one) => [one.device, one.neverUnmapped])).to.deep.equal([
      [DISK, 0],
      [NIC, 4],
    ]);
  });

  it('count a mapping whose address was mapped again as never unmapped', () => {
    const { neverUnmapped } = new Capture().map(0xff000000).map(0xff000000).account();
    expect(neverUnmapped.sorted()[0]?.count).to.equal(2);
  });

  it('are translated or not, and it is said how that is told', () => {
    const capture = new Capture()
      .iommuMap(0xff000000)
      .map(0xff000000)
      .map(0x7000, 4096, { device: 'direct', phys: 0x7000 })
      .map(0xfe000000, 4096, { device: 'elsewhere' })
      .line(
        'swiotlb_bounced: dev_name: bounced dma_mask=ffffffff dev_addr=120000000 size=512 NORMAL',
      )
      .map(0x6000, 512, { device: 'bounced', phys: 0x1_2000_0000 })
      .map(0x7000, 512, { device: 'bounced', phys: 0x7000 });
    const { devices } = capture.account();
    expect(
      devices.all().map((one) => [one.device, one.translation(devices.hasEvents)]),
    ).to.deep.equal([
      [NIC, { translated: true, sign: 'events' }],
      ['bounced', { translated: false, sign: 'swiotlb' }],
      ['direct', { translated: false, sign: 'same-address' }],
      ['elsewhere', { translated: false, sign: 'no-events' }],
    ]);
    const alone = new Capture().map(0xfe000000).coherent('alloc', 0xfe0000, 64, DISK).account();
    expect(alone.devices.all().map((one) => one.translation(false))).to.deep.equal([
      { translated: null, sign: 'nothing' },
      { translated: null, sign: 'other-address' },
    ]);
  });

  it('count bounces by size and force, failed calls, syncs after the unmap, and events of other kinds', () => {
    const bounced = 'swiotlb_bounced: dev_name: usb dma_mask=ffffffff dev_addr=120000000';
    const { bounces, devices, straySyncs, otherEvents } = new Capture()
      .line(`${bounced} size=512 NORMAL`)
      .line(`${bounced} size=512 NORMAL`)
      .line(`${bounced} size=4096 FORCE`)
      .line(`dma_map_sg_err: ${NIC} dir=TO_DEVICE dma_addrs={0x1000} err=-12 attrs=`)
      .map(0xf0000000)
      .unmap(0xf0000000)
      .line(`dma_sync_single_for_cpu: ${NIC} dir=FROM_DEVICE dma_addr=f0000000 size=4096`)
      .line(`attach_device_to_domain: IOMMU: device=${NIC}`)
      .line('irq_handler_entry: irq=7 name=nic')
      .account();
    expect(
      bounces.sorted().map(({ of, count, bytes }) => [of.size, of.forced, count, bytes]),
    ).to.deep.equal([
      [512, false, 2, 1024],
      [4096, true, 1, 4096],
    ]);
    expect(devices.of(NIC)).to.include({ failed: 1 });
    expect(devices.of(NIC).firstFailed?.line).to.equal(4);
    expect(straySyncs).to.include({ count: 1, afterUnmap: 1 });
    expect(otherEvents.sorted().map(({ of, count }) => [of, count])).to.deep.equal([
      ['attach_device', 1],
      ['irq_handler_entry', 1],
    ]);
  });

  it('keep a bound on how many kinds they count apart', () => {
    const capture = new Capture();
    for (let i = 1; i <= 4100; i++) capture.map(0xf0000000 + i * 4096, i);
    const { neverUnmapped } = capture.account();
    expect(neverUnmapped.sorted()).to.have.length(4096);
    expect(neverUnmapped.others.count).to.equal(4);
  });
});

describe('CaptureAccount: recorded traces', () => {
  const traces = join(__dirname, '../../../../test-fixtures/traces');
  const accountOf = async (name: string): Promise<CaptureAccount> => {
    const account = new CaptureAccount();
    const assembler = new Assembler(null, undefined, account);
    for await (const batch of readTrace(join(traces, `${name}.trace.txt.gz`)).batches())
      assembler.add(batch);
    assembler.finish();
    return account;
  };

  it('show the virtio ring of 5.14 unmapping what it sent as if it had been received', async () => {
    const { unmaps, devices } = await accountOf('series/iobuf-def.net');
    expect(unmaps).to.include({ different: 2060, second: 0, notMapped: 256 });
    expect(unmaps.differentIn).to.include({ direction: 2060, size: 0 });
    expect(devices.of('0000:00:06.0')).to.include({ maps: 5422, unmaps: 5166 });
  }).timeout(60_000);

  it('have nothing else beside their calls', async () => {
    for (const name of ['virtio.net-rx', 'virtio.nvme-read-128k']) {
      const { iommu, unmaps, faults, bounces, straySyncs } = await accountOf(name);
      expect(iommu.maps.withoutCall + iommu.unmaps.withoutCall, name).to.equal(0);
      expect(unmaps).to.include({ different: 0, second: 0 });
      expect(faults.count + bounces.sorted().length + straySyncs.count).to.equal(0);
    }
  }).timeout(60_000);
});
