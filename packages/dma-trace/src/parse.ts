// SPDX-License-Identifier: GPL-2.0-only
// dma-trace without files, for a browser: lines as events, events as DMA API calls.

export * from './events'; // what a line can be
export { LineParser, type Parsed, parseLine } from './parse-line'; // lines of one capture, one line
export type { Scanner } from './scanner'; // a line that is being read
export type { Format, FormatName } from './formats/format'; // who printed them
export type { WholeClock } from './formats/whole-times'; // clocks without a point in their times
export * from './calls'; // lines put together to calls
export * from './lint'; // what is wrong or fragile in them
export * from './anonymise'; // the same lines with other names and addresses
export * from './diff'; // two captures of the same work
export { type KnownIommu, iommuIn, iommuNamed } from './iommu-names'; // which IOMMU a text tells of
export { disjointRuns } from './swiotlb-runs'; // what an area of swiotlb holds
export { type SuppressedLines, suppressedLines } from './suppressed-lines'; // what a kernel log leaves out
export { TraceError, escaped, printable } from './trace-error';
