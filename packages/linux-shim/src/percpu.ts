// SPDX-License-Identifier: GPL-2.0-only
// Per-CPU variables: one object for each possible CPU. C: include/linux/percpu.h

import type { context_c } from './context';
import type { fault_inject_c } from './fault-inject';
import { deref } from './printk';

export class percpu<T extends object> {
  constructor(readonly ptrs: readonly T[]) {}
}

export class percpu_c {
  constructor(
    private readonly context: context_c,
    private readonly faults: fault_inject_c,
  ) {}

  /** `type` is what each CPU gets one of; null only when the site `percpu` is told to fail. */
  alloc_percpu<T extends object>(type: new () => T): percpu<T> | null {
    if (this.faults.should_fail('percpu')) return null;
    return new percpu(Array.from({ length: this.context.nr_cpus }, () => new type()));
  }

  /** The variable of a given CPU, 0..nr_cpu_ids-1. */
  per_cpu_ptr<T extends object>(ptr: percpu<T>, cpu: number): T {
    return deref(ptr.ptrs[cpu], `no per-CPU area of CPU ${String(cpu)}`);
  }

  /** The variable of the running CPU. */
  raw_cpu_ptr<T extends object>(ptr: percpu<T>): T {
    return ptr.ptrs[this.context.current.id] as T;
  }

  /** How many CPUs there can be, for `for_each_possible_cpu` and `for_each_online_cpu` (all are online). */
  nr_cpu_ids(): number {
    return this.context.nr_cpus;
  }
}
