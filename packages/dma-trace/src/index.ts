// SPDX-License-Identifier: GPL-2.0-only
// dma-trace: a captured trace as typed events, and the events as DMA API calls.

// what a line can be
export * from './events';

// reading: one line, one file, its facts, several files of one boot
export { parseLine } from './parse-line';
export { TraceReader, readTrace, type TraceCounters, type TraceHeader } from './read-trace';
export {
  factsPath,
  parseFacts,
  readFacts,
  type IommuGroup,
  type PoolClass,
  type TraceFacts,
} from './facts';
export { orderTraces, type OrderedTrace } from './order-files';
export { TraceError, printable } from './trace-error';

// lines put together to calls
export * from './calls';
