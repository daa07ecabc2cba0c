// SPDX-License-Identifier: GPL-2.0-only
// Bars of plain HTML, which need no script: one for each thing that is compared.

import { type Html, html } from '../show/html';

export interface BarRow {
  readonly label: string;
  readonly value: number;
  /** The value with its unit. */
  readonly text: string;
  /** A class of the page's style, or a colour. */
  readonly fill: string;
}

/** A zero has no bar. */
export function bars(title: string, rows: readonly BarRow[]): Html {
  const most = Math.max(...rows.map(({ value }) => value));
  const lines = rows.map(
    ({ label, value, text, fill }) =>
      html`<div class="bar">
        <span>${label}</span>
        <span class="value">${value > 0 ? bar(fill, value / most) : html``} ${text}</span>
      </div>`,
  );
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${lines}
  </figure>`;
}

/** Of so much of the width that there is. @param fill a class of the page's style, or a colour */
export function bar(fill: string, share: number): Html {
  const rect = fill.startsWith('#')
    ? html`<rect fill="${fill}" width="100%" height="100%" />`
    : html`<rect class="${fill}" width="100%" height="100%" />`;
  return html`<svg style="width: ${(share * 100).toFixed(2)}%" aria-hidden="true">${rect}</svg>`;
}
