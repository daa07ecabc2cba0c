// SPDX-License-Identifier: GPL-2.0-only
// What devices can reach, cut where it changes whether a driver wants them to.

import { PAGE_SIZE, list_for_each_entry } from '@iommu-bounce/linux-shim';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import type { RangeFrame } from './frame';
import { type HeldMapping, type WatchedDomain, domainName } from './held-mapping';
import { accessOf } from './pool-frames';

type Interval = readonly [start: number, end: number];

/** The ranges of a domain, in order; `held` are the mappings of its devices. */
export function rangeFrames(watched: WatchedDomain, held: readonly HeldMapping[]): RangeFrame[] {
  const domain = domainName(watched);
  const wanted = wantedPages(watched, held);
  const frames: RangeFrame[] = [];
  let next = 0;
  const add = (range: RangeFrame): void => {
    const last = frames.at(-1);
    if (
      last?.access === range.access &&
      last.wanted === range.wanted &&
      last.iova + last.size === range.iova &&
      last.phys + last.size === range.phys
    )
      frames[frames.length - 1] = { ...last, size: last.size + range.size };
    else frames.push(range);
  };
  for (const { iova, size, phys, prot } of watched.pieces) {
    const access = accessOf(prot);
    if (access === null) continue;
    const end = iova + size;
    for (let at = iova; at < end;) {
      while (next < wanted.length && (wanted[next] as Interval)[1] <= at) next++;
      const [from, to] = wanted[next] ?? [Infinity, Infinity];
      const isWanted = from <= at;
      const stop = Math.min(end, isWanted ? to : from);
      add({
        domain,
        iova: at,
        size: stop - at,
        phys: phys + (at - iova),
        access,
        wanted: isWanted,
      });
      at = stop;
    }
  }
  return frames;
}

/** The pages of mappings, and those of interrupts, which devices write to; in order, and none overlap. */
function wantedPages({ domain }: WatchedDomain, held: readonly HeldMapping[]): Interval[] {
  const all: Interval[] = [];
  for (const { segments } of held)
    for (const [iova, size] of segments)
      all.push([pageFloor(iova), pageFloor(iova + size - 1) + 1]);
  if (domain.iova_cookie !== null)
    for (const msi of list_for_each_entry(to_cookie(domain).msi_page_list))
      all.push([pageFloor(msi.iova), pageFloor(msi.iova) + 1]);
  const merged: [number, number][] = [];
  for (const [start, end] of all.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged.map(([start, end]) => [start * PAGE_SIZE, end * PAGE_SIZE]);
}

/** Number of the page that an address is in. */
function pageFloor(address: number): number {
  return Math.floor(address / PAGE_SIZE);
}
