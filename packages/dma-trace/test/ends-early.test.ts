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
});
