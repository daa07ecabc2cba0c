// SPDX-License-Identifier: GPL-2.0-only
// tables: the documents of the verbs as text for a terminal, one file a verb.

export { tables } from './replay';
export { adviseText } from './advise';
export { diffText } from './diff';
export { fioTables } from './fio';
export { lintRulesText, lintText } from './lint';
export * from './lint-document';
export { comparisonPage, comparisonTables, comparisonText } from './compare';
export { type BreakEvenDocument, type BreakEvenFound, breakEvenText } from './breakeven';
export { calibrationText } from './calibrate';
export { seriesText } from './series';
export { devicesParts } from './devices';
export { netParts } from './net';
export { nosyncParts } from './nosync';
