// SPDX-License-Identifier: GPL-2.0-only
// Tests of text taken as a truth value.

import { expect } from 'chai';
import { kstrtobool } from '@iommu-bounce/linux-shim';

describe('kstrtobool', () => {
  it('goes by the first letter, or the first two of on and off', () => {
    for (const yes of ['y', 'Y', '1', 'yes', '1abc', 'on', 'On', 'oN', 'ON!'])
      expect(kstrtobool(yes), yes).to.equal(true);
    for (const no of ['n', 'N', '0', 'no', '0x1', 'of', 'off', 'OFF', 'oFx'])
      expect(kstrtobool(no), no).to.equal(false);
  });

  it('knows nothing else', () => {
    for (const other of ['', ' y', 't', 'T', 'true', 'f', 'o', 'ox', '2', '-1'])
      expect(kstrtobool(other), other).to.equal(null);
    expect(kstrtobool(null)).to.equal(null);
  });
});
