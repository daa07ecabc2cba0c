// SPDX-License-Identifier: GPL-2.0-only
// dma-trace without files, for a browser: lines as events, events as DMA API calls.

export * from './events'; // what a line can be
export { parseLine } from './parse-line'; // one line
export * from './calls'; // lines put together to calls
export { TraceError, printable } from './trace-error';
