// SPDX-License-Identifier: GPL-2.0-only
// What `lint` found as a page.

export { type LintedLines, lintReport } from './lint-report';
export { type Excerpt, excerptsOf } from './excerpts';
export { type FindingFigures, FindingsOverTime } from './findings-over-time';
