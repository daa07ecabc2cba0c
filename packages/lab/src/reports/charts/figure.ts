// SPDX-License-Identifier: GPL-2.0-only
// A chart with its switches and its table: without a script the table is what is left.

import { type Html, html } from '../../show/html';
import type { Section } from '../../show/sections';
import type { Figure, Switch } from './view';

const SWITCHES: Readonly<Record<Switch, string>> = {
  logValues: 'Logarithmic',
  logTime: 'Logarithmic time',
  shares: 'Shares',
};

export function figureSection(figure: Figure): Section {
  const { heading, view, says, published, table, folded } = figure;
  const body = html`<p>${says}</p>
    ${chartHtml(figure)}
    <p class="source">
      ${
        published === null
          ? 'All of these figures are simulated, none is published.'
          : `Published: ${published}. All others are simulated.`
      }
    </p>
    ${
      folded
        ? html`<details>
            <summary>Table: ${heading}</summary>
            ${table}
          </details>`
        : table
    }`;
  return { id: `section-${view.id}`, title: heading, tag: 'simulated', body };
}

/** The chart alone: for a section that has its table elsewhere. */
export function chartHtml({
  heading,
  view,
  signs,
}: Pick<Figure, 'heading' | 'view' | 'signs'>): Html {
  const switches = view.switches.map(
    (name) =>
      html`<button
        type="button"
        data-chart="${view.id}"
        data-switch="${name}"
        aria-pressed="${view.on.includes(name) ? 'true' : 'false'}"
      >
        ${SWITCHES[name]}
      </button> `,
  );
  return html`<figure class="chart" hidden>
    ${switches.length > 0 ? html`<div class="switches">${switches}</div>` : html``}
    <p class="empty" id="${view.id}-empty" hidden></p>
    <div class="canvas">
      <canvas
        id="${view.id}"
        role="img"
        aria-label="Chart: ${heading}; its numbers are in the table below"
      ></canvas>
    </div>
    ${signs ? html`<figcaption>${signs}</figcaption>` : html``}
  </figure>`;
}
