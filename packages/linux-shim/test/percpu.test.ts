// SPDX-License-Identifier: GPL-2.0-only
// Tests of per-CPU variables.

import { expect } from 'chai';
import { deref } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';

class huge {
  static readonly sizeof = 32 * 1024 + 1;
  n = 0;
}

class counter {
  static readonly sizeof = 8;
  n = 0;
}

describe('alloc_percpu', () => {
  const { boot_machine } = leak_checked();

  it('gives each CPU an object of its own', () => {
    const k = boot_machine({ nr_cpus: 3 });
    const counters = deref(k.percpu.alloc_percpu(counter));
    for (let cpu = 0; cpu < k.percpu.nr_cpu_ids(); cpu++) {
      k.context.run_on_cpu(cpu);
      k.percpu.raw_cpu_ptr(counters).n += cpu + 1;
    }
    expect([0, 1, 2].map((cpu) => k.percpu.per_cpu_ptr(counters, cpu).n)).to.deep.equal([1, 2, 3]);
  });

  it('has 32 KiB at most, and warns of more', () => {
    const k = boot_machine();
    expect(k.percpu.alloc_percpu(huge)).to.equal(null);
    expect(k.log.warnings).to.equal(1);
  });

  it('fails at its site', () => {
    const k = boot_machine();
    k.faults.fail('percpu', 1);
    expect(k.percpu.alloc_percpu(counter)).to.equal(null);
  });

  it('oopses for a CPU that cannot be', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const counters = deref(k.percpu.alloc_percpu(counter));
    const e = catch_oops(() => k.percpu.per_cpu_ptr(counters, 2));
    expect(e.message).to.equal('bad memory access: no per-CPU area of CPU 2');
  });
});
