// SPDX-License-Identifier: GPL-2.0-only
// Tests of error numbers and of the edge where they become exceptions.

import { constants } from 'node:os';
import { expect } from 'chai';
import * as shim from '@iommu-bounce/linux-shim';

describe('errno', () => {
  it('has the values of the system it mirrors', function () {
    if (process.platform !== 'linux') this.skip();
    const system = new Map(Object.entries(constants.errno));
    const own = Object.entries(shim).filter(([name]) => /^E[A-Z]+$/.test(name));
    expect(own.length).to.be.greaterThan(10);
    for (const [name, value] of own) expect(value, name).to.equal(system.get(name));
  });

  it('names every number it has', () => {
    for (const [name, value] of Object.entries(shim))
      if (/^E[A-Z]+$/.test(name)) expect(shim.errname(-Number(value))).to.equal(`-${name}`);
  });

  it('leaves a number without a name a number', () => {
    expect(shim.errname(-4000)).to.equal('-4000');
    expect(shim.errname(3)).to.equal('3');
  });
});

describe('check', () => {
  it('returns what is no error', () => {
    expect(shim.check(0, 'probe')).to.equal(0);
    expect(shim.check(17, 'probe')).to.equal(17);
  });

  it('throws the call and the name of the error', () => {
    expect(() => shim.check(-shim.ENOMEM, 'iommu_map')).to.throw(Error, /^iommu_map: -ENOMEM$/);
  });
});
