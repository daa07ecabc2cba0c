// SPDX-License-Identifier: GPL-2.0-only
// Several files of one boot: their order, and what cannot be of one boot.
import { expect } from 'chai';
import { orderTraces } from '../src';
import { TempFiles, failure, mapLine } from './temp-files';

const poolLine = (time: string): string =>
  `[    ${time}] obs_pool_class 0000:00:05.0 size=4096 slots=32 iova_base=fffc0000 unaligned=fffc0000`;

describe('orderTraces', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  it('sorts by the first time stamp, whatever the order of the arguments', async () => {
    const late = await temp.write('a.txt', mapLine(3_000_000) + mapLine(4_000_000));
    const early = await temp.write('b.txt', mapLine(1_000_000) + mapLine(2_000_000));
    expect(await orderTraces([late, early])).to.deep.equal([
      { file: early, facts: null, ignored: null, firstNs: 1e9, lastNs: 2e9 },
      { file: late, facts: null, ignored: null, firstNs: 3e9, lastNs: 4e9 },
    ]);
  });

  it('lets a file begin at the moment the one before it ends', async () => {
    const a = await temp.write('a.txt', mapLine(1) + mapLine(2));
    const b = await temp.write('b.txt', mapLine(2) + mapLine(3));
    expect(await orderTraces([b, a])).to.have.length(2);
  });

  it('refuses files that overlap', async () => {
    const a = await temp.write('a.txt', mapLine(1_000_000) + mapLine(2_000_000));
    const b = await temp.write('b.txt', mapLine(1_999_999) + mapLine(3_000_000));
    expect(String(await failure(orderTraces([b, a])))).to.equal(
      `TraceError: ${b}: begins at 1.999999 s, before ${a} ends at 2.000000 s; ` +
        'expected files that follow each other in one boot',
    );
  });

  it('refuses the same file twice', async () => {
    const a = await temp.write('a.txt', mapLine(1) + mapLine(2));
    expect(String(await failure(orderTraces([a, a])))).to.match(/begins at .* before .* ends/);
  });

  const facts: [string, object, object, string][] = [
    ['kernels', { kernel: 'Linux x 1 y' }, { kernel: 'Linux x 2 y' }, 'the kernel;'],
    ['command lines', { kernel_cmdline: 'a' }, { kernel_cmdline: 'b' }, 'the kernel command line;'],
    [
      'boots of the same kernel',
      { pool_classes: [poolLine('0.944224')] },
      { pool_classes: [poolLine('0.951111')] },
      'the time at which the pools were made;',
    ],
  ];
  for (const [what, first, second, message] of facts)
    it(`refuses facts of different ${what}`, async () => {
      const a = await temp.write('a.trace.txt', mapLine(1));
      const b = await temp.write('b.trace.txt', mapLine(2));
      await temp.write('a.json', JSON.stringify(first));
      await temp.write('b.json', JSON.stringify(second));
      expect(String(await failure(orderTraces([a, b])))).to.include(`differ in ${message}`);
    });

  it('refuses a file with nothing but lost events', async () => {
    const a = await temp.write('a.txt', 'CPU:0 [LOST 3 EVENTS]\n');
    expect(String(await failure(orderTraces([a])))).to.include('no event with a time stamp');
  });
});
