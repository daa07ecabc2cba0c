// SPDX-License-Identifier: GPL-2.0-only
// What a capture asks of the pool, in a few bytes for each call: enough to decide anew for other classes and slots.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { Growing } from './growing';

/** Classes that io_buffer_pool.class_sizes can name: PAGE_SIZE << 0 to 7. */
export const CLASS_BITS = 8;
/** Bytes of the largest. */
export const LONGEST_CLASS = PAGE_SIZE * 2 ** (CLASS_BITS - 1);
/** In place of a class: larger than all of them. */
export const TOO_BIG = CLASS_BITS;
/** Beside a class: no memory is left for a new buffer. */
const FILL_FAILS = 0x10;
const CLASS_MASK = 0x0f;
/** In place of the map of an unmap: it is a map itself. */
const IS_MAP = -1;
/** More requests of one call are not told apart. */
const MOST_REQUESTS = 0xffff;

/** One map or unmap that asks the pool, as the machine did it. */
export interface PoolCall {
  /** Jiffies since the load began. */
  readonly jiffies: number;
  /** Bytes copied if it goes through the pool. */
  readonly copies: number;
  /** Requests of the IOMMU if it does not. */
  readonly requests: number;
}

export interface PoolMap extends PoolCall {
  /** The domain, numbered from 0. */
  readonly domain: number;
  /** Permission of the mapping, as the driver of the IOMMU gets it: a buffer serves no other. */
  readonly prot: number;
  /** Bytes that a buffer has to hold: of a page mapping with its offset. */
  readonly size: number;
  /** The machine has no memory for a new buffer then. */
  readonly fillFails: boolean;
}

/** Bit of the smallest class that holds so many bytes, 0 to 7; 8: none does. */
export function classBit(size: number): number {
  let bit = 0;
  while (bit < CLASS_BITS && size > PAGE_SIZE * 2 ** bit) bit++;
  return bit;
}

/** The calls in the order in which they were made. */
export class PoolLoad {
  /** Map calls by the smallest class that could serve them; the last count is of those that none can. */
  readonly mapsByBit = new Float64Array(CLASS_BITS + 1);
  maps = 0;
  /** Jiffies from the first step to the last one, also of calls that ask nothing. */
  endJiffies = 0;
  /** Requests of maps and unmaps if none goes through the pool. */
  plainRequests = 0;
  /** Domains with a pool, the idle ones included. */
  domains = 0;
  private readonly classes = new Growing((n) => new Uint8Array(n));
  private readonly caches = new Growing((n) => new Uint16Array(n));
  private readonly mapOf = new Growing((n) => new Int32Array(n));
  private readonly times = new Growing((n) => new Uint32Array(n));
  private readonly bytes = new Growing((n) => new Uint32Array(n));
  private readonly requests = new Growing((n) => new Uint16Array(n));
  private readonly cacheIds = new Map<number, number>();
  private readonly cacheDomains: number[] = [];

  /** @param hz ticks per second of the machine */
  constructor(readonly hz: number) {}

  /** Number of the call, for its unmap. */
  map({ domain, prot, size, fillFails, ...call }: PoolMap): number {
    const bit = classBit(size);
    this.mapsByBit[bit] = (this.mapsByBit[bit] ?? 0) + 1;
    this.maps++;
    this.domains = Math.max(this.domains, domain + 1);
    this.push(call, bit | (fillFails ? FILL_FAILS : 0), this.cache(domain, prot), IS_MAP);
    return this.classes.length - 1;
  }

  /** @param map what `map` returned, at most once each */
  unmap(map: number, call: PoolCall): void {
    const { classes, caches } = this;
    this.push(call, classes.view()[map] ?? 0, caches.view()[map] ?? 0, map);
  }

  /** The arrays of all calls, to be read in a loop. */
  get calls(): PoolCalls {
    return {
      length: this.classes.length,
      classes: this.classes.view(),
      caches: this.caches.view(),
      mapOf: this.mapOf.view(),
      times: this.times.view(),
      bytes: this.bytes.view(),
      requests: this.requests.view(),
      domainOfCache: Uint16Array.from(this.cacheDomains),
    };
  }

  private push(call: PoolCall, klass: number, cache: number, map: number): void {
    const requests = Math.min(call.requests, MOST_REQUESTS);
    this.classes.push(klass);
    this.caches.push(cache);
    this.mapOf.push(map);
    this.times.push(call.jiffies);
    this.bytes.push(call.copies);
    this.requests.push(requests);
    this.plainRequests += requests;
    this.endJiffies = Math.max(this.endJiffies, call.jiffies);
  }

  /** One for each domain and permission. */
  private cache(domain: number, prot: number): number {
    const key = domain * 2 ** 16 + prot;
    let id = this.cacheIds.get(key);
    if (id === undefined) {
      this.cacheIds.set(key, (id = this.cacheDomains.length));
      this.cacheDomains.push(domain);
    }
    return id;
  }
}

/** Of each call: what `callClass` and `callFillFails` read, its cache, the map that it ends, when, bytes and requests. */
export interface PoolCalls {
  readonly length: number;
  readonly classes: Uint8Array;
  readonly caches: Uint16Array;
  /** Below 0: it is a map. */
  readonly mapOf: Int32Array;
  readonly times: Uint32Array;
  readonly bytes: Uint32Array;
  readonly requests: Uint16Array;
  readonly domainOfCache: Uint16Array;
}

/** The smallest class that could serve a call. */
export function callClass(value: number): number {
  return value & CLASS_MASK;
}

export function callFillFails(value: number): boolean {
  return (value & FILL_FAILS) !== 0;
}
