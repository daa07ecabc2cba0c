// SPDX-License-Identifier: GPL-2.0-only
// Tests of failures on demand.

import { expect } from 'chai';
import { fault_inject_c } from '@iommu-bounce/linux-shim';

function passages(faults: fault_inject_c, site: string, n: number): string {
  return Array.from({ length: n }, () => (faults.should_fail(site) ? 'F' : '.')).join('');
}

describe('fault_inject_c', () => {
  it('lets everything pass until armed', () => {
    expect(passages(new fault_inject_c(), 'kmalloc', 3)).to.equal('...');
  });

  it('skips, then fails, then passes again', () => {
    const faults = new fault_inject_c();
    faults.fail('kmalloc', 2, 3);
    expect(passages(faults, 'kmalloc', 8)).to.equal('...FF...');
  });

  it('leaves other sites alone', () => {
    const faults = new fault_inject_c();
    faults.fail('page_alloc', 1);
    expect(passages(faults, 'kmalloc', 2)).to.equal('..');
    expect(passages(faults, 'page_alloc', 2)).to.equal('F.');
  });

  it('replaces an earlier arming, and disarms with 0', () => {
    const faults = new fault_inject_c();
    faults.fail('kmalloc', 5);
    faults.fail('kmalloc', 1, 1);
    expect(passages(faults, 'kmalloc', 4)).to.equal('.F..');
    faults.fail('kmalloc', 5);
    faults.fail('kmalloc', 0);
    expect(passages(faults, 'kmalloc', 2)).to.equal('..');
  });

  it('counts passages, failed ones too, once asked to, and anew when asked again', () => {
    const faults = new fault_inject_c();
    faults.should_fail('kmalloc');
    expect(faults.passages('kmalloc')).to.equal(0);
    faults.count_passages();
    faults.fail('kmalloc', 1);
    passages(faults, 'kmalloc', 3);
    expect([faults.passages('kmalloc'), faults.passages('page_alloc')]).to.deep.equal([3, 0]);
    faults.count_passages();
    expect(faults.passages('kmalloc')).to.equal(0);
  });
});
