// SPDX-License-Identifier: GPL-2.0-only
// Messages of the kernel log with other names and addresses: each kind that is told apart, and each place of an address.

import { expect } from 'chai';
import {
  LineAnonymiser,
  LineParser,
  RenamingSurvey,
  drawFrom,
  suppressedLines,
} from '../../src/parse';
import type { KernelLog, Renaming } from '../../src';
import { MESSAGE_PATTERNS } from '../../src/parse-kernel-log';
import { messageDevice } from '../../src/anonymise/message';

/** At least one for each pattern of the reader, and one for each of its alternatives. */
const SAMPLES = [
  'nvme 0000:01:00.0: swiotlb buffer is full (sz: 12345678 bytes), total 23456789 (slots), used 7 (slots)',
  'DMA: Out of SW-IOMMU space for 65536 bytes at device 0000:03:00.0',
  'software IO TLB: swiotlb: coherent allocation failed for device 0000:04:00.0 size=33554432',
  'DMAR: [DMA Write] Request device [01:00.0] fault addr 123456000 [fault reason 05] PTE Write access is not set',
  'DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0xfe900000 [fault reason 0x06] PTE Read access is not set',
  'DMAR:[DMA Read] Request device [05:00.0] fault addr abcdefab',
  'DMAR: [DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x7c346000 [fault reason 0x06] PTE Read access is not set',
  'nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000e address=0xfe900040 flags=0x0020]',
  'AMD-Vi: Event logged [IO_PAGE_FAULT device=08:00.0 domain=0x002c address=0x00000000fd000000 flags=0x0030]',
  'iommu ivhd0: AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:08:00.0 domain=0x002c address=0xfd012000 flags=0x0008]',
  'IO_PAGE_FAULT device=05:00.0 domain=0x0012 address=0x00000000ff6101b0 flags=0x0070]',
  'AMD-Vi: Event Logged [IO_PAGE_FAULT device=09:00.0 domain=0x000f address=0x00000000ab345000 flags=0x0010]',
  'arm-smmu-v3 arm-smmu-v3.0.auto: event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0xfff00040 ipa: 0x0',
  'arm-smmu-v3 2b400000.iommu: event: C_BAD_STE client: (unassigned sid) sid: 0x8 ssid: 0x0',
  'arm-smmu-v3 fc900000.iommu: event 0x10 received:',
  'arm-smmu 5000000.iommu: Unhandled context fault: fsr=0x80000402, iova=0x6000a000, fsynr=0x11, cbfrsynra=0x800, cb=1',
  'arm-smmu 64000000.mmu: Blocked unknown Stream ID 0x2000; boot with "arm-smmu.disable_bypass=0" to allow, but this may have security implications',
  'arm-smmu 64000000.mmu: Unexpected global fault, this could be serious',
  'mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfcff0001 pa=0x0 larb=0 port=0 layer=1 read',
  'mtk-iommu 14016000.iommu: fault type=0x5 iova=0xfec23000 pa=0x0 master=0x51000008(larb=0 port=2) layer=1 write',
  'exynos-sysmmu 14640000.sysmmu: 14400000.fimd: PAGE FAULT occurred at 0x20001000',
  'exynos-sysmmu 14860000.sysmmu: 14830000.decon: [READ] PAGE FAULT occurred at 0x6715b3e0',
  'exynos-sysmmu 14860000.sysmmu: 14830000.decon: AR ACCESS PROTECTION FAULT occurred at 0x6715b3e0',
  'sun50i-iommu 30f0000.iommu: Page fault for 0x00000000ffc00000 (master 3, dir wr)',
  'ipmmu-vmsa e67b0000.iommu: Unhandled fault: status 0x00000101 iova 0x40001000',
  'apple-dart 285810000.iommu: translation fault: status:0x800c0002 stream:0 code:0x2 (NO PGD FOR IOVA) at 0xfd68be00',
  'riscv,iommu 3010000.iommu: Fault 15 devid: 0x8 iotval: 80001000 iotval2: 0',
  'virtio_iommu virtio0: page fault from EP 40 at 0xffdb0000 [W]',
  'virtio_iommu virtio0: unknown fault from EP 8',
  'DMA-API: e1000e 0000:02:00.0: device driver failed to check map error[device address=0x00000000fff00000] [size=1500 bytes] [mapped as single]',
  'One of leaked entries details: [device address=0x00000000ffbda000] [size=4096 bytes] [mapped with DMA_FROM_DEVICE] [mapped as single]',
  'DMA-API: exceeded 7 overlapping mappings of cacheline 0x0000000001d04f80',
  'software IO TLB: mapped [mem 0x0000000035b5a000-0x0000000039b5a000] (64MB)',
  'nvme 0000:01:00.0: overflow 0x0000000123456000+4096 of DMA mask ffffffff bus limit 0',
  'b43 0000:03:00.0: swiotlb addr 0x0000000140001000+2048 overflow (mask 3fffffff, bus limit 0).',
  'ohci-pci 0000:00:13.0: DMA addr 0x0000000123457000+4096 overflow (mask ffffffff, bus limit 0).',
  'e1000 0000:00:03.0: Cannot do DMA to address 0x0000000123458000',
  'DMAR: [DMA Write PASID 0x12345] Request device [05:00.0] fault addr 0xfe900000 [fault reason 0x05] PTE Write access is not set',
  'nvme 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x12345 address=0xb6674000 flags=0x0031]',
  'ohci-pci 0000:00:13.0: DMA map on device without dma_mask',
  'DMAR: DRHD base: 0x000000fed90000 flags: 0x0',
  'rk_iommu ff930f00.iommu: Page fault at 0x12345040 of type read',
  'AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=00:00.0 pasid=0x00000 address=0xfffffffdf8000000 flags=0x0a00]',
];

/** What messages say of addresses: a part of the text, and what has to be there afterwards; null is another address. */
const ADDRESSES: readonly [text: string, shown: RegExp][] = [
  [
    'nvme 0000:01:00.0: overflow 0x0000000123456000+16777216 of DMA mask 3fffffffff bus limit ffffffff',
    /: overflow 0x[\da-f]{10}.{6}\+16777216 of DMA mask 3fffffffff bus limit ffffffff$/,
  ],
  [
    'nvme 0000:01:00.0: swiotlb addr 0x0000000123456000+16777216 overflow (mask ffffffff, bus limit 0).',
    /addr 0x[\da-f]{16}\+16777216 overflow \(mask ffffffff, bus limit 0\)\.$/,
  ],
  [
    'DMAR: ERROR: DMA PTE for vPFN 0xfff00 already set (to 123456003 not 234567003)',
    /vPFN 0x[\da-f]+00 already set \(to [\da-f]+56003 not [\da-f]+67003\)$/,
  ],
  ['DMAR: ERROR: DMA PTE for vPFN 0xfff00 already set (to 3 not 9000000123456003)', /not 0+\)$/],
  ['DMAR: pte level: 1, pte value: 0x0000000123456003', /0x[\da-f]{11}56003$/],
  ['AMD-Vi: DTE[0]: 6190000000000003', /DTE\[0\]: 0{16}$/],
  ['DMAR: Guest PGD fe470040 not supported, max 115282040', /max 0{9}$/],
  [
    'DMA-API: nvme 0000:01:00.0: mapping sg segment longer than device claims to support [len=4294967295] [max=1073741824]',
    /\[len=4294967295\] \[max=1073741824\]$/,
  ],
  ['AMD-Vi: CMD[1]: 12345678', /CMD\[1\]: 0{8}$/],
  ['DMAR: context entry: hi 0x0000000000000302, low 0x0000000123456001', /low 0x0{16}$/],
  ['DMAR: root entry: 0x0000000123456001', /entry: 0x0{16}$/],
  ['DMAR: QI HEAD: IOTLB Invalidation qw0 = 0x12345678200f2, qw1 = 0x123456000', /0x0+$/],
  ['AMD-Vi: Event logged [UNKNOWN event[2]=0x23456000 event[3]=0x00000001]', /event\[2\]=0x0{8} /],
  [
    'DMAR: Setting identity map for device 0000:00:02.0 [0x9d800000 - 0x9fffffff]',
    /\[0x[\da-f]{8} - 0x[\da-f]{8}\]$/,
  ],
  [
    'iommu: mapping: iova 0x12345000 pa 0x123456000 size 0x200000',
    /iova 0x[\da-f]+5000 pa 0x[\da-f]+56000 size 0x200000$/,
  ],
  [
    'rk_iommu ff930f00.iommu: iova = 0x12345040: dte_index: 0x48 pte_index: 0x345 page_offset: 0x40',
    /dte_index: 0x00 pte_index: 0x000 \w+: 0x00$/,
  ],
  ['iommu: something new 123456789 of 0x87654321 and 12345678', /0{9} .{0,4} ?0x0{8} and 0{8}$/],
];

const parsed = (line: string): KernelLog => {
  const event = new LineParser().parse(line, 1);
  if (event === null || event === 'unparsed' || event.kind !== 'kernelLog')
    throw new Error(`no line of a kernel log: ${line}`);
  return event;
};

function anonymised(texts: readonly string[]): {
  was: string[];
  is: string[];
  renaming: Renaming;
  failed: number;
} {
  const was = texts.map((text) => `[   12.100000] ${text}`);
  const survey = new RenamingSurvey();
  for (const line of was) survey.event(parsed(line));
  const renaming = survey.finish(drawFrom('messages'));
  const by = new LineAnonymiser(renaming);
  return { was, is: was.map((line) => by.line(line)), renaming, failed: by.figures.failed };
}

/** Hexadecimal numbers of 8 digits and more, without zeros in front; masks and what devices use for none are no addresses. */
const addressesIn = (text: string): string[] =>
  (text.match(/(?<![\da-z.])(?:0x)?[\da-f]{8,16}(?![\da-z]|\.\w)/gi) ?? [])
    .map((one) => one.replace(/^(?:0x)?0*/, ''))
    .filter((one) => one.length >= 8 && !/^[37f]f+$/.test(one));
const SIZES = /\d+ (?:bytes|\(slots\))|(?:size|len|max)=\d+|\+\d+|fsr=0x[\da-f]+/g;

describe('messages of the kernel log with other names', () => {
  for (const name of [
    'dmar_fault',
    'amd_iommu_report_page_fault',
    'arm_smmu_print_evt',
    'viommu_fault_handler',
    'swiotlb_tbl_map_single',
  ])
    it(`keep how many lines the rate limit of ${name} left out`, () => {
      const by = new LineAnonymiser(new RenamingSurvey().finish(drawFrom('seed')));
      for (const prefix of ['[   35.200000] ', 'Nov 29 11:05:06 box kernel: ']) {
        const text = `${name}: 317 callbacks suppressed`;
        const was = new LineParser().parse(prefix + text, 1);
        const is = new LineParser().parse(by.line(prefix + text), 1);
        for (const one of [was, is])
          expect(
            one !== null && one !== 'unparsed' && one.kind === 'kernelLog' && suppressedLines(one),
          ).to.include({ calls: 317 });
      }
      expect(by.figures.failed).to.equal(0);
    });

  it('are tried for each pattern of the reader', () => {
    const first = SAMPLES.map((text) => MESSAGE_PATTERNS.findIndex((one) => one.test(text)));
    expect([...new Set(first)].sort((a, b) => a - b)).to.deep.equal([...MESSAGE_PATTERNS.keys()]);
  });

  // All together, and each alone.
  for (const [i, texts] of [SAMPLES, ...SAMPLES.map((one) => [one])].entries())
    it(i === 0 ? 'say the same, all together' : `say the same: ${texts[0] ?? ''}`, () => {
      const { was, is, renaming, failed } = anonymised(texts);
      expect(failed).to.equal(0);
      is.forEach((line, n) => {
        const [before, after] = [parsed(was[n] ?? ''), parsed(line)];
        expect(after.topic, line).to.equal(before.topic);
        expect([after.swiotlb, after.write]).to.deep.equal([before.swiotlb, before.write]);
        const device = messageDevice(before);
        expect(messageDevice(after), line).to.equal(device && renaming.device(device));
        if (before.address !== null)
          expect(after.address, line).to.equal(renaming.address(before.address));
      });
      const out = is.join('\n').replace(SIZES, '');
      for (const address of addressesIn(was.join('\n').replace(SIZES, '')))
        expect(out).to.not.include(address);
    });

  for (const [text, shown] of ADDRESSES)
    it(`hide each address of ${text}`, () => {
      const { was, is, failed } = anonymised([text]);
      expect(failed).to.equal(0);
      expect(is[0]).to.match(shown);
      const out = (is[0] ?? '').replace(SIZES, '');
      const found = addressesIn((was[0] ?? '').replace(SIZES, ''));
      for (const address of found) expect(out).to.not.include(address);
      expect(out).to.not.match(/0x0*fff00\b|\b123456\b/);
    });

  it('hide one address alike wherever it stands', () => {
    const { is } = anonymised([
      'DMAR: [DMA Write] Request device [01:00.0] fault addr 123456000 [fault reason 05] PTE Write access is not set',
      'DMAR: ERROR: DMA PTE for vPFN 0x123456 already set (to 123456003 not 234567003)',
      'nvme 0000:01:00.0: overflow 0x0000000123456000+4096 of DMA mask ffffffff bus limit 0',
    ]);
    const address = /fault addr ([\da-f]+)000 /.exec(is[0] ?? '')?.[1] ?? '?';
    expect(address).to.not.equal('123456');
    expect(is[1]).to.include(`vPFN 0x${address} already set (to ${address}003 not `);
    expect(is[2]).to.match(new RegExp(`overflow 0x0*${address}000\\+4096 of DMA mask ffffffff`));
  });
});
