// SPDX-License-Identifier: GPL-2.0-only
// What lockdep says of locks, over all runs: orders that form a circle, and locks that are taken in interrupts and elsewhere
// with interrupts on. Locks of one name are one class. C: kernel/locking/lockdep.c, in spirit

import type { Executor } from '../executor';
import { siteOf } from './places';

export class Lockdep {
  /** By class: classes that were taken while it was held, and where. */
  private readonly after = new Map<string, Map<string, string>>();
  private readonly inInterrupt = new Map<string, string>();
  private readonly interruptible = new Map<string, string>();
  /** By thread. */
  private held: number[][] = [];
  private readonly known = new Set<number>();
  /** Pairs of locks, one taken under the other. */
  private readonly ordered = new Set<number>();

  constructor(private readonly rt: Executor) {}

  begin(): void {
    for (const one of this.held) if (one.length > 0) one.length = 0;
    if (this.held.length === 0) this.held = this.rt.threads.map(() => []);
  }

  /** Whether the thread holds a lock. */
  holdsAny(t: number): boolean {
    return (this.held[t] as number[]).length > 0;
  }

  /** @param masked interrupts of the CPU are off */
  taken(lock: number, site: number, masked: boolean): void {
    const { rt } = this;
    const held = this.held[rt.current] as number[];
    const interrupt = rt.inInterrupt();
    const key = lock * 4 + (masked ? 1 : 0) + (interrupt ? 2 : 0);
    if (!this.known.has(key)) {
      this.known.add(key);
      this.usage(lockClass(rt, lock), site, masked, interrupt);
    }
    for (const before of held) this.order(before, lock, site);
    held.push(lock);
  }

  given(lock: number): void {
    const held = this.held[this.rt.current] as number[];
    if (held.at(-1) === lock) held.pop();
    else if (held.includes(lock)) held.splice(held.lastIndexOf(lock), 1);
  }

  private usage(name: string, site: number, masked: boolean, interrupt: boolean): void {
    if (interrupt) this.inInterrupt.set(name, siteOf(site));
    else if (!masked) this.interruptible.set(name, siteOf(site));
    const there = this.inInterrupt.get(name);
    const here = this.interruptible.get(name);
    if (there !== undefined && here !== undefined)
      this.rt.fail(
        'irq-unsafe-lock',
        `${name} is taken in an interrupt at ${there}, and with interrupts on at ${here}`,
      );
  }

  private order(before: number, lock: number, site: number): void {
    const pair = before * PAIRS + lock;
    if (this.ordered.has(pair)) return;
    this.ordered.add(pair);
    const first = lockClass(this.rt, before);
    const second = lockClass(this.rt, lock);
    const known = this.after.get(first) ?? new Map<string, string>();
    if (known.has(second)) return;
    this.after.set(first, known.set(second, siteOf(site)));
    const back = this.path(second, first, new Set());
    if (back !== undefined)
      this.rt.fail(
        'lock-order',
        `${second} is taken under ${first} at ${siteOf(site)}, ${back} the other way round`,
      );
  }

  /** Where, under `from`, `to` is taken, maybe over others. */
  private path(from: string, to: string, seen: Set<string>): string | undefined {
    if (seen.has(from)) return undefined;
    seen.add(from);
    for (const [next, site] of this.after.get(from) ?? []) {
      if (next === to) return `at ${site}`;
      const on = this.path(next, to, seen);
      if (on !== undefined) return `at ${site} and ${on}`;
    }
    return undefined;
  }
}

/** More than there are objects. */
const PAIRS = 2 ** 20;

/** `iova_fq.lock` of `iova_fq.lock 1`. */
function lockClass(rt: Executor, lock: number): string {
  return (rt.names[lock] ?? '').replace(/ .*/, '');
}
