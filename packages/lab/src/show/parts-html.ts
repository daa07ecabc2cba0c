// SPDX-License-Identifier: GPL-2.0-only
// A part of what is shown, on a page.

import { type Html, html, htmlTable } from './html';
import { type Part, isTable } from './parts';

export function partHtml(part: Part): Html {
  if (typeof part === 'string') return html`<p>${part}</p>`;
  if (isTable(part)) {
    const title = part.title === '' ? html`` : html`<p class="caption">${part.title}</p>`;
    // Heads are broken for the terminal.
    const head = part.head.map((text) => text.replaceAll('\n', ' '));
    return html`${title} ${htmlTable(head, part.rows, part.numbersFrom)}`;
  }
  const lines = part.map((line) => html`<li>${line}</li>`);
  return html`<ul>
    ${lines}
  </ul>`;
}
