// SPDX-License-Identifier: GPL-2.0-only
// Traces of a real machine, read as typed events.

/** What a line can be. */
export * from './event-head';
export * from './events';
export * from './pool-events';

/** Reading: one line, one file, its facts, several files of one boot. */
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
