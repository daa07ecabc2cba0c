// SPDX-License-Identifier: GPL-2.0-only
// Parts of the advice that need no search: what was replayed, flush queues, the area that swiotlb needs.

import { NVME_ALIGN_MASK, swiotlbArea } from '@iommu-bounce/simulation';
import { sum } from '../show/sum';
import { choiceOf } from './advise-confirm';
import { lanesOf } from './verdict';
import type { AdviseDocument, FlushQueueRow, PoolChoice, SwiotlbSection } from './advise-document';
import type { AdviseLoad } from './advise-load';
import type { Session } from './session';

/** What the kernel has by itself, or had when it was recorded. */
export function usualChoice(sessions: readonly Session[]): PoolChoice | null {
  const [first] = sessions;
  if (!first) return null;
  const { classSizes, numSlots } = first.kernelParams;
  return choiceOf({ classSizes, numSlots }, lanesOf(sessions, 4));
}

export function plainCounts(sessions: readonly Session[]): AdviseDocument['no_pool'] {
  const totals = lanesOf(sessions, 0).map(({ figures }) => figures.total());
  return {
    iommu_maps: sum(totals, (one) => one.iommu_maps),
    iommu_unmaps: sum(totals, (one) => one.iommu_unmaps),
  };
}

export function queueRows({ queues, devicesOf }: AdviseLoad): FlushQueueRow[] {
  return queues.figures().map((one) => ({
    devices: devicesOf[one.domain] ?? [],
    cpu: one.cpu,
    unmaps: one.unmaps,
    most_entries: one.mostEntries,
    full_flushes: one.fullFlushes,
    longest_stale_ns: Math.round(one.longestNs),
  }));
}

/** Of several boots the largest. */
export function swiotlbSection(
  loads: readonly AdviseLoad[],
  progress: (tries: number) => void,
): SwiotlbSection {
  const areas = (mask: number): { slots: number | null; peak: number; tooLarge: number } => {
    const all = loads.map(({ swiotlb }) => swiotlbArea(swiotlb, mask, progress));
    const slots = all.map((one) => one.slots);
    const known = slots.filter((one) => one !== null);
    return {
      slots: known.length < slots.length ? null : Math.max(0, ...known),
      peak: Math.max(0, ...all.map((one) => one.peakSlots)),
      tooLarge: sum(all, (one) => one.tooLarge),
    };
  };
  const plain = areas(0);
  const keeping = areas(NVME_ALIGN_MASK);
  const tooLarge = sum(loads, ({ swiotlb }) => swiotlb.tooLarge);
  return {
    mappings: sum(loads, ({ swiotlb }) => swiotlb.mappings),
    too_large: tooLarge,
    slots: plain.slots,
    peak_slots: plain.peak,
    slots_keeping_offset: keeping.slots,
    peak_slots_keeping_offset: keeping.peak,
    too_large_keeping_offset: tooLarge + keeping.tooLarge,
  };
}
