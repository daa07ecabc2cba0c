// SPDX-License-Identifier: GPL-2.0-only
// The report of a scenario or of network traffic: what the terminal shows, as a page.

import { type Part, isTable } from '../../show/parts';
import { type Html, html, htmlTable } from '../../show/html';
import { pageText } from '../../show/page';

export interface PartsReport {
  readonly title: string;
  readonly parts: readonly Part[];
  /** What to type for the same figures. */
  readonly command: string;
}

/** The same parts give the same text, whenever and wherever. */
export function partsReport({ title, parts, command }: PartsReport): string {
  const body = html`<article>
    ${parts.map(sectionOf)}
    <section>
      <h2>Again</h2>
      <p><code>${command}</code></p>
    </section>
  </article>`;
  return pageText({ title, body });
}

function sectionOf(part: Part): Html {
  if (typeof part === 'string') return html`<p>${part}</p>`;
  if (!isTable(part))
    return html`<ul>
      ${part.map((line) => html`<li>${line}</li>`)}
    </ul>`;
  return html`<section>
    ${part.title === '' ? html`` : html`<h2>${part.title}</h2>`}
    ${htmlTable(part.head, part.rows, part.numbersFrom)}
  </section>`;
}
