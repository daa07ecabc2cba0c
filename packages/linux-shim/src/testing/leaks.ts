// SPDX-License-Identifier: GPL-2.0-only
// Machines that are checked for leaks and for lock balance after each test, whatever test framework runs it.

import { machine, type machine_options, type machine_usage } from '../machine';

export interface leak_options {
  /** Timers that are still armed count as leaks. Default false: a cache's timer may outlive a test. */
  readonly timers?: boolean;
}

/**
 * 1 MiB: memory that a test does not touch is not free either. V8 collects garbage each time that 64 MiB more are
 * allocated.
 */
const SMALL: machine_options = { memory: { nodes: [{ lowmem_pages: 256 }] } };

/** One line for each kind of thing that is not as before: `pages: 0 before, 3 after`. */
export function usage_differences(
  before: machine_usage,
  after: machine_usage,
  options: leak_options = {},
): string[] {
  const differences: string[] = [];
  for (const key of Object.keys(before) as (keyof machine_usage)[]) {
    if (key === 'timers' && options.timers !== true) continue;
    if (before[key] !== after[key])
      differences.push(`${key}: ${String(before[key])} before, ${String(after[key])} after`);
  }
  return differences;
}

/** @throws Error that lists what differs */
export function expect_no_leaks(
  before: machine_usage,
  after: machine_usage,
  options: leak_options = {},
): void {
  const differences = usage_differences(before, after, options);
  if (differences.length > 0) throw new Error(`the machine leaks: ${differences.join('; ')}`);
}

/** What the hook needs to know of the test that ended (mocha's context has it). */
interface hook_context {
  readonly currentTest?: { readonly state?: string | undefined } | undefined;
}

export type after_each = (hook: (this: hook_context) => void) => void;

/** The machines of the tests of one `describe`. */
export class machine_room {
  private readonly watched = new Map<machine, machine_usage>();

  constructor(private readonly options: leak_options) {}

  /** A machine that has to be at the end of the test what it is now. Without `memory` it has 1 MiB. */
  readonly boot_machine = (options: machine_options = {}): machine =>
    this.watch(new machine({ ...SMALL, ...options }));

  /** The same for a machine made elsewhere. Called again, it makes today's usage the one to come back to. */
  readonly watch = (k: machine): machine => {
    this.watched.set(k, k.usage());
    return k;
  };

  /** Leaves a machine unchecked: one that oopsed holds what it held, or the test is about the leak. */
  readonly write_off = (k: machine): void => {
    this.watched.delete(k);
  };

  /**
   * Checks the watched machines and forgets them.
   * @throws Error that lists what leaked
   */
  readonly check = (): void => {
    const watched = [...this.watched];
    this.watched.clear();
    for (const [k, before] of watched) expect_no_leaks(before, k.usage(), this.options);
  };

  /** Forgets every machine unchecked. */
  readonly clear = (): void => {
    this.watched.clear();
  };
}

/**
 * Called inside `describe`: `const { boot_machine } = leak_checked();`. After each test, every machine that it booted
 * has to be back where it began: pages, allocations, vmalloc areas, workqueues, locks, preempt count, interrupts. A
 * test that failed already is not checked.
 * @param after_each the test framework's hook, default its global `afterEach`
 * @throws Error when there is no such hook
 */
export function leak_checked(options: leak_options = {}, after_each?: after_each): machine_room {
  const hook = after_each ?? (globalThis as { afterEach?: after_each }).afterEach;
  if (!hook)
    throw new Error('leak_checked: no afterEach here; call it in a describe() or pass one');
  const room = new machine_room(options);
  hook(function () {
    if (this.currentTest?.state === 'failed') room.clear();
    else room.check();
  });
  return room;
}
