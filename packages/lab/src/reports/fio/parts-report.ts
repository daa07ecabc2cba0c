// SPDX-License-Identifier: GPL-2.0-only
// The report of a scenario or of network traffic: what the terminal shows, as a page.

import { type Part, isTable } from '../../show/parts';
import { type Html, html, htmlTable } from '../../show/html';
import { pageText } from '../../show/page';
import { type Section, linkName } from '../../show/sections';

export interface PartsReport {
  readonly title: string;
  readonly parts: readonly Part[];
  /** What to type for the same figures. */
  readonly command: string;
}

/** The same parts give the same text, whenever and wherever. */
export function partsReport({ title, parts, command }: PartsReport): string {
  const first = parts.findIndex((part) => isTable(part) && part.title !== '');
  const at = first < 0 ? parts.length : first;
  const sections = parts.slice(at).reduce<Section[]>((made, part) => {
    const last = made.pop();
    if (!last || (isTable(part) && part.title !== '')) {
      const heading = isTable(part) ? part.title : '';
      const section = { id: `table-${linkName(heading)}`, title: heading, body: partHtml(part) };
      return last ? [...made, last, section] : [...made, section];
    }
    return [...made, { ...last, body: html`${last.body} ${partHtml(part)}` }];
  }, []);
  return pageText({
    title,
    lead: html`${parts.slice(0, at).map(partHtml)}`,
    sections,
    run: { command },
  });
}

function partHtml(part: Part): Html {
  if (typeof part === 'string') return html`<p>${part}</p>`;
  if (isTable(part)) return htmlTable(part.head, part.rows, part.numbersFrom);
  return html`<ul>
    ${part.map((line) => html`<li>${line}</li>`)}
  </ul>`;
}
