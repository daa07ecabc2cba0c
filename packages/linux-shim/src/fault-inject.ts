// SPDX-License-Identifier: GPL-2.0-only
// Failures on demand, site by site: skip so many passages, then fail so many. C: lib/fault-inject.c, in spirit

import { check_value, either, one_of, text, whole } from './options';

const PASSAGES = either('a whole number from 0 on, or Infinity', whole(), one_of(Infinity));

interface arming {
  skip: number;
  count: number;
}

export class fault_inject_c {
  private readonly armed = new Map<string, arming>();
  private readonly passed = new Map<string, number>();
  private counting = false;
  private decide: ((site: string) => boolean) | null = null;
  /** False only while nothing is armed, counted or asked: all that a passage looks at then. */
  private watched = false;

  /**
   * Arms a site; replaces an earlier arming.
   * @param count how many passages fail; 0 disarms
   * @param skip how many succeed before that
   * @throws OptionError unless both are whole numbers from 0 on, or Infinity
   */
  fail(site: string, count: number, skip = 0): void {
    check_value('fail', 'site', site, text);
    check_value('fail', 'count', count, PASSAGES);
    check_value('fail', 'skip', skip, PASSAGES);
    if (count === 0) this.armed.delete(site);
    else this.armed.set(site, { skip, count });
    this.watch();
  }

  /** Asks at each passage of each site, before what is armed, whether it fails; null: asks nobody any more. */
  ask(decide: ((site: string) => boolean) | null): void {
    this.decide = decide;
    this.watch();
  }

  private watch(): void {
    this.watched = this.counting || this.armed.size > 0 || this.decide !== null;
  }

  /** Called at each passage of a site. */
  should_fail(site: string): boolean {
    return this.watched && this.passage(site);
  }

  // Out of line, so that should_fail is small enough to be inlined at each site.
  private passage(site: string): boolean {
    if (this.counting) this.passed.set(site, (this.passed.get(site) ?? 0) + 1);
    if (this.decide?.(site) === true) return true;
    const a = this.armed.get(site);
    if (a === undefined) return false;
    if (a.skip > 0) {
      a.skip--;
      return false;
    }
    if (--a.count === 0) this.armed.delete(site);
    return true;
  }

  /** Starts counting passages anew. */
  count_passages(): void {
    this.counting = true;
    this.watch();
    this.passed.clear();
  }

  /** Passages of a site since count_passages. */
  passages(site: string): number {
    return this.passed.get(site) ?? 0;
  }
}
