// SPDX-License-Identifier: GPL-2.0-only
// Execution context: the running CPU, preemption depth and interrupt state. C: include/linux/preempt.h, irqflags.h

import { OptionError, check_value, show_value, whole } from './options';
import { oops, type printk_c } from './printk';

/** A frame of this package itself, built or not; its tests are callers like any other. */
const OWN_FRAME = /linux-shim[\\/](?:src|dist)[\\/]/;
/** `at a.b.fn [as x] (…/file.ts:12:3)` or, at the top of a module, `at …/file.ts:12:3`. */
const V8_FRAME = /^\s*at (?:(?:async |new )?(.+?)(?: \[as .+\])? \()?.*?([\w.-]+):(\d+):\d+\)?$/;
/** `fn@…/file.js:12:3`, the other engines' form. */
const OTHER_FRAME = /^(.*?)@.*?([\w.-]+):(\d+):\d+$/;

/** Names the function of the ported code that led here, from the engine's stack trace; only read when reporting. */
function caller_outside_shim(): string {
  for (const frame of (new Error().stack ?? '').split('\n')) {
    const m = OWN_FRAME.test(frame) ? null : (V8_FRAME.exec(frame) ?? OTHER_FRAME.exec(frame));
    if (!m) continue;
    const fn = (m[1] ?? '').split('.').at(-1);
    return `${fn ? fn : '<anonymous>'} (${m[2] ?? ''}:${m[3] ?? ''})`;
  }
  return 'unknown';
}

/** The most CPUs that x86-64 can be configured for. C: arch/x86/Kconfig NR_CPUS_RANGE_END */
export const NR_CPUS = 8192;

/** What a CPU is allowed to do now. */
export class cpu_state {
  preempt_count = 0;
  /** 1 with interrupts off. */
  irqs_off = 0;

  /** @param id its number */
  constructor(readonly id: number) {}
}

/** Out of line, so that unlocking is small enough to be inlined. */
export function preempt_count_underflow(): never {
  throw new oops('bug', 'preempt_count underflow');
}

export class context_c {
  private readonly cpus: readonly cpu_state[];
  /** The running CPU's own; each lock and unlock reads and writes it directly (see spinlock.ts). */
  current: cpu_state;

  constructor(
    readonly nr_cpus: number,
    private readonly log: printk_c,
  ) {
    check_value('context_c', 'nr_cpus', nr_cpus, whole(1, NR_CPUS));
    this.cpus = Array.from({ length: nr_cpus }, (_, id) => new cpu_state(id));
    this.current = this.cpus[0] ?? new cpu_state(0);
  }

  /** The CPU that runs, 0..nr_cpus-1. */
  smp_processor_id(): number {
    return this.current.id;
  }

  /**
   * Makes another CPU the running one (what the scheduler of the real machine did, decided from outside).
   * @throws OptionError when there is no such CPU
   */
  run_on_cpu(cpu: number): void {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= this.nr_cpus) this.no_cpu(cpu);
    this.current = this.cpus[cpu] as cpu_state;
  }

  /** Out of line: a simulation changes the CPU for each of its events. */
  private no_cpu(cpu: number): never {
    throw new OptionError(
      `run_on_cpu: cpu is ${show_value(cpu)}: expected a whole number from 0 to ${String(this.nr_cpus - 1)}`,
    );
  }

  preempt_count(): number {
    return this.current.preempt_count;
  }

  preempt_disable(): void {
    this.current.preempt_count++;
  }

  preempt_enable(): void {
    const { current } = this;
    if (current.preempt_count === 0) preempt_count_underflow();
    current.preempt_count--;
  }

  irqs_disabled(): boolean {
    return this.current.irqs_off === 1;
  }

  /** Returns the flags for local_irq_restore. */
  local_irq_save(): number {
    const { current } = this;
    const flags = current.irqs_off;
    current.irqs_off = 1;
    return flags;
  }

  local_irq_restore(flags: number): void {
    this.current.irqs_off = flags;
  }

  /** Preemption depths of all CPUs together; 0 when the machine is at rest. */
  total_preempt_count(): number {
    return this.cpus.reduce((sum, cpu) => sum + cpu.preempt_count, 0);
  }

  /** True if any CPU has its interrupts off. */
  any_irqs_disabled(): boolean {
    return this.cpus.some((cpu) => cpu.irqs_off === 1);
  }

  /** True with preemption off; interrupts alone do not count. C: include/linux/preempt.h in_atomic */
  in_atomic(): boolean {
    return this.preempt_count() !== 0;
  }

  /** Reports, and goes on, when called where sleeping is not allowed. C: kernel/sched/core.c ___might_sleep */
  might_sleep(): void {
    if (this.preempt_count() === 0 && !this.irqs_disabled()) return;
    const state = `in_atomic(): ${this.in_atomic() ? '1' : '0'}, irqs_disabled(): ${this.irqs_disabled() ? '1' : '0'}`;
    this.log.report_sleeping(caller_outside_shim(), state);
  }
}
