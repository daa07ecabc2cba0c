// SPDX-License-Identifier: GPL-2.0-only
import { expect } from 'chai';
import { TraceError, readTrace } from '../src';
import { endsEarly } from '../src/ends-early';
import { TempFiles } from './temp-files';

const HEAD = '  vm-9 [001] d..1.  7.000001: ';
const MAP = `${HEAD}map: IOMMU: iova=0x00000000fe000000 - 0x00000000fe001000 paddr=0x0000000012345000 size=4096`;
const PAGE = `${HEAD}dma_map_page: 0000:07:00.0 dir=FROM_DEVICE dma_addr=fe000000 size=512 phys_addr=12345000 attrs=`;
const LIST = `${HEAD}dma_unmap_sg: 0000:07:00.0 dir=TO_DEVICE phys_addrs={0x1000,0x5000} attrs=`;

const files = new TempFiles();

/** What becomes of a file: the message that refuses it, or its first line that is no event. */
async function messageOf(text: string): Promise<string> {
  const file = await files.write('x.trace.txt', text);
  const reader = readTrace(file);
  try {
    for await (const batch of reader.batches()) if (batch.length === 0) continue;
  } catch (error) {
    if (error instanceof TraceError) return error.message.slice(file.length);
    throw error;
  }
  const { firstUnparsed: first } = reader.counters;
  return first ? `${String(first.line)} ${first.endsEarly ? 'early' : 'other'}` : 'read';
}

describe('a line that ends early', () => {
  before(() => files.make());
  after(() => files.remove());

  it('is told from one that is no event, wherever it ends', () => {
    for (const line of [MAP, PAGE, LIST])
      for (let end = HEAD.length + 4; end < line.length; end++) {
        const text = line.slice(0, end);
        // Digits of the last number, and the bare name of the event, could be all there is.
        if (/size=\d+$|: \w+$/.test(text)) continue;
        expect(endsEarly(text), text).to.equal(true);
      }
    for (const line of [
      'one',
      '[  437.548691] usbhost: buffer is full (sz: 4096 bytes)',
      `${HEAD}map: IOMMU: iova=0xzz paddr=0x1000 size=4096`,
      `${HEAD}map: IOMMU: iova=0x1000 - 0x5000 paddr=0x1000 size=4096`,
      `${HEAD}dma_map_page: nvme dir=SIDEWAYS dma_addr=fe000000 size=512 phys_addr=1000 attrs=`,
    ])
      expect(endsEarly(line), line).to.equal(false);
  });

  it('is refused where the next lines have the rest of it, though others are whole', async () => {
    for (const line of [MAP, PAGE, LIST])
      for (const at of [
        ' - 0x',
        ' paddr',
        ' dir=',
        ' size=',
        ' phys_addrs',
        ' attrs',
        ' IOMMU',
        'map:',
      ]) {
        const cut = line.indexOf(at, HEAD.length - 1);
        if (cut < 0) continue;
        const wrapped = `${line.slice(0, cut)}\n${line.slice(cut).trimStart()}`;
        const text = `${MAP}\n${PAGE}\n${wrapped}\n${MAP}\n`;
        expect(await messageOf(text), wrapped).to.match(
          /^:3: the line ends early: lines 3 to 4 are one event, wrapped by a mailer or a terminal/,
        );
      }
    expect(await messageOf(`${PAGE}\n> ${MAP.replace(' - ', ' -\n> ')}\n`)).to.match(
      /^:2: the line ends early/,
    );
    const three = PAGE.replace(' dir=', '\n dir=').replace(' size=', '\n size=');
    expect(await messageOf(three)).to.match(/^:1: the line ends early: lines 1 to 3/);
  });

  it('is refused where nothing else is in the file, and a remark where other lines are', async () => {
    const cut = MAP.slice(0, -30);
    expect(await messageOf(`${cut}\n`)).to.match(
      /^:1: the line ends early: expected an event on one line/,
    );
    expect(await messageOf(`${PAGE}\n${cut}\n${PAGE}\n`)).to.equal('2 early');
    expect(await messageOf(`${PAGE}\nnothing\n${PAGE}\n`)).to.equal('2 other');
    expect(await messageOf(`${PAGE}\n${MAP}\n`)).to.equal('read');
  });

  describe('of the kernel log', () => {
    const messages = [
      '[  437.548691] nvme 0000:01:00.0: swiotlb buffer is full (sz: 524288 bytes), total 32768 (slots), used 1338 (slots)',
      '[   12.100000] DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set',
      'Nov 29 11:05:06 box kernel: nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000e address=0xfe900040 flags=0x0020]',
      '[   14.100000] DMA-API: nvme 0000:01:00.0: device driver frees DMA memory with different size [device address=0x00000000fff00000] [map size=1536 bytes] [unmap size=42 bytes]',
      '[   15.100000] arm-smmu-v3 fc900000.iommu: event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x90000f040 ipa: 0x0',
      '[   16.100000] virtio_iommu virtio0: page fault from EP 40 at 0xffdb0000 [W]',
    ];
    const OTHER = '[    1.000000] EXT4-fs (vda1): mounted filesystem';

    /** Lines of a mail, each of 72 characters at most. */
    const mailed = (text: string): string => text.replace(/(?=.{73})(.{1,72}) /g, '$1\n');

    for (const message of messages)
      it(`is refused where it is wrapped: ${message}`, async () => {
        const refused =
          /^:2: the line ends early: lines 2 to \d are one line of the kernel log, wrapped by a mailer or a terminal/;
        for (const wrapped of [mailed(message), message.replace(/.{64}/, '$&\n')]) {
          // What is behind may say nothing more that counts.
          const [first = ''] = wrapped.split('\n');
          if (/ (?:ipa: 0x0|\[W\]|PTE.*)$/.test(message.slice(0, first.length))) continue;
          expect(await messageOf(`${OTHER}\n${wrapped}\n${OTHER}\n`), wrapped).to.match(refused);
          const reply = `${OTHER}\n${wrapped}\n`.replace(/^(?=.)/gm, '> ');
          expect(await messageOf(reply), reply).to.match(refused);
        }
        expect(await messageOf(`${OTHER}\n${message}\n`)).to.equal('read');
      });

    it('is not one with what stands below it and says nothing of it', async () => {
      for (const message of messages)
        for (const text of ['and then it hung', '---', 'size=12', '[W] at 0x10, total 3 (slots)'])
          expect(await messageOf(`${message}\n${text}\n${OTHER}\n`), text).to.equal('2 other');
      expect(await messageOf(`${OTHER}\nin 4096 bytes\n${OTHER}\n`)).to.equal('2 other');
    });
  });
});
