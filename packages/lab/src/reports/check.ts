// SPDX-License-Identifier: GPL-2.0-only
// The page of `check`: the review of the series, promise by promise and finding by finding.

import type { CheckDocument, CheckedFinding } from '../tables/check-document';
import {
  checkAnswer,
  findingParts,
  findingTable,
  promiseTable,
  shownAndFix,
  triedParts,
} from '../tables/check-findings';
import { type Html, html } from '../show/html';
import { pageText } from '../show/page';
import type { TablePart } from '../show/parts';
import { partHtml } from '../show/parts-html';
import { type Section, sectionWith } from '../show/sections';

/** The same document gives the same text. */
export function checkReport(document: CheckDocument, command: string): string {
  const each = document.findings.map(findingSection);
  const hasPromises = document.promises.length > 0;
  return pageText({
    title: 'The bounce buffer series: promises and findings',
    lead: html`<p>${hasPromises ? checkAnswer(document) : 'What each finding shows.'}</p>`,
    sections: hasPromises ? [...tableSections(document), ...sectionWith(EACH, each)] : each,
    run: { command },
  });
}

const EACH: Section = {
  id: 'each-finding',
  title: 'What each finding shows',
  body: html``,
};

/** What was tried stands below the promises that it is held against. */
function tableSections(document: CheckDocument): Section[] {
  const tried = triedParts(document).map(partHtml);
  return [
    tableSection('promises', promiseTable(document), html`${tried}`),
    tableSection('findings', findingTable(document.findings, shownAndFix), html``),
  ];
}

function tableSection(id: string, table: TablePart, below: Html): Section {
  return { id, title: table.title, body: html`${partHtml({ ...table, title: '' })}${below}` };
}

function findingSection(finding: CheckedFinding): Section {
  const [, ...parts] = findingParts(finding);
  return {
    id: `finding-${String(finding.id)}`,
    title: `${String(finding.id)}. ${finding.title}`,
    tag: finding.shown ? 'shown' : 'not shown',
    body: html`${parts.map(partHtml)}`,
  };
}
