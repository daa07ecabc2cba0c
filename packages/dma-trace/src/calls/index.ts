// SPDX-License-Identifier: GPL-2.0-only
// From lines to DMA API calls and decisions of the pool.

export { Assembler } from './assembler'; // lines in, steps out
export * from './step'; // what a step can be
export type { LiveMappings, SyncWords, UnmapWords } from './live-mappings'; // what is mapped now
export { type LineCounts, newMapping } from './mappings'; // what the lines add up to
export type { DeviceSign, ReconstructedCounts } from './reconstruction'; // requests that no call tells of
export type { KnownBefore } from './pool-lines'; // what a first reading found out
export { KeptSteps } from './kept-steps'; // steps as numbers, to take them again
export { type EvictionRun } from './step-queue'; // the order in which steps are complete
export { contextLevel, type DevicesOfTasks } from './contexts'; // task, soft or hard interrupt
export { type SgEntries, type SgLine, inferEntries } from './sg-entries'; // lengths inside a list
export { ByAddress } from './by-address'; // what comes and goes by address
export { forgetFirst } from './forget-first'; // what keeps a map bounded
export * from './account'; // what stands beside the calls
export { FrameArena } from './frame-arena'; // places for recorded pages in another machine's memory
