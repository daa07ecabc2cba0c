// SPDX-License-Identifier: GPL-2.0-only
// The report of `anonymise`: it does not say of figures that differ that they are the same.

import { expect } from 'chai';
import { anonymiseText } from '../../src/tables/anonymise';

const DOCUMENT = {
  files: [],
  replaced: { address_runs: 1, devices: 1, tasks: 0, pids: 0, pointers: 0, words: 0 },
  kept: [],
};
const SAME = 'Figures of replay and lint are the same';

describe('anonymiseText', () => {
  it('says that figures are the same', () => {
    const text = anonymiseText({ ...DOCUMENT, same_account: true, differences: [] });
    expect(text).to.include('Read again: the same lines').and.include(SAME);
  });

  it('says so only if they are', () => {
    const differences = ['x.txt: kernelLog events: 3 before, 1 after'];
    const text = anonymiseText({ ...DOCUMENT, same_account: false, differences });
    expect(text).to.include('Read again: figures differ').and.include('3 before, 1 after');
    expect(text).to.not.include(SAME);
  });
});
