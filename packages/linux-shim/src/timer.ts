// SPDX-License-Identifier: GPL-2.0-only
// Virtual time, jiffies and the timer wheel. C: kernel/time/timer.c, include/linux/jiffies.h
// The wheel rounds up: a timer runs 1 to 8^level jiffies after `expires`, the level being that of its distance when it
// was armed. One base for all CPUs, where C has one per CPU; no deferrable timers, no dynamic tick. See
// docs/porting.md#linux-shim

import { __ffs } from './bits';
import type { context_c } from './context';
import { INIT_LIST_HEAD, list_add, list_del_init, list_entry, list_empty, list_head } from './list';
import { check_value, number_from, that } from './options';
import { BUG_ON, oops } from './printk';

export class timer_list {
  /** JS: a list_head, for the hlist_node of C. */
  readonly entry = new list_head<timer_list>(this);
  /** The jiffy it is set for; it runs later. */
  expires = 0;
  function: ((timer: timer_list) => void) | null = null;
  /** Its bucket. JS: C keeps it in `flags`. */
  idx = 0;
  /** JS: the jiffy that it runs at, while it is pending. */
  due = 0;
}

/** Bits of the clock from one level to the next. */
const LVL_CLK_SHIFT = 3;
const LVL_CLK_DIV = 1 << LVL_CLK_SHIFT;
const LVL_CLK_MASK = LVL_CLK_DIV - 1;
const LVL_BITS = 6;
/** Buckets of a level. */
const LVL_SIZE = 1 << LVL_BITS;
const LVL_MASK = LVL_SIZE - 1;
/** Words of 32 bits that a level has in `pending_map`. */
const LVL_WORDS = LVL_SIZE / 32;

/** Jiffies that a bucket of level n is wide. */
export function LVL_GRAN(n: number): number {
  return 2 ** (n * LVL_CLK_SHIFT);
}

/** The shortest distance in jiffies that goes into level n, n >= 1. */
export function LVL_START(n: number): number {
  return (LVL_SIZE - 1) * LVL_GRAN(n - 1);
}

/** Levels of the wheel. */
function LVL_DEPTH(HZ: number): number {
  return HZ > 100 ? 9 : 8;
}

/** What `jiffies` is at boot, on a 64-bit kernel: 32 bits of it wrap after five minutes. */
export function INITIAL_JIFFIES(HZ: number): number {
  return 2 ** 32 - 300 * HZ;
}

const NEXT_TIMER_MAX_DELTA = 2 ** 30 - 1;

const DURATION = number_from(0);
const JIFFY = that('a number of jiffies', Number.isFinite);

/** Out of line: a flush queue arms its timer again and again. */
export function check_expires(expires: number): void {
  check_value('mod_timer', 'expires', expires, JIFFY);
}

/** JS: one for all CPUs (deviation 1), without deferrable timers (deviation 2). */
class timer_base {
  /** The jiffy up to which timers have run, or that it was last looked at. */
  clk: number;
  /** No timer runs before. One that was deleted can have left it too early: then nothing runs. */
  next_expiry: number;
  readonly pending_map: Uint32Array;
  readonly vectors: readonly list_head<timer_list>[];

  constructor(jiffies: number, levels: number) {
    this.clk = jiffies;
    this.next_expiry = jiffies + NEXT_TIMER_MAX_DELTA;
    this.pending_map = new Uint32Array(levels * LVL_WORDS);
    this.vectors = Array.from({ length: levels * LVL_SIZE }, () => new list_head<timer_list>());
  }
}

export class timer_c {
  protected now_jiffies: number;
  protected nr_pending = 0;
  /** Time passed since the last tick, in ns times HZ: 10^9 of these are a tick, so nothing is lost to rounding. */
  private since_tick = 0;
  /** Called after timers ran, and once when time is advanced: runs the work that became due. */
  protected run_work: () => void = () => undefined;
  private readonly levels: number;
  private readonly base: timer_base;
  /** JS: the lists that collect_expired_timers fills. */
  private readonly heads: readonly list_head<timer_list>[];
  /** JS: C returns it through a pointer. */
  private bucket_expiry = 0;

  /**
   * @param HZ ticks per second, 1..1000
   * @param jiffies at boot
   */
  constructor(
    private readonly context: context_c,
    readonly HZ: number,
    jiffies = INITIAL_JIFFIES(HZ),
  ) {
    this.now_jiffies = jiffies;
    this.levels = LVL_DEPTH(HZ);
    this.base = new timer_base(jiffies, this.levels);
    this.heads = Array.from({ length: this.levels }, () => new list_head<timer_list>());
  }

  /** Ticks so far; a machine starts at INITIAL_JIFFIES. */
  jiffies(): number {
    return this.now_jiffies;
  }

  msecs_to_jiffies(ms: number): number {
    return Math.ceil((ms * this.HZ) / 1000);
  }

  jiffies_to_msecs(j: number): number {
    return (j * 1000) / this.HZ;
  }

  timer_setup(timer: timer_list, fn: (timer: timer_list) => void): void {
    timer.function = fn;
    INIT_LIST_HEAD(timer.entry);
  }

  timer_pending(timer: timer_list): boolean {
    return timer.entry.next !== timer.entry;
  }

  private calc_index(expires: number, lvl: number): number {
    const gran = LVL_GRAN(lvl);
    // It must not run early, whatever the level drops of `expires` and though the present tick is part over.
    const bucket = Math.floor((expires + gran) / gran); // finding 3
    this.bucket_expiry = bucket * gran;
    return lvl * LVL_SIZE + (bucket & LVL_MASK);
  }

  private calc_wheel_index(expires: number, clk: number): number {
    const delta = expires - clk;
    if (delta < 0) {
      this.bucket_expiry = clk;
      return clk & LVL_MASK;
    }
    for (let lvl = 0; lvl < this.levels - 1; lvl++)
      if (delta < LVL_START(lvl + 1)) return this.calc_index(expires, lvl);
    const cutoff = LVL_START(this.levels);
    const last = this.levels - 1;
    return this.calc_index(delta >= cutoff ? clk + cutoff - LVL_GRAN(last) : expires, last);
  }

  private enqueue_timer(timer: timer_list, idx: number): void {
    const { base, bucket_expiry } = this;
    list_add(timer.entry, base.vectors[idx] as list_head<timer_list>);
    this.set_pending(idx);
    timer.idx = idx;
    timer.due = bucket_expiry;
    this.nr_pending++;
    if (bucket_expiry < base.next_expiry) {
      base.next_expiry = bucket_expiry;
    }
  }

  private detach_timer(timer: timer_list): void {
    list_del_init(timer.entry);
    this.nr_pending--;
  }

  private detach_if_pending(timer: timer_list): boolean {
    if (!this.timer_pending(timer)) return false;
    const head = this.base.vectors[timer.idx];
    // hlist_is_singular_node: alone in its bucket, and not in a list that is being expired.
    if (timer.entry.next === head && timer.entry.prev === head) {
      this.test_and_clear_pending(timer.idx);
    }
    this.detach_timer(timer);
    return true;
  }

  private forward_timer_base(): void {
    const { base, now_jiffies: jnow } = this;
    // While timers run, clk is one ahead of jiffies: what they arm for now comes with the next tick.
    if (jnow - base.clk < 1) return;
    base.clk = base.next_expiry > jnow ? jnow : base.next_expiry;
  }

  /**
   * (Re)arms; returns whether it was pending. A pending timer that stays in its bucket keeps its place in it.
   * @throws OptionError for a time that is no finite number
   * C: __mod_timer
   */
  mod_timer(timer: timer_list, expires: number): boolean {
    if (!Number.isFinite(expires)) check_expires(expires);
    BUG_ON(timer.function === null, 'a timer without a function');
    const was_pending = this.timer_pending(timer);
    if (was_pending && timer.expires === expires) return true;
    this.forward_timer_base();
    const idx = this.calc_wheel_index(expires, this.base.clk);
    if (was_pending && idx === timer.idx) {
      timer.expires = expires;
      return true;
    }
    this.detach_if_pending(timer);
    timer.expires = expires;
    this.enqueue_timer(timer, idx);
    return was_pending;
  }

  /** Disarms; returns whether it was pending. */
  del_timer(timer: timer_list): boolean {
    return this.detach_if_pending(timer);
  }

  /** The same, and waits for a run in progress: there is none here, where a timer ends before anything else goes on. */
  del_timer_sync(timer: timer_list): boolean {
    return this.del_timer(timer);
  }

  /** Timers run in softirq context: nothing may sleep there. */
  protected call_timer_fn(timer: timer_list): void {
    this.context.preempt_disable();
    timer.function?.(timer);
    this.context.preempt_enable();
  }

  private expire_timers(head: list_head<timer_list>): void {
    while (!list_empty(head)) {
      const timer = list_entry(head.next);
      this.detach_timer(timer);
      this.call_timer_fn(timer);
    }
  }

  /** @returns how many of `heads` it filled, finest level first */
  private collect_expired_timers(): number {
    const { base } = this;
    let clk = (base.clk = base.next_expiry);
    let levels = 0;
    for (let i = 0; i < this.levels; i++) {
      const idx = (clk & LVL_MASK) + i * LVL_SIZE;
      if (this.test_and_clear_pending(idx))
        hlist_move_list(
          base.vectors[idx] as list_head<timer_list>,
          this.heads[levels++] as list_head<timer_list>,
        );
      if ((clk & LVL_CLK_MASK) !== 0) break;
      clk = Math.floor(clk / LVL_CLK_DIV);
    }
    return levels;
  }

  /** Buckets from `clk` to the next one of the level that has timers, -1 for none. */
  private next_pending_bucket(offset: number, clk: number): number {
    const end = offset + LVL_SIZE;
    const start = offset + clk;
    let pos = find_next_bit(this.base.pending_map, end, start);
    if (pos < end) return pos - start;
    pos = find_next_bit(this.base.pending_map, start, offset);
    return pos < start ? pos + LVL_SIZE - start : -1;
  }

  private __next_timer_interrupt(): number {
    const { base } = this;
    let next = base.clk + NEXT_TIMER_MAX_DELTA;
    let clk = base.clk;
    for (let lvl = 0, offset = 0; lvl < this.levels; lvl++, offset += LVL_SIZE) {
      const pos = this.next_pending_bucket(offset, clk & LVL_MASK);
      const lvl_clk = clk & LVL_CLK_MASK;
      if (pos >= 0) {
        next = Math.min(next, (clk + pos) * LVL_GRAN(lvl));
        // Nothing of a coarser level can come before that level's clock moves.
        if (pos <= ((LVL_CLK_DIV - lvl_clk) & LVL_CLK_MASK)) break;
      }
      clk = Math.floor(clk / LVL_CLK_DIV) + (lvl_clk === 0 ? 0 : 1);
    }
    return next;
  }

  private __run_timers(): void {
    const { base } = this;
    while (this.now_jiffies >= base.clk && this.now_jiffies >= base.next_expiry) {
      let levels = this.collect_expired_timers();
      base.clk++;
      base.next_expiry = this.__next_timer_interrupt();
      while (levels-- > 0) this.expire_timers(this.heads[levels] as list_head<timer_list>);
    }
  }

  private set_pending(idx: number): void {
    const { pending_map } = this.base;
    pending_map[idx >>> 5] = (pending_map[idx >>> 5] ?? 0) | (1 << (idx & 31));
  }

  private test_and_clear_pending(idx: number): boolean {
    const { pending_map } = this.base;
    const word = pending_map[idx >>> 5] ?? 0;
    const bit = 1 << (idx & 31);
    pending_map[idx >>> 5] = word & ~bit;
    return (word & bit) !== 0;
  }

  /** Timers armed. */
  pending(): number {
    return this.nr_pending;
  }

  /** A jiffy before which no timer runs. */
  next_due(): number {
    return this.next_tick();
  }

  on_work(run_work: () => void): void {
    this.run_work = run_work;
  }

  /** The next tick at which there may be something to run. */
  protected next_tick(): number {
    return Math.max(this.base.next_expiry, this.now_jiffies + 1);
  }

  /** What is to run at this tick. */
  protected run_local_timers(): void {
    this.__run_timers(); // deviation 3: at once
  }

  /**
   * Moves time on by `ms` milliseconds (fractions count, down to 1 ns), running what becomes due. What does not fill
   * a tick is kept for the next call. An oops when called in atomic context: time cannot pass there on a single CPU.
   * @throws OptionError for a time that is negative or no finite number
   */
  advance(ms: number): void {
    if (this.context.in_atomic() || this.context.irqs_disabled())
      throw new oops('bug', 'time advanced in atomic context');
    check_value('advance', 'ms', ms, DURATION);
    this.since_tick += Math.round(ms * 1e6) * this.HZ;
    const ticks = Math.floor(this.since_tick / 1e9);
    this.since_tick -= ticks * 1e9;
    const end = this.now_jiffies + ticks;
    this.run_work();
    for (let next = this.next_tick(); next <= end; next = this.next_tick()) {
      this.now_jiffies = Math.max(this.now_jiffies, next);
      this.run_local_timers();
      this.run_work();
    }
    this.now_jiffies = Math.max(this.now_jiffies, end); // work that ran may have let more time pass
  }
}

/** Moves all nodes to an empty list. */
function hlist_move_list(from: list_head<timer_list>, to: list_head<timer_list>): void {
  if (list_empty(from)) return;
  to.next = from.next;
  to.prev = from.prev;
  to.next.prev = to;
  to.prev.next = to;
  INIT_LIST_HEAD(from);
}

/** The first set bit in offset..size - 1, else `size`. C: lib/find_bit.c */
function find_next_bit(map: Uint32Array, size: number, offset: number): number {
  for (let at = offset; at < size; at = (at | 31) + 1) {
    const word = (map[at >>> 5] ?? 0) >>> (at & 31);
    if (word !== 0) return Math.min(at + __ffs(word), size);
  }
  return size;
}
