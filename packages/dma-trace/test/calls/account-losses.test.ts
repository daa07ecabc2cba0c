// SPDX-License-Identifier: GPL-2.0-only
// What a capture lacks, and the kernel log in it, as the account has them.
import { expect } from 'chai';
import { Assembler, CaptureAccount, LineParser } from '../../src';
import { Capture } from './account-of';

function accountOf(lines: readonly string[]): CaptureAccount {
  const account = new CaptureAccount();
  const assembler = new Assembler(null, undefined, account);
  const parser = new LineParser();
  assembler.beginFile('x');
  for (const [i, text] of lines.entries()) {
    const event = parser.parse(text, i + 1);
    if (event !== null && event !== 'unparsed') assembler.add([event]);
  }
  assembler.finish();
  return account;
}

const at = (line: number): object => ({ file: 'x', line });

describe('LossAccount', () => {
  it('counts marks of lost events by CPU, with and without a number', () => {
    const { losses } = accountOf([
      ...new Capture().map(0x1000).lines,
      'CPU:1 [LOST 160 EVENTS]',
      'CPU:0 [LOST EVENTS]',
      'CPU:1 [LOST 2 EVENTS]',
    ]);
    expect(losses.lostByCpu).to.deep.equal([
      { cpu: 0, marks: 1, events: 0, unknown: 1 },
      { cpu: 1, marks: 2, events: 162, unknown: 0 },
    ]);
  });

  it('sees the clock of a CPU step back, but not one CPU behind another', () => {
    const map = 'map: IOMMU: iova=0x0000000000001000 paddr=0x0000000000002000 size=4096';
    const { losses } = accountOf([
      ` job-7 [000] ..... 5.000009: ${map}`,
      ` job-8 [001] ..... 5.000001: ${map}`,
      ` job-7 [000] ..... 5.000002: ${map}`,
      ` job-7 [000] ..... 5.000001: ${map}`,
    ]);
    expect(losses.stepsBack).to.deep.equal({ count: 2, largestNs: 7000, first: [at(3), at(4)] });
    expect([...losses.cpus]).to.deep.equal([0, 1]);
  });

  it('names lists that were cut', () => {
    const list =
      'dma_map_sg: 0000:01:00.0 dir=TO_DEVICE nents=1/200 ents=1/1 [TRUNCATED] dma_addrs={0x1000} sizes={0x1000} phys_addrs={0x5000} attrs=';
    const { losses } = accountOf([...new Capture().map(0x9000).line(list).lines]);
    expect(losses.truncated).to.deep.equal({ count: 1, first: [at(2)] });
  });

  it('has nothing of a whole capture', () => {
    const { losses, log } = new Capture().map(0x1000).unmap(0x1000).account();
    expect(losses.lostByCpu).to.deep.equal([]);
    expect([losses.truncated.count, losses.stepsBack.count, log.count]).to.deep.equal([0, 0, 0]);
  });
});

describe('LogAccount', () => {
  it('counts lines by what they are about, and keeps those about trouble', () => {
    const { log } = accountOf([
      '[   12.000000] nvme 0000:01:00.0: swiotlb buffer is full (sz: 8192 bytes), total 512 (slots), used 7 (slots)',
      ...new Capture().map(0x1000).lines,
      '[   12.000001] EXT4-fs (vda1): mounted filesystem',
      '[   12.000002] virtio_iommu virtio0: page fault from EP 40 at 0xffdb0000 [W]\u0007',
    ]);
    expect(log.byTopic).to.include({ swiotlbFull: 1, fault: 1, other: 1 });
    expect(log.first.map(({ topic, place }) => [topic, place])).to.deep.equal([
      ['swiotlbFull', at(1)],
      ['fault', at(4)],
    ]);
    expect(log.first[1]).to.include({
      address: 0xffdb0000,
      text: 'virtio_iommu virtio0: page fault from EP 40 at 0xffdb0000 [W]\\x07',
    });
  });

  it('counts a fault of an SMMUv3 once, and joins what its lines say', () => {
    const smmu = '[    1.000000] arm-smmu-v3 2b400000.iommu:';
    const words = ['0000020000000010', '0000020000000000', '0000000000001000', '0'.repeat(16)];
    const { log } = accountOf([
      `${smmu} event 0x10 received:`,
      ...words.map((word) => `${smmu} \t0x${word}`),
      `${smmu} event: F_TRANSLATION client: 0000:02:00.0 sid: 0x200 ssid: 0x0 iova: 0x1000 ipa: 0x0`,
      `${smmu} unpriv data write s1 "Input address caused fault" stag: 0x0`,
    ]);
    expect(log.byTopic).to.include({ fault: 1, iommu: 6 });
    expect(log.first).to.have.length(1);
    expect(log.first[0]).to.include({ device: '0000:02:00.0', address: 0x1000, write: true });
  });
});
