// SPDX-License-Identifier: GPL-2.0-only
// Probes on dma_iova_*, swiotlb_bounced as raw fields, and the iommu:* events about devices.
import { expect } from 'chai';
import { parseLine } from '../src';

const HEAD = '             fio-301     [001] d.h..    23.779370: ';
const head = { line: 7, comm: 'fio', pid: 301, cpu: 1, flags: 'd.h..', timeNs: 23_779_370_000 };
const NVME = { device: '0000:00:05.0', state: '0xff48733bc36f8168' };
const OF = 'name="0000:00:05.0" addr=0xfff68000 dev=0xff48733bc1c170c8 state=0xff48733bc36f8168';

describe('parseLine: probes on dma_iova_*', () => {
  const cases: [string, string, object][] = [
    [
      'dma_iova_try_alloc',
      'dma_iova_try_alloc: (dma_iova_try_alloc+0x4/0x120) name="0000:00:05.0" state=0xff48733bc36f8168 phys=0x4302f000 size=32768',
      { ...NVME, kind: 'iovaAlloc', phys: 0x4302f000, size: 32768 },
    ],
    [
      'its return',
      'dma_iova_try_alloc_ret: (blk_rq_dma_map_iter_start+0x178/0x3a0 <- dma_iova_try_alloc) ret=1',
      { kind: 'iovaAllocResult', ok: true },
    ],
    [
      'dma_iova_link',
      `dma_iova_link: (dma_iova_link+0x4/0x2c0) ${OF} phys=1124261888 offset=4096 size=4096 dir=2 attrs=0`,
      {
        ...NVME,
        kind: 'iovaLink',
        dmaAddr: 0xfff68000,
        offset: 4096,
        size: 4096,
        phys: 1124261888,
        dir: 'FROM_DEVICE',
        attrs: 0,
      },
    ],
    [
      'dma_iova_sync',
      `dma_iova_sync: (dma_iova_sync+0x4/0x50) ${OF} offset=0 size=32768`,
      { ...NVME, kind: 'iovaSync', dmaAddr: 0xfff68000, offset: 0, size: 32768 },
    ],
    [
      'dma_iova_unlink',
      `dma_iova_unlink: (dma_iova_unlink+0x4/0x20) ${OF} offset=4096 size=8192 dir=1 attrs=32`,
      {
        ...NVME,
        kind: 'iovaUnlink',
        dmaAddr: 0xfff68000,
        offset: 4096,
        size: 8192,
        phys: null,
        dir: 'TO_DEVICE',
        attrs: 32,
      },
    ],
    [
      'dma_iova_destroy',
      `dma_iova_destroy: (dma_iova_destroy+0x4/0x30) ${OF} mapped_len=32768 dir=2 attrs=0`,
      {
        ...NVME,
        kind: 'iovaDestroy',
        dmaAddr: 0xfff68000,
        size: 32768,
        dir: 'FROM_DEVICE',
        attrs: 0,
      },
    ],
    [
      'dma_iova_free',
      `free_it: (dma_iova_free+0x4/0x30) ${OF}`,
      { ...NVME, kind: 'iovaDestroy', dmaAddr: 0xfff68000, size: 0, dir: null, attrs: 0 },
    ],
    [
      'an address in place of the function, as trace-cmd prints it',
      `dma_iova_sync: (ffffffffb6c8c3f4) ${OF} offset=0x0 size=0x8000`,
      { ...NVME, kind: 'iovaSync', dmaAddr: 0xfff68000, offset: 0, size: 32768 },
    ],
    [
      'the system in front, as perf prints it',
      `iova:dma_iova_sync: (ffffffffb6c8c3f4) ${OF} offset=0 size=32768`,
      { ...NVME, kind: 'iovaSync', dmaAddr: 0xfff68000, offset: 0, size: 32768 },
    ],
  ];
  for (const [name, text, fields] of cases)
    it(`reads ${name}`, () => {
      expect(parseLine(HEAD + text, 7)).to.deep.equal({ ...head, ...fields });
    });

  it('leaves a probe without the fields that are needed among the other events', () => {
    for (const text of [
      'dma_iova_link: (dma_iova_link+0x4/0x2c0) name="0000:00:05.0" phys=1 offset=0 size=4096 dir=2',
      'dma_iova_link: (dma_iova_link+0x4/0x2c0) addr=0x1000 phys=1 offset=0 size=4096 dir=2',
      'dma_iova_link: (dma_iova_link+0x4/0x2c0)',
      'dma_iova_link_swiotlb: (iommu_dma_iova_link_swiotlb+0x4/0x2c0) size=1',
      'p_mine_0: (vfs_read+0x4/0x2c0) size=1',
    ])
      expect(parseLine(HEAD + text, 7), text).to.include({ kind: 'other' });
  });
});

describe('parseLine: events of devices', () => {
  const cases: [string, string, object][] = [
    [
      'swiotlb_bounced',
      'swiotlb_bounced: dev_name: 0000:00:05.0 dma_mask=ffffffff dev_addr=60db000 size=32768 NORMAL',
      {
        kind: 'swiotlbBounced',
        device: '0000:00:05.0',
        dmaMask: 0xffffffff,
        devAddr: 0x60db000,
        size: 32768,
        force: false,
      },
    ],
    [
      'swiotlb_bounced as raw fields',
      'swiotlb_bounced:       dev_name=0000:00:05.0 dma_mask=ffffffff dev_addr=60db000 size=32768 force=1',
      {
        kind: 'swiotlbBounced',
        device: '0000:00:05.0',
        dmaMask: 0xffffffff,
        devAddr: 0x60db000,
        size: 32768,
        force: true,
      },
    ],
    [
      'add_device_to_group',
      'add_device_to_group: IOMMU: groupID=3 device=0000:00:05.0',
      { kind: 'groupAdd', group: 3, device: '0000:00:05.0' },
    ],
    [
      'remove_device_from_group as raw fields',
      'remove_device_from_group: gid=3 device=0000:00:05.0',
      { kind: 'groupRemove', group: 3, device: '0000:00:05.0' },
    ],
    [
      'attach_device_to_domain',
      'attach_device_to_domain: IOMMU: device=0000:00:05.0',
      { kind: 'attach', device: '0000:00:05.0' },
    ],
    [
      'attach_device_to_domain as raw fields',
      'attach_device_to_domain: device=0000:00:05.0',
      { kind: 'attach', device: '0000:00:05.0' },
    ],
  ];
  for (const [name, text, fields] of cases)
    it(`reads ${name}`, () => {
      expect(parseLine(HEAD + text, 7)).to.deep.equal({ ...head, ...fields });
    });

  it('says which lines of them do not fit', () => {
    for (const text of [
      'swiotlb_bounced: dev_name=0000:00:05.0 dma_mask=ff dev_addr=6 size=32768 FORCE',
      'add_device_to_group: IOMMU: groupID=x device=0000:00:05.0',
      'attach_device_to_domain: IOMMU: device=',
    ])
      expect(parseLine(HEAD + text, 7), text).to.equal('unparsed');
  });
});
