// SPDX-License-Identifier: GPL-2.0-only
// dma-trace: a captured trace as typed events, and the events as DMA API calls.

export * from './parse'; // what needs no file
export { TraceReader, readTrace } from './read-trace'; // one file
export { type TraceCounters, type TraceHeader, newCounters, newHeader } from './trace-counters'; // what is said of it at its end
export {
  factsPaths,
  findFacts,
  parseFacts,
  readFacts,
  type FoundFacts,
  type IommuGroup,
  type PoolClass,
  type TraceFacts,
} from './facts'; // what is known beside it
export { readLines, type LineRange } from './excerpt'; // some lines as they are
export { type TextBlock, digestOf, readBlocks } from './files'; // whether two files are the same; whole lines of one
export { findRepeatedLines, type RepeatedLines } from './repeated-lines'; // lines that two files have
export { orderTraces, type OrderedTrace } from './order-files'; // several files of one boot
export {
  findRecordings,
  readCpuFiles,
  recordingCounters,
  type FileBatch,
  type Recording,
} from './cpu-files'; // several files of one recording
