// SPDX-License-Identifier: GPL-2.0-only
// General memory: JS objects with the kernel's accounting, limits and failures. C: include/linux/slab.h,
// mm/slab_common.c, mm/slub.c, mm/util.c
// JS: the size argument is the struct's class (`kzalloc(sizeof(*p))` is `kzalloc(type)`), which knows the C's size; arrays
// say what of.

import { get_order } from './bits';
import type { context_c } from './context';
import type { fault_inject_c } from './fault-inject';
import { GFP_KERNEL, __GFP_NOWARN, gfpflags_allow_blocking } from './gfp';
import { MAX_ORDER } from './page_alloc';
import { type printk_c, oops } from './printk';
import { type gfp_t, PAGE_SHIFT, PAGE_SIZE } from './types';

/** A struct: its class, and how many bytes it has in the C on x86-64. See docs/porting.md#sizes-of-structs */
export interface struct_type<T extends object> {
  new (): T;
  readonly sizeof: number;
}

/** The largest kmalloc, 4 MiB: SLUB takes what is larger than two pages from the page allocator. */
export const KMALLOC_SHIFT_MAX = MAX_ORDER + PAGE_SHIFT - 1;
export const KMALLOC_MAX_SIZE = 2 ** KMALLOC_SHIFT_MAX;

/** sizeof(void *) */
const POINTER = 8;

/** A cache of one kind of object with a failure site of its own. C: struct kmem_cache */
export class kmem_cache<T extends object> {
  /** Objects out. */
  in_use = 0;
  constructor(
    readonly name: string,
    readonly type: struct_type<T>,
    readonly site: string,
  ) {}
}

export class slab_c {
  private readonly live = new Set<object>();
  private cached = 0;

  constructor(
    private readonly context: context_c,
    private readonly faults: fault_inject_c,
    private readonly log: printk_c,
  ) {}

  /** Objects allocated and not freed. */
  in_use(): number {
    return this.live.size + this.cached;
  }

  /** A struct, or null. Zeroing is not modelled for structs: a class initialises its fields. */
  kmalloc<T extends object>(type: struct_type<T>, gfp: gfp_t): T | null {
    return this.kzalloc(type, gfp);
  }

  /** @param tail bytes of an array at the struct's end */
  kzalloc<T extends object>(type: struct_type<T>, gfp: gfp_t, tail = 0): T | null {
    if (!this.kmalloc_allowed(type.sizeof + tail, gfp)) return null;
    const p = new type();
    this.live.add(p);
    return p;
  }

  /** An array of structs. */
  kcalloc<T extends object>(n: number, type: struct_type<T>, gfp: gfp_t): T[] | null {
    if (!this.kmalloc_allowed(n * type.sizeof, gfp)) return null;
    const array = Array.from({ length: n }, () => new type());
    this.live.add(array);
    return array;
  }

  /** An array of pointers, NULL at first. */
  kmalloc_array<T extends object>(n: number, gfp: gfp_t): (T | null)[] | null {
    if (!this.kmalloc_allowed(n * POINTER, gfp)) return null;
    return this.pointers(n);
  }

  private pointers<T extends object>(n: number): (T | null)[] {
    const array = new Array<T | null>(n);
    for (let i = 0; i < n; i++) array[i] = null;
    this.live.add(array);
    return array;
  }

  /**
   * An array of pointers that may be large: what is larger than a page comes from vmalloc if kmalloc has it not, but
   * only for a caller that may sleep. C: mm/util.c kvmalloc_node
   */
  kvzalloc<T extends object>(n: number, gfp: gfp_t): (T | null)[] | null {
    const fallback = (gfp & GFP_KERNEL) === GFP_KERNEL && n * POINTER > PAGE_SIZE;
    if (!fallback) return this.kmalloc_array<T>(n, gfp);
    return this.kmalloc_array<T>(n, gfp | __GFP_NOWARN) ?? this.pointers<T>(n);
  }

  /** A struct of any size, at the site `vmalloc`; may sleep. C: mm/vmalloc.c */
  vzalloc<T extends object>(type: new () => T): T | null {
    if (!this.allowed('vmalloc', GFP_KERNEL)) return null;
    const p = new type();
    this.live.add(p);
    return p;
  }

  kfree(p: object | null): void {
    if (p !== null && !this.live.delete(p))
      throw new oops('bug', 'kfree of memory that is not allocated');
  }

  /** C: mm/util.c; JS: of vmalloc's memory too, as vfree is. */
  kvfree(p: object | null): void {
    this.kfree(p);
  }

  /** Accounts for `size` bytes made elsewhere (a scatter table) under the kmalloc site. */
  kmalloc_account(object: object, size: number, gfp: gfp_t): boolean {
    if (!this.kmalloc_allowed(size, gfp)) return false;
    this.live.add(object);
    return true;
  }

  kmem_cache_create<T extends object>(
    name: string,
    type: struct_type<T>,
    site: string,
  ): kmem_cache<T> {
    return new kmem_cache(name, type, site);
  }

  kmem_cache_zalloc<T extends object>(cache: kmem_cache<T>, gfp: gfp_t): T | null {
    return this.kmem_cache_account(cache, gfp) ? new cache.type() : null;
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

  /** No allocator has so much in one piece. JS: for memory that is made before it is accounted for. */
  kmalloc_too_large(size: number, gfp: gfp_t): boolean {
    if (size <= KMALLOC_MAX_SIZE) return false;
    this.log.WARN_ON(
      (gfp & __GFP_NOWARN) === 0,
      `page allocation of order ${String(get_order(size))}`,
    );
    return true;
  }

  private kmalloc_allowed(size: number, gfp: gfp_t): boolean {
    return !this.kmalloc_too_large(size, gfp) && this.allowed('kmalloc', gfp);
  }

  private allowed(site: string, gfp: gfp_t): boolean {
    if (gfpflags_allow_blocking(gfp)) this.context.might_sleep();
    return !this.faults.should_fail(site);
  }
}
