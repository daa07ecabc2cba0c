// SPDX-License-Identifier: GPL-2.0-only
// What a capture shows beside its calls, as a section of the report.

import type { CaptureSection } from '../compare';
import { type Html, html, htmlTable } from '../show/html';
import { type Part, isTable } from '../show/parts';
import { CAPTURE_TITLE, captureParts } from '../tables/capture';

export function captureSections(captures: readonly CaptureSection[]): Html[] {
  return captures.map((capture) => {
    const files = capture.files.map((file) => html`<code>${file}</code> `);
    return html`<section>
      <h3>${CAPTURE_TITLE}</h3>
      ${captures.length > 1 ? html`<p>${files}</p>` : html``} ${captureParts(capture).map(partHtml)}
    </section>`;
  });
}

function partHtml(part: Part): Html {
  if (typeof part === 'string') return html`<p>${part}</p>`;
  if (isTable(part)) {
    const title = part.title === '' ? html`` : html`<p>${part.title}</p>`;
    return html`${title} ${htmlTable(part.head, part.rows, part.numbersFrom)}`;
  }
  const lines = part.map((line) => html`<li>${line}</li>`);
  return html`<ul>
    ${lines}
  </ul>`;
}
