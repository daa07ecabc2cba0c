// SPDX-License-Identifier: GPL-2.0-only
// Lines that two files have: a tail, a part of one CPU, a second reading of the buffer.

import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { findRepeatedLines } from '../src';
import { TempFiles, mapLine } from './temp-files';

const HEAD = '# tracer: nop\n#\n';
/** Lines of microseconds. */
const lines = (from: number, to: number, cpu = 0): string =>
  Array.from({ length: to - from }, (_, i) => mapLine(from + i, cpu)).join('');

describe('lines that two files have', () => {
  const temp = new TempFiles();
  before(() => temp.make());
  after(() => temp.remove());

  let count = 0;
  const write = (content: string | Buffer): Promise<string> =>
    temp.write(`file${String(count++)}`, content);
  /** The same in either order, as far as it is not said otherwise. */
  async function both(
    a: string,
    b: string,
  ): Promise<Awaited<ReturnType<typeof findRepeatedLines>>> {
    const found = await findRepeatedLines([a, b]);
    expect(await findRepeatedLines([b, a])).to.deep.equal(found);
    return found;
  }

  it('are found where a file is the tail, the head or the middle of another', async () => {
    const all = await write(HEAD + lines(0, 50));
    for (const [from, to] of [
      [30, 50],
      [0, 20],
      [20, 30],
    ] as const) {
      const part = await write(lines(from, to));
      expect(await both(all, part)).to.deep.equal({
        ...{ file: part, other: all, lines: to - from, line: 1, otherLine: from + 3, whole: true },
      });
    }
  });

  it('are found where a file begins with the last lines of another, below its own header', async () => {
    const first = await write(HEAD + lines(0, 50));
    const second = await write(
      `${HEAD}# entries-in-buffer/entries-written: 1/1 #P:1\n${lines(40, 90)}`,
    );
    expect(await both(first, second)).to.deep.equal({
      ...{ file: second, other: first, lines: 10, line: 4, otherLine: 43, whole: false },
    });
  });

  it('are found in a compressed file, and in several blocks of one', async () => {
    const all = await write(gzipSync(lines(0, 6000)));
    const part = await write(lines(5000, 6000) + lines(7000, 9000));
    const found = await both(all, part);
    expect(found).to.include({ file: part, lines: 1000, otherLine: 5001, whole: false });
  });

  it('are found where one has all lines of a CPU of the other', async () => {
    const pairs = Array.from({ length: 30 }, (_, i) => [mapLine(i, 0), mapLine(i, 1)]);
    const all = await write(pairs.flat().join(''));
    const ofOne = await write(pairs.map(([, line]) => line).join(''));
    expect(await both(all, ofOne)).to.include({ file: ofOne, lines: 30, whole: true });
  });

  it('are not found in files that follow each other, or have a header in common', async () => {
    expect(
      await both(await write(HEAD + lines(0, 20)), await write(HEAD + lines(20, 40))),
    ).to.equal(null);
  });

  it('are not found where the lines from there on differ', async () => {
    const all = await write(lines(0, 60));
    const other = await write(lines(20, 40) + lines(40, 60, 1));
    expect(await both(all, other)).to.equal(null);
  });

  it('are not found where a few lines are in both by chance', async () => {
    const all = await write(lines(0, 20));
    expect(await both(all, await write(lines(17, 30)))).to.equal(null);
    expect(await both(all, await write(lines(17, 20)))).to.equal(null);
    const apart = [3, 5, 7, 9, 11].map((us) => mapLine(us)).join('');
    expect(await both(all, await write(apart))).to.equal(null);
  });

  it('are not looked for in one file: it is not read', async () => {
    expect(await findRepeatedLines(['there/is/none'])).to.equal(null);
  });
});
