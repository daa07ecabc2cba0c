// SPDX-License-Identifier: GPL-2.0-only
// The licence of a library that a page carries: it is to go with every copy.

import { readFileSync } from 'node:fs';
import { type Html, html } from '../show/html';

/**
 * @param says what the library does in the page
 * @param file with the text of its licence
 */
export function licenceOf(library: string, says: string, file: string): Html {
  return html`<p>${says}</p>
    <details>
      <summary>Licence of ${library}</summary>
      ${readFileSync(file, 'utf8')
        .trim()
        .split(/\n\s*\n/)
        .map((paragraph) => html`<p>${paragraph.replace(/\s+/g, ' ')}</p>`)}
    </details>`;
}
