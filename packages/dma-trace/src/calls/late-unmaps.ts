// SPDX-License-Identifier: GPL-2.0-only
// Unmaps whose line comes after their address was mapped again.
//
// The kernel logs dma_unmap_page, dma_unmap_phys and dma_unmap_resource after it has given the address back: by then
// another CPU, or an interrupt on this one, may have mapped it again and logged that. dma_unmap_sg is logged first; its line
// is late only as far as the clocks of two CPUs differ. It is told by the memory that it names.

import type { UnmapPage, UnmapSg } from '../events';
import { unmapSide } from './account/unmap-account';
import type { Context } from './contexts';
import { ALL_ALIKE, isListOf, likeUnmap, listKey, mostLike } from './live-mappings';
import { type Mapping, rangeOf } from './step';

/** Mappings that wait for their line; each is there for microseconds, unless the line is lost. */
const MOST_OWED = 1024;

/** Nanoseconds by which a line is late as a rule: of two that fit alike, the older mapping's comes first. */
export const LATE_NS = 1e6;

/** Nanoseconds by which a line is late at most: its task can be preempted, or its virtual CPU stopped. */
export const LATEST_NS = 1e9;

/** A mapping whose address was mapped again, and whose unmap was not logged so far. */
interface Owed {
  readonly mapping: Mapping;
  /** Where its iommu:unmap was: the line comes from there. Null: there was none. */
  readonly context: Context | null;
  /** Who mapped its address again, and when. */
  readonly by: Context;
  readonly sinceNs: number;
  /** Its line may have come: one that it fits was taken for that of the mapping before. */
  readonly isLent: boolean;
}

export class LateUnmaps {
  private readonly devices = new Map<string, Map<number, Owed[]>>();
  /** The oldest first. */
  private readonly all = new Set<Owed>();
  /** How many of them are lists. */
  private lists = 0;
  /** Mappings whose unmap, by its words, could be that of the one before, and was taken for it. */
  private readonly lent = new WeakSet<Mapping>();

  /** @param missing told of each whose line does not come */
  constructor(private readonly missing: (mapping: Mapping) => void) {}

  /** How many wait. */
  get size(): number {
    return this.all.size;
  }

  /** The address of a mapping was mapped again. */
  add(ended: Omit<Owed, 'isLent'>): void {
    const { mapping } = ended;
    if (mapping.form !== 'page' && mapping.form !== 'resource' && mapping.listKey === null) {
      this.missing(mapping);
      return;
    }
    const owed = { ...ended, isLent: this.lent.has(mapping) };
    if (this.all.size >= MOST_OWED)
      for (const oldest of this.all) {
        this.drop(oldest);
        break;
      }
    this.all.add(owed);
    if (mapping.listKey !== null) this.lists++;
    const { device, dmaAddr } = mapping;
    let addresses = this.devices.get(device);
    if (!addresses) this.devices.set(device, (addresses = new Map<number, Owed[]>()));
    const here = addresses.get(dmaAddr);
    if (here) here.push(owed);
    else addresses.set(dmaAddr, [owed]);
  }

  /** An address is mapped once more: what waited there for long waits in vain. */
  forgetOld(device: string, dmaAddr: number, nowNs: number): void {
    const here = this.at(device, dmaAddr);
    // From the end: what is dropped moves those behind it.
    for (let i = here.length - 1; i >= 0; i--) {
      const owed = here[i] as Owed;
      if (nowNs - owed.sinceNs > LATEST_NS) this.drop(owed);
    }
  }

  /** Events were lost, or the capture ends. */
  forgetAll(): void {
    for (const owed of this.all) this.drop(owed);
  }

  /**
   * The mapping that a line is late for; it waits no longer.
   * @param inForce what is mapped there now; null for nothing
   * @returns null if the line is that of `inForce`, or of nothing known
   */
  take(call: UnmapPage, context: Context, inForce: Mapping | null): Mapping | null {
    const owed = this.find(call, context, inForce);
    if (!owed) return null;
    this.remove(owed);
    return owed.mapping;
  }

  /**
   * The same of a list.
   * @param inForce a list of the same memory that is mapped now; null for none
   */
  takeList(call: UnmapSg, context: Context, inForce: Mapping | null): Mapping | null {
    if (this.lists === 0) return null;
    const key = listKey(call.physAddrs);
    for (const owed of this.all) {
      const { mapping, by, sinceNs, isLent } = owed;
      if (mapping.device !== call.device || !isListOf(mapping, key, call.physAddrs.length))
        continue;
      const isSoon = call.timeNs - sinceNs <= LATE_NS;
      if (inForce ? isLent || by === context || !isSoon : isLent && !isSoon) continue;
      if (inForce) this.lent.add(inForce);
      this.remove(owed);
      return mapping;
    }
    return null;
  }

  private find(call: UnmapPage, context: Context, inForce: Mapping | null): Owed | null {
    const all = this.at(call.device, call.dmaAddr);
    if (all.length === 0) return null;
    const isSoon = (one: Owed): boolean => call.timeNs - one.sinceNs <= LATE_NS;
    const here = all.filter((one) => !one.isLent || isSoon(one));
    const words = unmapSide(call);
    // The iommu:unmap of a call is right before its line, and that of the mapping before was claimed.
    if (inForce && context.hasUnmap(...rangeOf(inForce))) return null;
    const known = here.find((one) => one.context === context);
    if (known) return known;
    if (!inForce)
      return here.find(({ mapping }) => likeUnmap(mapping, words) === ALL_ALIKE) ?? null;
    const alike = likeUnmap(inForce, words);
    const better = mostLike(here, ({ mapping }) => likeUnmap(mapping, words));
    if (better && likeUnmap(better.mapping, words) > alike) return better;
    const same = here.find(
      (one) =>
        one.context === null &&
        // Who is about to log an unmap maps nothing meanwhile.
        one.by !== context &&
        // A line that fits both must not move all mappings behind a lost one.
        !one.isLent &&
        isSoon(one) &&
        likeUnmap(one.mapping, words) === alike,
    );
    if (same) this.lent.add(inForce);
    return same ?? null;
  }

  private at(device: string, dmaAddr: number): readonly Owed[] {
    return this.devices.get(device)?.get(dmaAddr) ?? NONE;
  }

  private drop(owed: Owed): void {
    this.remove(owed);
    this.missing(owed.mapping);
  }

  private remove(owed: Owed): void {
    const { device, dmaAddr, listKey: list } = owed.mapping;
    this.all.delete(owed);
    if (list !== null) this.lists--;
    const addresses = this.devices.get(device);
    const here = addresses?.get(dmaAddr);
    if (!addresses || !here) return;
    if (here.length === 1) addresses.delete(dmaAddr);
    else here.splice(here.indexOf(owed), 1);
  }
}

const NONE: readonly Owed[] = [];
