// SPDX-License-Identifier: GPL-2.0-only
// Some lines of a capture, as they are in it.

import { expect } from 'chai';
import { readLines } from '../src';
import { TempFiles } from './temp-files';

describe('readLines', () => {
  const files = new TempFiles();
  before(() => files.make());
  after(() => files.remove());

  it('reads by number, as the reader counts; cuts long lines, escapes control characters', async () => {
    const file = await files.write(
      'x',
      `a\r\n${'b'.repeat(2 ** 21)}\nc\x1b\n${'d'.repeat(600)}\ne`,
    );
    const found = await readLines(file, [
      [1, 1],
      [3, 9],
    ]);
    expect([...found.keys()]).to.deep.equal([1, 3, 4, 5]);
    expect([found.get(1), found.get(3), found.get(5)]).to.deep.equal(['a', 'c\\x1b', 'e']);
    expect(found.get(4)).to.have.length(501);
    expect((await readLines(file, [])).size).to.equal(0);
  });
});
