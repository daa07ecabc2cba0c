// SPDX-License-Identifier: GPL-2.0-only
// The account of a capture by device: leaks, translation, bounces; and the accounts of recorded machines.
import { join } from 'node:path';
import { expect } from 'chai';
import { Assembler, CaptureAccount, readTrace } from '../../src';
import { Capture, DISK, NIC } from './account-of';

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
    // Without an IOMMU, a buffer of swiotlb has an address of its own, too.
    const all = new Capture()
      .line(`swiotlb_bounced: dev_name: ${NIC} dma_mask=ffffffff dev_addr=120000000 size=512 FORCE`)
      .map(0x79ae6000, 512, { phys: 0x1_2000_0000 })
      .account();
    expect(all.devices.of(NIC).translation(false)).to.deep.equal({
      translated: false,
      sign: 'swiotlb',
    });
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

  it('show the virtio ring of 5.14 unmapping what it sent as if it had been received @long-only', async () => {
    const { unmaps, devices } = await accountOf('series/iobuf-def.net');
    expect(unmaps).to.include({ different: 2060, second: 0, notMapped: 256 });
    expect(unmaps.differentIn).to.include({ direction: 2060, size: 0 });
    expect(devices.of('0000:00:06.0')).to.include({ maps: 5422, unmaps: 5166 });
  }).timeout(60_000);

  it('have nothing else beside their calls @long-only', async () => {
    for (const name of ['virtio.net-rx', 'virtio.nvme-read-128k']) {
      const { iommu, unmaps, faults, bounces, straySyncs } = await accountOf(name);
      expect(iommu.maps.withoutCall + iommu.unmaps.withoutCall, name).to.equal(0);
      expect(unmaps).to.include({ different: 0, second: 0 });
      expect(faults.count + bounces.sorted().length + straySyncs.count).to.equal(0);
    }
  }).timeout(60_000);
});
