// SPDX-License-Identifier: GPL-2.0-only
// The page of `check`: the review of the series, promise by promise and finding by finding.

import type { CheckDocument, CheckedFinding } from '../tables/check-document';
import { checkParts, findingParts } from '../tables/check-findings';
import { html } from '../show/html';
import { pageText } from '../show/page';
import { isTable } from '../show/parts';
import { partHtml } from '../show/parts-html';
import type { Section } from '../show/sections';

/** The same document gives the same text. */
export function checkReport(document: CheckDocument, command: string): string {
  const hasPromises = document.promises.length > 0;
  const [answer = '', ...parts] = hasPromises ? checkParts(document) : [''];
  const tables = parts.filter(isTable);
  // What was tried stands below the promises that it is held against.
  const tried = parts.slice(1, parts.findLastIndex(isTable));
  return pageText({
    title: 'The bounce buffer series: promises and findings',
    lead: html`${hasPromises ? partHtml(answer) : html`<p>What each finding shows.</p>`}`,
    sections: [
      ...tables.map((part, i) => ({
        id: i === 0 ? 'promises' : 'findings',
        title: part.title,
        body: html`${partHtml({ ...part, title: '' })}${i === 0 ? tried.map(partHtml) : []}`,
      })),
      ...document.findings.map(findingSection),
    ],
    run: { command },
  });
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
