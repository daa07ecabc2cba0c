// SPDX-License-Identifier: GPL-2.0-only
// Lines of the kernel log: every prefix, every message that is told apart, and lines that are none.
import { expect } from 'chai';
import { type KernelLog, parseLine } from '../src';

function log(text: string): KernelLog {
  const read = parseLine(text, 3);
  if (read === null || read === 'unparsed' || read.kind !== 'kernelLog')
    throw new Error(`no line of a kernel log: ${text}`);
  return read;
}

const FULL =
  'nvme 0000:01:00.0: swiotlb buffer is full (sz: 8192 bytes), total 512 (slots), used 7 (slots)';

describe('parseLine: the kernel log', () => {
  const prefixes: [string, string, number | null][] = [
    ['dmesg', '[   12.345678] ', 12_345_678_000],
    ['dmesg with the caller', '[   12.345678][    T1] ', 12_345_678_000],
    ['dmesg -r', '<4>[   12.345678] ', 12_345_678_000],
    ['dmesg -x', 'kern  :warn  : [   12.345678] ', 12_345_678_000],
    ['dmesg -T', '[Sun Nov 29 11:05:06 2026] ', null],
    ['dmesg --time-format iso', '2026-11-29T11:05:06,123456+00:00 ', null],
    ['/dev/kmsg', '4,1234,12345678,-;', 12_345_678_000],
    ['journalctl', 'Nov 29 11:05:06 box kernel: ', null],
    ['journalctl -o short-iso', '2026-11-29T11:05:06+0000 box kernel: ', null],
    ['journalctl -o short-monotonic', '[   12.345678] box kernel: ', 12_345_678_000],
    ['syslog with the uptime', 'Nov  9 11:05:06 box kernel: [   12.345678] ', 12_345_678_000],
    ['dmesg -d', '[   12.345678 <    0.000123>] ', 12_345_678_000],
    ['dmesg -e', '[Nov29 11:05] ', null],
    ['dmesg -e, of the same minute', '[  +0.000123] ', null],
    ['journalctl -o short-full', 'Sun 2026-11-29 11:05:06 UTC box kernel: ', null],
    ['journalctl -o short-unix', '1795950306.123456 box kernel: ', null],
    ['journalctl in German', 'Okt 29 11:05:06 box kernel: ', null],
    ['journalctl in French', 'nov. 29 11:05:06 box kernel: ', null],
    ['journalctl in Japanese', '11月 29 11:05:06 box kernel: ', null],
    ['dmesg, indented', '    [   12.345678] ', 12_345_678_000],
    ['a console without the time', '', null],
  ];
  for (const [name, prefix, timeNs] of prefixes)
    it(`takes off the prefix of ${name}`, () => {
      expect(log(prefix + FULL)).to.deep.equal({
        kind: 'kernelLog',
        line: 3,
        timeNs,
        topic: 'swiotlbFull',
        device: '0000:01:00.0',
        address: null,
        write: null,
        pasid: null,
        swiotlb: { size: 8192, total: 512, used: 7 },
        text: FULL,
      });
    });

  const faults: [string, string, Partial<KernelLog>][] = [
    [
      'VT-d',
      'DMAR: [DMA Write NO_PASID] Request device [0b:00.0] fault addr 0x7f9d5000 [fault reason 0x05] PTE Write access is not set',
      { device: '0000:0b:00.0', address: 0x7f9d5000, write: true },
    ],
    [
      'VT-d before Linux 5.13',
      'DMAR: [DMA Read] Request device [03:00.0] PASID ffffffff fault addr 7d1000 [fault reason 06] PTE Read access is not set',
      { device: '0000:03:00.0', address: 0x7d1000, write: false, pasid: null },
    ],
    [
      'VT-d of Linux 5.13',
      'DMAR: [DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x7c346000 [fault reason 0x06] PTE Read access is not set',
      { device: '0000:00:02.0', address: 0x7c346000, write: false },
    ],
    [
      'VT-d with a PASID',
      'DMAR: [DMA Write PASID 0x5] Request device [0b:00.0] fault addr 0x7f9d5000 [fault reason 0x05] PTE Write access is not set',
      { device: '0000:0b:00.0', address: 0x7f9d5000, write: true, pasid: 5 },
    ],
    [
      'AMD with a PASID, printed as the domain',
      'nvme 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000b address=0xb6674000 flags=0x0031]',
      { device: '0000:02:00.0', address: 0xb6674000, write: true, pasid: 11 },
    ],
    [
      'AMD with a field for the PASID',
      'AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:02:00.0 pasid=0x00005 address=0xb6674000 flags=0x0010]',
      { device: '0000:02:00.0', address: 0xb6674000, write: false, pasid: 5 },
    ],
    [
      'SMMUv3 with a substream',
      'arm-smmu-v3 fc900000.iommu: event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x3 iova: 0x90000f040 ipa: 0x0',
      { device: '0000:01:00.0', address: 0x90000f040, write: null, pasid: 3 },
    ],
    [
      'AMD, behind a line that the kernel broke',
      'IO_PAGE_FAULT device=05:00.0 domain=0x0012 address=0x00000000ff6101b0 flags=0x0070]',
      { device: '0000:05:00.0', address: 0xff6101b0, write: true },
    ],
    [
      'AMD, where nothing is mapped: the flag of a write says nothing',
      'nvme 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000b address=0xb6674000 flags=0x0020]',
      { device: '0000:02:00.0', address: 0xb6674000, write: null },
    ],
    [
      'AMD, a write to what is mapped',
      'nvme 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000b address=0xb6674000 flags=0x0030]',
      { device: '0000:02:00.0', address: 0xb6674000, write: true, pasid: null },
    ],
    [
      'AMD, a read, without a driver',
      'AMD-Vi: Event logged [IO_PAGE_FAULT device=08:00.0 domain=0x002c address=0xfd000000 flags=0x0010]',
      { device: '0000:08:00.0', address: 0xfd000000, write: false },
    ],
    [
      'AMD, a request for a translation only',
      'AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:08:00.0 domain=0x002c address=0xfd000000 flags=0x0130]',
      { device: '0000:08:00.0', address: 0xfd000000, write: null },
    ],
    [
      'SMMUv3',
      'arm-smmu-v3 fc900000.iommu: event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x90000f040 ipa: 0x0',
      { device: '0000:01:00.0', address: 0x90000f040, write: null, pasid: null },
    ],
    [
      'SMMUv3 of a device that it does not know',
      'arm-smmu-v3 2b400000.iommu: event: C_BAD_STE client: (unassigned sid) sid: 0x8 ssid: 0x0',
      { device: null, address: null, write: null },
    ],
    [
      'SMMUv3 before Linux 6.14',
      'arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:',
      { device: null, address: null },
    ],
    [
      'SMMUv2',
      'arm-smmu 5000000.iommu: Unhandled context fault: fsr=0x402, iova=0x6000a000, fsynr=0x11, cbfrsynra=0x800, cb=1',
      { device: null, address: 0x6000a000, write: true },
    ],
    [
      'SMMUv2, a read',
      'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfd7ff000, fsynr=0x540003, cbfrsynra=0x19c3, cb=10',
      { device: null, address: 0xfd7ff000, write: false },
    ],
    [
      'SMMUv2, of a device without a domain',
      'arm-smmu 64000000.mmu: Blocked unknown Stream ID 0x2000; boot with "arm-smmu.disable_bypass=0" to allow, but this may have security implications',
      { device: null, address: null, write: null },
    ],
    [
      'Rockchip',
      'rk_iommu fdfe0800.iommu: Page fault at 0x00000000ffe79000 of type write',
      { device: null, address: 0xffe79000, write: true },
    ],
    [
      'MediaTek before Linux 5.19',
      'mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfcff0001 pa=0x0 larb=0 port=0 layer=1 read',
      { device: null, address: 0xfcff0001, write: false },
    ],
    [
      'MediaTek',
      'mtk-iommu 14016000.iommu: fault type=0x5 iova=0xfec23000 pa=0x0 master=0x51000008(larb=0 port=2) layer=1 write',
      { device: null, address: 0xfec23000, write: true },
    ],
    [
      'Exynos before Linux 6.2',
      'exynos-sysmmu 14640000.sysmmu: 14400000.fimd: PAGE FAULT occurred at 0x20000000',
      { device: '14400000.fimd', address: 0x20000000, write: null },
    ],
    [
      'Exynos',
      'exynos-sysmmu 14860000.sysmmu: 14830000.decon: [READ] PAGE FAULT occurred at 0x6715b3e0',
      { device: '14830000.decon', address: 0x6715b3e0, write: false },
    ],
    [
      'Allwinner',
      'sun50i-iommu 30f0000.iommu: Page fault for 0x00000000ffc00000 (master 3, dir wr)',
      { device: null, address: 0xffc00000, write: true },
    ],
    [
      'Renesas',
      'ipmmu-vmsa e67b0000.iommu: Unhandled fault: status 0x00000101 iova 0x40000000',
      { device: null, address: 0x40000000, write: null },
    ],
    [
      'Apple',
      'apple-dart 285810000.iommu: translation fault: status:0x800c0002 stream:0 code:0x2 (NO PGD FOR IOVA) at 0xfd68be00',
      { device: null, address: 0xfd68be00, write: null },
    ],
    [
      'RISC-V',
      'riscv,iommu 3010000.iommu: Fault 15 devid: 0x8 iotval: 80001000 iotval2: 0',
      { device: null, address: 0x80001000, write: true },
    ],
    [
      'virtio-iommu',
      'virtio_iommu virtio0: page fault from EP 40 at 0xffdb0000 [W]',
      { device: 'EP 40', address: 0xffdb0000, write: true },
    ],
  ];
  for (const [name, text, fields] of faults)
    it(`reads a fault of ${name}`, () => {
      expect(log(`[    1.000000] ${text}`)).to.include({ topic: 'fault', text, ...fields });
      expect(log(text)).to.include({ topic: 'fault', ...fields });
    });

  const others: [string, string][] = [
    ['dmaDebug', 'nvme 0000:01:00.0: DMA-API: device driver frees DMA memory with different size'],
    ['swiotlb', 'software IO TLB: mapped [mem 0x7a00-0x7e00] (64MB)'],
    ['iommu', 'DMAR: IOMMU enabled'],
    // An interrupt, not memory.
    [
      'iommu',
      'AMD-Vi: Event logged [IO_PAGE_FAULT device=09:00.0 domain=0x000f address=0xfffffff8fffffff8 flags=0x0008]',
    ],
    ['iommu', 'pci 0000:00:05.0: Adding to iommu group 3'],
    ['other', 'EXT4-fs (vda1): mounted filesystem'],
  ];
  for (const [topic, text] of others)
    it(`tells ${topic}: ${text}`, () => {
      expect(log(`[    1.000000] ${text}`).topic).to.equal(topic);
    });

  it('takes the second line of an old fault of VT-d without a prefix, as no fault of its own', () => {
    expect(log('DMAR:[fault reason 05] PTE Write access is not set').topic).to.equal('iommu');
  });

  it('takes no event that tp_printk put into the log for one of its messages: it would be lost unseen', () => {
    for (const text of [
      'dma_map_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=ffdb0000 size=32768 phys_addr=650f000 attrs=',
      'dma_unmap_sg: 0000:00:05.0 dir=TO_DEVICE phys_addrs={0x1000} attrs=',
      'dma_alloc: 0000:00:05.0 dma_addr=fe980000 size=4096 virt_addr=00000000abcdef12 flags=GFP_KERNEL attrs=',
      'unmap: IOMMU: iova=0x1000 - 0x2000 size=4096 unmapped_size=4096',
      'swiotlb_bounced: dev_name: 0000:00:05.0 dma_mask=ffffffff dev_addr=60db000 size=512 FORCE',
    ])
      expect(parseLine(`[   40.000002] ${text}`, 1), text).to.equal('unparsed');
    expect(log('[   40.000002] dma_map_sg: nothing left').topic).to.equal('other');
  });

  it('takes the second line of a report of leaks without a prefix, below the message', () => {
    const second =
      'One of leaked entries details: [device address=0x00000000ffbda000] [size=4096 bytes] [mapped with DMA_FROM_DEVICE] [mapped as single]';
    // As dmesg and as journalctl print it.
    for (const blanks of ['', ' '.repeat(15), ' '.repeat(40)])
      expect(log(blanks + second)).to.include({ topic: 'dmaDebug', device: null, text: second });
  });

  it('takes the oldest wording of a full swiotlb', () => {
    expect(log('DMA: Out of SW-IOMMU space for 65536 bytes at device 0000:03:00.0')).to.include({
      topic: 'swiotlbFull',
      device: '0000:03:00.0',
    });
  });

  it('reads the event printk:console', () => {
    const read = log(` job-7 [000] ..... 12.345678: console: ${FULL}`);
    expect(read).to.include({ topic: 'swiotlbFull', timeNs: 12_345_678_000 });
  });

  for (const [name, prefix, timeNs] of [
    ['that Linux up to 5.9 prints', '[   12.000001] ', 12_000_001_000],
    ['with the caller', '[   12.000001][  T266] ', 12_000_001_000],
    ['and its level', '<4>[   12.000001] ', 12_000_001_000],
    ['which is none', '', 12_345_678_000],
  ] as const)
    it(`takes the device from the event printk:console behind the prefix ${name}`, () => {
      for (const event of ['console', 'printk:console'])
        expect(log(` job-7 [000] ..... 12.345678: ${event}: ${prefix}${FULL}`)).to.include({
          topic: 'swiotlbFull',
          device: '0000:01:00.0',
          text: FULL,
          timeNs,
        });
    });

  it('leaves other text alone', () => {
    for (const text of [
      'The iommu group of this machine is 3',
      'foo: bar: baz',
      '[12.3] a line of something else',
      '2026-11-29 11:05:06 nvme: done',
    ])
      expect(parseLine(text, 1), text).to.equal('unparsed');
  });
});
