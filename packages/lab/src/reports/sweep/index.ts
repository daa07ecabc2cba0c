// SPDX-License-Identifier: GPL-2.0-only
// sweep: the results of a sweep as a page.

export { type SweptSpec, sweepReport } from './sweep-report';
export type { Failure } from './failures';
export type { Row } from './data';
export type { SweepResults } from './read';
