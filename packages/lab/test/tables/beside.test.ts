// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { besideText } from '../../src/tables/beside';

describe('besideText', () => {
  it('shows hidden characters whole, and tabs as spaces', () => {
    const lines = ['\ta\u202eb', '\u{e0041}\u{1f600}c\u0007'];
    const side = { title: 'x.c', lines, tokens: [[], []] };
    const rows = lines.map((_, i) => ({ c: i + 1, ts: null, matched: false }));
    const text = besideText(rows, side, null, {
      columns: 60,
      colour: false,
      ascii: false,
      side: 'both',
    });
    expect(text).to.equal('x.c\n1       a[U+202E]b\n2   [U+E0041]\u{1f600}c[U+0007]\n');
  });
});
