// SPDX-License-Identifier: GPL-2.0-only
// Findings 45 to 50: the address allocator, iova.c.

import { PAGE_SIZE, ULONG_MAX } from '@iommu-bounce/linux-shim';
import { type iova, type iova_c, iova_domain } from '@iommu-bounce/iommu-core';
import type { Finding } from './finding';
import { type Machine, type Trial, yesNo } from './kit';

/** The allocator of a machine with a domain of its own, which no device uses. */
class Allocator {
  readonly iovad = new iova_domain();
  private readonly v: iova_c;

  constructor(m: Machine, startPfn = 1) {
    this.v = m.iova;
    this.v.init_iova_domain(this.iovad, PAGE_SIZE, startPfn);
  }

  alloc(size: number, limit: number): iova | null {
    return this.v.alloc_iova(this.iovad, size, limit, true);
  }

  /** First frame; 0 if there is none. */
  fast(size: number, limit: number): number {
    return this.v.alloc_iova_fast(this.iovad, size, limit, false);
  }

  /** Takes single frames from `limit` down to frame 1. */
  fill(limit: number): void {
    while ((this.alloc(1, limit)?.pfn_lo ?? 1) > 1);
  }

  free(pfn: number): void {
    this.v.free_iova(this.iovad, pfn);
  }

  /** Into the caches, if they take it. */
  freeFast(pfn: number): void {
    this.v.free_iova_fast(this.iovad, pfn, 1);
  }

  end(): void {
    this.v.put_iova_domain(this.iovad);
  }

  reserve(lo: number, hi: number): iova | null {
    return this.v.reserve_iova(this.iovad, lo, hi);
  }

  find(pfn: number): iova | null {
    return this.v.find_iova(this.iovad, pfn);
  }
}

/** `8 to 15`, or `none`. */
function frames(range: iova | null): string {
  return range ? `${String(range.pfn_lo)} to ${String(range.pfn_hi)}` : 'none';
}

function belowStart(t: Trial): void {
  const a = new Allocator(t.machine(), 16);
  t.see('lowest frame of the domain', a.iovad.start_pfn);
  const got = a.alloc(8, 15);
  t.see('8 frames up to 15', frames(got), got !== null && got.pfn_lo < a.iovad.start_pfn);
  const whole = new Allocator(t.machine());
  const first = whole.fast(16, 15);
  t.see('16 frames up to 15, lowest frame 1: first frame', first);
  const lost = whole.find(0);
  t.see('frames held behind that answer', frames(lost), first === 0 && lost !== null);
}

function endlessSearch(t: Trial): void {
  const m = t.machine();
  const a = new Allocator(m);
  a.fill(7);
  a.free(7);
  t.see('frames 1 to 6 are taken; a frame up to 6', a.fast(1, 6));
  const held = a.find(0);
  t.see('what holds frame 0', frames(held), held !== null);
  t.dies('two frames up to 7', () => {
    a.fast(2, 7);
  });
  t.see('interrupts off after it', yesNo(m.k.usage().irqs_disabled));
}

function missingMagazine(t: Trial): void {
  for (const [name, skip, frees] of [
    ['the first magazine', 0, 1],
    ['the second magazine', 1, 129],
  ] as const) {
    const m = t.machine();
    m.k.faults.fail('kmalloc', 1, skip);
    const a = new Allocator(m);
    const all = Array.from({ length: frees }, () => a.alloc(1, 1000)?.pfn_lo ?? 0);
    t.dies(`without ${name}: free number ${String(frees)}`, () => {
      for (const pfn of all) a.freeFast(pfn);
    });
  }
  const m = t.machine();
  m.k.faults.fail('percpu', 1);
  const a = new Allocator(m);
  m.k.faults.fail('percpu', 0);
  t.dies('without the CPUs’ caches: one frame is taken and freed', () => {
    a.freeFast(a.fast(1, 1000));
  });
  t.dies('and the domain ends', () => {
    a.end();
  });
}

function refusedWithRoom(t: Trial): void {
  const a = new Allocator(t.machine());
  a.fill(7);
  a.free(7);
  t.see('frame 7 is freed; a frame up to 7', frames(a.alloc(1, 7)));
  t.see('another', frames(a.alloc(1, 7)));
  a.free(1);
  a.free(2);
  const isFree = a.find(1) === null && a.find(2) === null;
  const got = a.alloc(1, 7);
  t.see('frames 1 and 2 are freed; a frame up to 7', frames(got), isFree && got === null);
  t.see('max32_alloc_size', a.iovad.max32_alloc_size);
}

function allOnes(t: Trial): void {
  const a = new Allocator(t.machine());
  const top = a.alloc(1, ULONG_MAX);
  t.see('a frame without a limit', top ? 'one near the top' : 'none', top === null);
  const low = a.alloc(1, 100);
  t.see('then a frame up to 100', frames(low), low === null);
  t.see('max32_alloc_size', a.iovad.max32_alloc_size);
}

function swallowed(t: Trial): void {
  const a = new Allocator(t.machine());
  const own = a.alloc(4, 19);
  t.see('4 frames up to 19', frames(own));
  const reserved = a.reserve(10, 19);
  t.see('frames 10 to 19 are reserved', frames(reserved));
  a.free(16);
  t.see('the 4 frames are freed; what holds frame 10', frames(a.find(10)));
  const next = a.alloc(8, 17);
  const isGiven = next !== null && next.pfn_lo <= 17 && next.pfn_hi >= 10;
  t.see('8 frames up to 17', frames(next), reserved !== null && isGiven);
}

export const IOVA: readonly Finding[] = [
  {
    id: 45,
    title: 'The allocator returns addresses below start_pfn',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a request larger than the room above start_pfn gets addresses that the IOMMU or the bus does not have, or addresses that nobody can free',
    where: ['__alloc_and_insert_iova_range'],
    later:
      'mended in v6.2 by dcdb3ba7e2a8, “iommu/iova: Fix alloc iova overflows issue” (January 2023), which adds one after the comparison, not before',
    fix: 'anchor-end',
    steps: [
      'A domain begins at frame 16. The first request is for 8 frames, none above 15.',
      'Another one begins at frame 1. The first request is for 16 frames, none above 15.',
    ],
    show: belowStart,
  },
  {
    id: 46,
    title: 'After 45, the search can loop forever with the lock held',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'a domain that ran full once can stop a CPU with interrupts off, at any later map',
    where: ['__alloc_and_insert_iova_range'],
    later: 'mended in v6.2 with 45, by reading: dcdb3ba7e2a8 lets no range end below start_pfn',
    fix: 'anchor-end',
    steps: [
      'All frames up to 7 are taken one by one, and the highest is freed.',
      'A frame up to 6 is asked for, then two up to 7.',
    ],
    show: endlessSearch,
  },
  {
    id: 47,
    title: 'A failed magazine allocation oopses much later',
    severity: 'crash',
    cause: 'failure',
    harm: 'one failed allocation while a domain is set up, and the first map, the first unmap or the 129th follows NULL',
    where: ['init_iova_rcaches', '__iova_rcache_insert'],
    later:
      'mended in v5.18 by 32e92d9f6f87 (February 2022), which gives the caches a set-up of their own, which can fail; a second set-up of that domain succeeds without them (43)',
    fix: 'missing-magazine',
    steps: [
      'One of the two magazines of a cache cannot be allocated.',
      'Frames are allocated and freed into the cache.',
      'On another machine what each CPU has of the cache cannot be allocated.',
    ],
    show: missingMagazine,
  },
  {
    id: 48,
    title: 'max32_alloc_size is not reset',
    severity: 'loss of service',
    cause: 'any load',
    harm: 'after one failure below 4 GiB, mappings fail although there is room, until the right range is freed',
    where: ['__cached_rbnode_delete_update'],
    later:
      'mended in v5.18 by 5b61343b5059, “iommu/iova: Improve 32-bit free space estimate”: any free below 4 GiB resets it (mail of March 2022, 033815732d83ca73b13c11485ac39336f15c3b40.1646318408.git.robin.murphy@arm.com)',
    fix: 'any-free',
    steps: [
      'All frames up to 7 are taken one by one; the highest is freed and taken again.',
      'One more request fails. Frames 1 and 2 are freed, and a frame is asked for.',
    ],
    show: refusedWithRoom,
  },
  {
    id: 49,
    title: 'A limit of all ones refuses everything',
    severity: 'loss of service',
    cause: 'driver misuse',
    harm: 'a caller without a limit gets nothing, and after it nobody gets an address below 4 GiB',
    where: ['alloc_iova'],
    later: 'not mended in v7.0 or later, by reading: alloc_iova still adds one to the limit',
    fix: 'whole-limit',
    steps: ['A frame is asked for with a limit of all ones, then one up to 100.'],
    show: allOnes,
  },
  {
    id: 50,
    title: 'A reservation can be freed together with an allocation',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'addresses that must not be used, such as those of a window of the bus, are handed out after an unmap; latent: of the callers of v5.13 only the race of 67 finds an address allocated',
    where: ['reserve_iova'],
    later:
      'not mended in v7.0 or later, by reading: __adjust_overlap_range still grows any range that reserve_iova meets',
    fix: 'own-reservation',
    steps: [
      'Frames 16 to 19 are allocated, then 10 to 19 reserved.',
      'The allocation is freed, and 8 frames are asked for.',
    ],
    show: swallowed,
  },
];
