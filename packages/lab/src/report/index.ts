// SPDX-License-Identifier: GPL-2.0-only
// What a replay found, shown: tables for a terminal, a page for a browser.

export { tables } from './tables';
export { GENERATOR, type Page, pageText } from './page';
export { type ReportPart, replayBody, report } from './report';
export { checkReportFile, writeReport } from './write-report';
export { Html, escapeHtml } from './html';
