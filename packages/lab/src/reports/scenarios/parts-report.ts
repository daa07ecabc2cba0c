// SPDX-License-Identifier: GPL-2.0-only
// The report of a scenario, of network traffic or of a comparison: what the terminal shows, as a page with charts.

import { type Part, type TablePart, isTable } from '../../show/parts';
import { type Html, html } from '../../show/html';
import { pageText } from '../../show/page';
import { partHtml } from '../../show/parts-html';
import { type Section, linkName } from '../../show/sections';
import { figureSection } from '../charts/figure';
import { chartParts } from '../charts/library';
import type { Figure } from '../charts/view';

/** A word or a column of a table, and what it means. */
export type Word = readonly [word: string, meaning: string];

export interface PartsReport {
  readonly title: string;
  readonly parts: readonly Part[];
  /** What to type for the same figures. */
  readonly command: string;
  /** What the reader came for, in paragraphs of a sentence or two; stands first. */
  readonly answer?: readonly string[];
  /** Stand before the tables. */
  readonly figures?: readonly Figure[];
  /** What is not plain from the heads of tables and the legends of charts. */
  readonly words?: readonly Word[];
  /** Tables stand behind a click: there are many. */
  readonly folded?: boolean;
}

/** The same parts give the same text, whenever and wherever. */
export function partsReport(report: PartsReport): string {
  const { title, parts, command, answer = [], figures = [], words = [], folded = false } = report;
  const first = parts.findIndex(isTable);
  const at = first < 0 ? parts.length : first;
  const noCharts = html`<noscript>
    <p>Charts need JavaScript; the tables have the same numbers.</p>
  </noscript>`;
  return pageText({
    title,
    lead: html`${answer.map((text) => html`<p class="answer">${text}</p>`)}
    ${parts.slice(0, at).map(partHtml)} ${figures.length > 0 ? noCharts : html``}`,
    sections: [
      ...figures.map(figureSection),
      ...(words.length > 0 ? [wordsSection(words)] : []),
      ...tableSections(parts.slice(at), folded),
    ],
    run: { command },
    ...(figures.length > 0 ? chartParts(figures) : {}),
  });
}

/** A table with a title begins one. */
function tableSections(parts: readonly Part[], folded: boolean): Section[] {
  return parts.reduce<Section[]>((made, part) => {
    const last = made.at(-1);
    if (last && !(isTable(part) && part.title !== ''))
      return [...made.slice(0, -1), { ...last, body: html`${last.body} ${untitled(part)}` }];
    const title = isTable(part) && part.title !== '' ? part.title : 'Overview';
    const body = folded
      ? html`<details>
          <summary>Table</summary>
          ${untitled(part)}
        </details>`
      : untitled(part);
    return [...made, { id: tableId(title), title, body }];
  }, []);
}

function tableId(title: string): string {
  return `table-${linkName(title)}`;
}

/** Its title is the section's. */
function untitled(part: Part): Html {
  return partHtml(isTable(part) ? { ...part, title: '' } : part);
}

function wordsSection(words: readonly Word[]): Section {
  return {
    id: 'words',
    title: 'What the words mean',
    body: html`<dl class="words">
      ${words.map(
        ([word, meaning]) =>
          html`<dt>${word}</dt>
            <dd>${meaning}</dd> `,
      )}
    </dl>`,
  };
}

/** In place of a figure's own table: links to those that have its numbers. */
export function tableLinks(tables: readonly TablePart[]): Html {
  const links = tables.map(
    ({ title }, i) => html`${i > 0 ? ', ' : ''}<a href="#${tableId(title)}">${title}</a>`,
  );
  return html`<p class="source">Its numbers: ${links}.</p>`;
}

/** Of the parts, those that are tables, in their order. */
export function tablesOf(parts: readonly Part[]): TablePart[] {
  return parts.filter(isTable);
}
