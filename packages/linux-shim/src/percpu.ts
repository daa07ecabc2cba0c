// SPDX-License-Identifier: GPL-2.0-only
// Per-CPU variables: one object for each possible CPU. C: include/linux/percpu.h

import type { context_c } from './context';
import type { fault_inject_c } from './fault-inject';
import { type printk_c, deref } from './printk';
import type { struct_type } from './slab';

/** Bytes of the largest per-CPU variable. */
const PCPU_MIN_UNIT_SIZE = 32 << 10;

export class percpu<T extends object> {
  constructor(readonly ptrs: readonly T[]) {}
}

export class percpu_c {
  constructor(
    private readonly context: context_c,
    private readonly faults: fault_inject_c,
    private readonly log: printk_c,
  ) {}

  /** `type` is what each CPU gets one of; null if it is too large, or the site `percpu` is told to fail. */
  alloc_percpu<T extends object>(type: struct_type<T>): percpu<T> | null {
    const illegal = type.sizeof > PCPU_MIN_UNIT_SIZE;
    if (this.log.WARN_ON(illegal, `illegal size (${String(type.sizeof)}) for percpu allocation`))
      return null;
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
