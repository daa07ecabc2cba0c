// SPDX-License-Identifier: GPL-2.0-only
// General memory: JS objects with the kernel's accounting and failures. C: include/linux/slab.h, mm/slab_common.c
// JS: the size argument is the struct's class (`kzalloc(sizeof(*p))` is `kzalloc(type)`), and arrays say what of.

import type { context_c } from './context';
import type { fault_inject_c } from './fault-inject';
import { gfpflags_allow_blocking } from './gfp';
import { oops } from './printk';
import type { gfp_t } from './types';

/** A cache of one kind of object with a failure site of its own. C: struct kmem_cache */
export class kmem_cache<T extends object> {
  /** Objects out. */
  in_use = 0;
  constructor(
    readonly name: string,
    readonly type: new () => T,
    readonly site: string,
  ) {}
}

export class slab_c {
  private readonly live = new Set<object>();
  private cached = 0;

  constructor(
    private readonly context: context_c,
    private readonly faults: fault_inject_c,
  ) {}

  /** Objects allocated and not freed. */
  in_use(): number {
    return this.live.size + this.cached;
  }

  /** A struct, or null. Zeroing is not modelled for structs: a class initialises its fields. */
  kmalloc<T extends object>(type: new () => T, gfp: gfp_t): T | null {
    if (!this.allowed('kmalloc', gfp)) return null;
    const p = new type();
    this.live.add(p);
    return p;
  }

  kzalloc<T extends object>(type: new () => T, gfp: gfp_t): T | null {
    return this.kmalloc(type, gfp);
  }

  /** An array of structs. */
  kcalloc<T extends object>(n: number, type: new () => T, gfp: gfp_t): T[] | null {
    if (!this.allowed('kmalloc', gfp)) return null;
    const array = Array.from({ length: n }, () => new type());
    this.live.add(array);
    return array;
  }

  /** An array of pointers, NULL at first. */
  kmalloc_array<T extends object>(n: number, gfp: gfp_t): (T | null)[] | null {
    if (!this.allowed('kmalloc', gfp)) return null;
    const array = new Array<T | null>(n).fill(null);
    this.live.add(array);
    return array;
  }

  /** An array of pointers that may be large; vmalloc never has to help out here. C: mm/util.c kvmalloc_node */
  kvzalloc<T extends object>(n: number, gfp: gfp_t): (T | null)[] | null {
    return this.kmalloc_array<T>(n, gfp);
  }

  kfree(p: object | null): void {
    if (p !== null && !this.live.delete(p))
      throw new oops('bug', 'kfree of memory that is not allocated');
  }

  /** C: mm/util.c; memory that came from kmalloc, so this never sleeps. */
  kvfree(p: object | null): void {
    this.kfree(p);
  }

  /** Accounts for memory made elsewhere (a scatter table) under the kmalloc site. */
  kmalloc_account(object: object, gfp: gfp_t): boolean {
    if (!this.allowed('kmalloc', gfp)) return false;
    this.live.add(object);
    return true;
  }

  kmem_cache_create<T extends object>(
    name: string,
    type: new () => T,
    site: string,
  ): kmem_cache<T> {
    return new kmem_cache(name, type, site);
  }

  kmem_cache_zalloc<T extends object>(cache: kmem_cache<T>, gfp: gfp_t): T | null {
    if (!this.allowed(cache.site, gfp)) return null;
    cache.in_use++;
    this.cached++;
    return new cache.type();
  }

  /** Accounts for an object of a cache that its owner keeps and uses again; kmem_cache_free takes it back. */
  kmem_cache_account(cache: kmem_cache<object>, gfp: gfp_t): boolean {
    if (!this.allowed(cache.site, gfp)) return false;
    cache.in_use++;
    this.cached++;
    return true;
  }

  /** JS: objects of a cache are counted, not known one by one: only a free too many is noticed. */
  kmem_cache_free<T extends object>(cache: kmem_cache<T>, _object: T): void {
    if (cache.in_use === 0)
      throw new oops('bug', `${cache.name}: free of an object that is not out`);
    cache.in_use--;
    this.cached--;
  }

  private allowed(site: string, gfp: gfp_t): boolean {
    if (gfpflags_allow_blocking(gfp)) this.context.might_sleep();
    return !this.faults.should_fail(site);
  }
}
