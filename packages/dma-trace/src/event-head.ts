// SPDX-License-Identifier: GPL-2.0-only
// What every event of a trace has in front, and the vocabulary that several kinds share.

/** What the kernel prints for enum dma_data_direction, in the order of its numbers 0 to 3. */
export const DIRECTIONS = ['BIDIRECTIONAL', 'TO_DEVICE', 'FROM_DEVICE', 'NONE'] as const;
export const DMA_BIDIRECTIONAL = 0;
export const DMA_TO_DEVICE = 1;
export const DMA_FROM_DEVICE = 2;
export type Direction = (typeof DIRECTIONS)[number];

/** All ones (a failed mapping) in the trace; the project holds such a u64 as 2^53-1. */
export const ALL_ONES = Number.MAX_SAFE_INTEGER;

/** The bits of `attrs`: DMA_ATTR_* of include/linux/dma-mapping.h under the names that include/trace/events/dma.h prints. */
export const DMA_ATTRS: ReadonlyMap<string, number> = new Map([
  ['WEAK_ORDERING', 1 << 1],
  ['WRITE_COMBINE', 1 << 2],
  ['NO_KERNEL_MAPPING', 1 << 4],
  ['SKIP_CPU_SYNC', 1 << 5],
  ['FORCE_CONTIGUOUS', 1 << 6],
  ['ALLOC_SINGLE_PAGES', 1 << 7],
  ['NO_WARN', 1 << 8],
  ['PRIVILEGED', 1 << 9],
  ['MMIO', 1 << 10],
  ['CACHELINES_OVERLAP', 1 << 11],
  ['REQUIRE_COHERENT', 1 << 12],
  ['CC_SHARED', 1 << 13],
  ['ALLOC_CC_SHARED', 1 << 14],
]);

/**
 * Set in `attrs` when the line has an attribute name that this reader does not know: `otherAttrs` of the event has the
 * names, joined by `|`. Bits that the line gives as a number are set in `attrs`, known or not.
 */
export const ATTR_UNKNOWN = 1 << 30;

/** CONFIG_NR_CPUS at its highest: a larger number is none of a CPU. */
export const MOST_CPUS = 8192;

/** What stands before the event's own text on every line. */
export interface EventHead {
  /** Line in the file, from 1. */
  line: number;
  comm: string;
  pid: number;
  /** Null where `perf script` printed no CPU column. The pid is 0, the task's name empty, where it printed none of these. */
  cpu: number | null;
  /**
   * Irq, resched, context and preempt marks as printed, e.g. `d.h1.`; empty where the column is absent. Of the number that
   * `trace-cmd report -R` prints, the same marks; the depth of preemption is not in it.
   */
  flags: string;
  /** Nanoseconds, an integer; exact below 2^53 (104 days of uptime), the nearest double above. */
  timeNs: number;
}
