// SPDX-License-Identifier: GPL-2.0-only
// How many mappings of one size a swiotlb area holds side by side.

/** Slots of a segment, which no mapping crosses. */
export const SEGMENT_SLOTS = 128;

/**
 * Runs of so many slots that fit in an area without sharing a slot. A slot in use spoils one of them at the most: with fewer
 * slots in use than runs, one is free. What is longer than a slot begins at a whole page: at every second slot.
 * @param total slots of the area
 * @param slots of one mapping, from 1; above 128 there is no run
 */
export function disjointRuns(total: number, slots: number): number {
  const taken = slots > 1 ? slots + (slots % 2) : 1;
  return Math.floor(total / SEGMENT_SLOTS) * Math.floor(SEGMENT_SLOTS / taken);
}
