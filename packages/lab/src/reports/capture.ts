// SPDX-License-Identifier: GPL-2.0-only
// What a capture shows beside its calls, as a section of the report.

import type { CaptureSection } from '../compare';
import { type Html, html, htmlTable } from '../show/html';
import type { Section } from '../show/sections';
import { type Part, isTable } from '../show/parts';
import { CAPTURE_TITLE, captureParts } from '../tables/capture';

export function captureSections(captures: readonly CaptureSection[]): Section[] {
  return captures.map((capture, boot) => {
    const files = capture.files.map((file) => html`<code>${file}</code> `);
    const body = html`${captures.length > 1 ? html`<p>${files}</p>` : html``}
    ${captureParts(capture).map(partHtml)}`;
    return {
      id: boot === 0 ? 'capture' : `capture-${String(boot + 1)}`,
      title: CAPTURE_TITLE,
      body,
    };
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
