// SPDX-License-Identifier: GPL-2.0-only
// Tables that are wider than their terminal.

import { expect } from 'chai';
import { table } from '../../src/show/table';
import { expectFits } from '../commands/run-cli';

const HEAD = ['policy', 'CPU strict', 'CPU pool', 'MB/s strict', 'MB/s pool'];
const ROWS = [
  ['reads', '51.51 ns', '17.83 ns', '80', '229'],
  ['writes', '53.51 ns', '18.83 ns', '81', '230'],
];

function on(columns: number, head = HEAD, rows = ROWS, look = {}): string {
  const text = table(head, rows, { numbersFrom: 1, ...look }, { columns, ascii: true });
  expectFits(text, columns);
  return text;
}

describe('a table', () => {
  it('that fits is one, as wide as its cells', () => {
    expect(on(100).split('\n')).to.have.length(6);
    expect(on(100)).to.equal(on(63));
  });

  it('breaks its heads before it is cut', () => {
    const lines = on(56).split('\n');
    expect(lines).to.have.length(7);
    expect(lines.slice(1, 3).join('\n')).to.match(/CPU \|.*\n.* strict \|/);
  });

  it('is cut into tables that each name their rows', () => {
    const text = on(40);
    expect(text.match(/^\| writes/gm)).to.have.length(2);
    for (const cell of ROWS.flat()) expect(text).to.include(cell);
  });

  it('is cut where its columns belong together', () => {
    const [first = '', second = ''] = on(45, HEAD, ROWS, { cuts: [1, 3] }).split(/\+\n\+-+/);
    expect(on(45, HEAD, ROWS, { cuts: [1, 3] })).to.match(/CPU(?!.*MB\/s)/);
    expect([first, second].every((text) => text !== '')).to.equal(true);
  });

  it('breaks text at spaces, and long words beside a sign', () => {
    const text = on(
      40,
      ['what', 'n'],
      [['a-very-long-name-of-a-job-that-has-no-space and more words', '1']],
    );
    expect(text.match(/^\|/gm)).to.have.length.above(3);
  });

  it('is lines where the names of its rows take the room', () => {
    const rows = [['0123456789abcdefghijklmnop', 'qrstuvwxyz0123456789', '1', '2']];
    const text = on(45, ['a', 'b', 'CPU time', 'MB/s'], rows, { numbersFrom: 2 });
    expect(text).to.equal(
      '0123456789abcdefghijklmnop,\n  qrstuvwxyz0123456789\n  CPU time: 1; MB/s: 2',
    );
  });
});
