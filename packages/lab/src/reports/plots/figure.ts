// SPDX-License-Identifier: GPL-2.0-only
// A plot with its table: without a script the table is what is left.

import { fewer } from '../../bins/time-bins';
import { Html, html, htmlTable } from '../../show/html';
import { type PlotColour, type PlotSeries, type PlotView, binsOf, isEmpty } from './view';
import { bareText, binName } from './words';

/** Rows of the table of a plot over time, at most. */
const MOST_ROWS = 24;

/** How plots are walked and zoomed. Once a page: each plot names it. */
export function plotKeys(): Html {
  return html`<p class="plot-keys" id="plot-keys" hidden>
    A plot takes the keyboard: <kbd>←</kbd> <kbd>→</kbd> walk, with <kbd>Shift</kbd> or
    <kbd>Page Up</kbd> <kbd>Page Down</kbd> in larger steps, <kbd>Home</kbd> <kbd>End</kbd> to its
    ends; <kbd>+</kbd> <kbd>-</kbd> zoom, <kbd>0</kbd> resets. Drag to zoom, double-click to reset;
    on a touch screen pinch. Plots over the same time move together.
  </p>`;
}

/** Nothing where there is nothing to see. */
export function plotFigure(view: PlotView): Html {
  return isEmpty(view) ? html`` : html`${drawn(view)} ${view.small ? html`` : folded(view)}`;
}

/**
 * Several small ones beside each other, with their tables below.
 * @param of what they are of
 */
export function plotRow(views: readonly PlotView[], of: string): Html {
  const shown = views.filter((view) => !isEmpty(view));
  if (shown.length === 0) return html``;
  const tables = shown.map(
    (view) =>
      html`<p class="caption">${view.title}</p>
        ${plotTable(view)}`,
  );
  return html`<div class="plot-row">${shown.map(drawn)}</div>
    <details>
      <summary>Tables: ${of}</summary>
      ${tables}
    </details>`;
}

function drawn({ id, kind, title, small, series }: PlotView): Html {
  const zoom =
    kind === 'time' && !small
      ? html`<span class="plot-zoom">
          <button type="button" data-zoom="in" aria-label="Zoom in: ${title}">+</button>
          <button type="button" data-zoom="out" aria-label="Zoom out: ${title}">−</button>
          <button type="button" data-zoom="reset" aria-label="Reset the zoom: ${title}">
            Reset
          </button>
        </span>`
      : html``;
  const names = series.map((one) => html`<li>${swatch(one, kind)}${one.name}</li> `);
  return html`<figure class="${small ? 'plot small' : 'plot'}" hidden>
    <figcaption>${title}</figcaption>
    ${
      series.length > 1 || kind === 'histogram'
        ? html`<ul class="plot-legend">
            ${names}
          </ul>`
        : html``
    }
    <div
      class="plot-box"
      id="${id}"
      role="slider"
      tabindex="0"
      aria-label="Plot: ${title}"
      aria-describedby="plot-keys"
      aria-valuemin="0"
      aria-valuemax="0"
      aria-valuenow="0"
      aria-valuetext="not walked yet"
    ></div>
    <div class="plot-foot">
      <p class="plot-says" aria-hidden="true">
        ${small ? '' : 'Point at the plot or walk it with keys: its values stand here.'}
      </p>
      ${zoom}
    </div>
  </figure>`;
}

/** A line or a bar as the plot has it. */
function swatch({ colour }: PlotSeries, kind: PlotView['kind']): Html {
  return kind === 'histogram'
    ? html`<svg aria-hidden="true" viewBox="0 0 14 7">
        <rect x="3" width="8" height="7" style="fill: ${css(colour)}" />
      </svg>`
    : html`<svg aria-hidden="true" viewBox="0 0 14 7">
        <path d="M0 3.5H14" style="stroke: ${css(colour)}; stroke-width: 2.5" />
      </svg>`;
}

function css(colour: PlotColour): Html {
  return new Html(colour.startsWith('--') ? `var(${colour})` : colour);
}

function folded(view: PlotView): Html {
  return html`<details>
    <summary>Table: ${view.title}</summary>
    ${plotTable(view)}
  </details>`;
}

/** The figures of a plot; of one over time with neighbours joined, and what is counted as it is, not as a rate. */
export function plotTable(view: PlotView): Html {
  const { kind, labelTitle, noun } = view;
  const isRate = view.unit === 'rate';
  const of: PlotView = {
    ...(kind === 'histogram' ? view : joinedTo(view, MOST_ROWS)),
    ...(isRate ? { unit: 'count' } : {}),
  };
  const columns = of.series.flatMap(({ name, values, least, isPeak }) => [
    ...(least.length > 0 ? [{ head: `${name}, least`, values: least }] : []),
    {
      head: isRate ? `${name}, ${noun}` : least.length > 0 || isPeak ? `${name}, most` : name,
      values,
    },
  ]);
  const rows = Array.from({ length: binsOf(of) }, (_, bin) => [
    kind === 'histogram' ? (of.labels[bin] ?? '') : binName(of, bin),
    ...columns.map(({ values }) => bareText(of, values[bin] ?? 0)),
  ]);
  const first = kind === 'histogram' ? labelTitle : 'from';
  return htmlTable([first, ...columns.map(({ head }) => head)], rows, 1);
}

/** With so few bins at most. */
export function joinedTo(view: PlotView, most: number): PlotView {
  const by = Math.max(1, Math.ceil(binsOf(view) / most));
  if (by === 1) return view;
  const isLevel = ({ least, isPeak }: PlotSeries): boolean => least.length > 0 || isPeak;
  const sum = (a: number, b: number): number => a + b;
  return {
    ...view,
    widthNs: view.widthNs * by,
    series: view.series.map((one) => ({
      ...one,
      values: fewer(one.values, by, isLevel(one) ? Math.max : sum),
      least: fewer(one.least, by, Math.min),
    })),
  };
}
