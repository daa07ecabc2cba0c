// SPDX-License-Identifier: GPL-2.0-only
// lab: the iommu-bounce command, and what it is made of.

export { run } from './cli'; // the command, with its output injected
export type { CommandIo, ExitStatus, Terminal } from './io';
export { UsageError } from './errors';
export * from './compare'; // a recorded machine's DMA through the ported kernel, against what was recorded
export * from './tables'; // documents as tables for a terminal
export type * from './documents'; // what each verb prints with --json
export type * from './anonymise/document';
export type * from './tables/check-document';
export type { CheckExplorationDocument, CheckedClasses } from './tables/check-exploration';
export type { DemoDocument } from './tables/demo';
export type { OnProgress } from './progress';
export type { Screen } from './show/text';
export * from './reports'; // documents as pages
