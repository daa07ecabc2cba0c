// SPDX-License-Identifier: GPL-2.0-only
// reports: documents as pages that need nothing else.

export { type ReportPart, report } from './replay-report'; // a replay
export { diffReport } from './diff-report'; // two captures
export { type DemoReport, demoReport } from './demo-report'; // that of npm start
export { adviseReport } from './advise-report'; // sizes for a capture
export * from './fio'; // an experiment, with charts
export * from './lint'; // findings
export * from './protection'; // what hostile devices could do
export * from './scenarios'; // scenarios, traffic, a comparison
export { type SpeedupRow, speedupSvg } from './speedup-svg'; // the speed-up as a picture
export { type Page, type Run, pageText } from '../show/page'; // the frame of every page
export { type Section, linkName, sectionWith } from '../show/sections'; // and what stands in it
export { checkReportFile, writeReport } from './write-report'; // never over a file that is not ours
export type { Part, TablePart } from '../show/parts'; // paragraphs and tables, for both
export type { Html } from '../show/html';
