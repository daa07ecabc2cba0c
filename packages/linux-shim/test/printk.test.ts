// SPDX-License-Identifier: GPL-2.0-only
// Tests of the log, the warnings and the oopses.

import { expect } from 'chai';
import { BUG_ON, deref, oops, printk_c } from '@iommu-bounce/linux-shim';
import { catch_oops } from '@iommu-bounce/linux-shim/testing';

describe('printk_c', () => {
  it('keeps lines in order with their level', () => {
    const log = new printk_c();
    log.pr_err('a');
    log.pr_warn('b');
    log.pr_info('c');
    expect(log.lines.map((l) => `${l.level} ${l.text}`)).to.deep.equal([
      'err a',
      'warn b',
      'info c',
    ]);
  });

  it('drops the oldest line beyond 1,024 and counts it', () => {
    const log = new printk_c();
    for (let i = 0; i < 1024; i++) log.pr_info(String(i));
    expect(log.dropped).to.equal(0);
    log.pr_info('last');
    expect([log.dropped, log.lines.length]).to.deep.equal([1, 1024]);
    expect([log.lines[0]?.text, log.lines.at(-1)?.text]).to.deep.equal(['1', 'last']);
  });
});

describe('WARN_ON', () => {
  it('returns the condition, and counts and logs only a true one', () => {
    const log = new printk_c();
    expect(log.WARN_ON(false, 'no')).to.equal(false);
    expect(log.WARN_ON(true, 'yes')).to.equal(true);
    expect(log.WARN_ON(true)).to.equal(true);
    expect(log.warnings).to.equal(2);
    expect(log.lines.map((l) => l.text)).to.deep.equal(['WARNING: yes', 'WARNING: WARN_ON']);
  });
});

describe('oops', () => {
  it('is a bug from BUG_ON, with the reason', () => {
    BUG_ON(false, 'fine');
    const e = catch_oops(() => {
      BUG_ON(true, 'not fine');
    });
    expect([e.kind, e.message, e.name]).to.deep.equal(['bug', 'kernel BUG: not fine', 'oops']);
  });

  it('is a bad access from deref of NULL, and nothing from a pointer', () => {
    const thing = {};
    expect(deref(thing)).to.equal(thing);
    for (const nothing of [null, undefined]) {
      const e = catch_oops(() => deref(nothing));
      expect(e.kind).to.equal('bad-access');
      expect(e.message).to.equal('bad memory access: NULL pointer dereference');
    }
    expect(new oops('bad-access', 'x')).to.be.an.instanceOf(Error);
  });
});
