// SPDX-License-Identifier: GPL-2.0-only
// A sweep as one HTML file: the answer, maps, small multiples, a Pareto front, and a command line for each point.

import { basename } from 'node:path';
import { count, plural } from '../../show/format';
import { Html, html, htmlTable } from '../../show/html';
import { pageText } from '../../show/page';
import type { Section } from '../../show/sections';
import { chartLibrary } from '../charts/library';
import { CHART_STYLE } from '../charts/style';
import { MOST_ROWS, type SweepData } from './data';
import { type Failure, Failures } from './failures';
import { bestRows, exactText } from './model/rows';
import { Shown } from './model/shown';
import type { Table } from './model/table';
import { type SweepResults, readSweep } from './read';
import { SWEEP_STYLE } from './style';

/** A sweep that has ended. */
export interface SweptSpec extends SweepResults {
  /** Of the spec, as the user named it. */
  readonly file: string;
  readonly text: string;
  readonly sha256: string;
  readonly verb: string;
  /** Of the sample. */
  readonly seed: number;
  readonly inputs: readonly { readonly name: string; readonly sha256: string }[];
  readonly failures: () => Iterable<Failure>;
}

/** Rows of the table that a page without scripts has. */
const FIRST_ROWS = 50;

/**
 * @param command what was typed
 * @param most rows that the page has
 */
export function sweepReport(swept: SweptSpec, command: string, most = MOST_ROWS): string {
  const data = readSweep(swept, most);
  const failures = new Failures();
  for (const one of swept.failures()) failures.add(one);
  const shown = new Shown(data);
  return pageText({
    title: `Sweep of ${swept.verb}: ${basename(swept.file)}`,
    lead: html`<p class="answer">${answer(data, failures)}</p>
      ${notes(data)}`,
    sections: [
      best(shown),
      scripted('choose', 'Which points are shown'),
      scripted('map', 'Heat map'),
      scripted('multiples', 'Small multiples'),
      scripted('front', 'Pareto front'),
      points(shown.table),
      ...failures.sections,
      { id: 'spec', title: 'The spec', body: html`<pre>${new Html(specText(swept.text))}</pre>` },
    ],
    run: { command, body: runBody(swept) },
    ...chartLibrary('sweep-page.js'),
    style: new Html(`${CHART_STYLE.text}${SWEEP_STYLE}`),
    data: { sweep: data },
  });
}

function answer({ all, columns }: SweepData, { count: failed, mostly }: Failures): string {
  const points = plural(all + failed, 'point');
  const checks = checksFailed(columns);
  const end = checks === '' ? '' : ` ${checks}`;
  if (failed === 0) return `${points}, none failed.${end}`;
  return `${points}, ${count(failed)} failed: ${mostly}.${end}`;
}

/** Rows whose check failed are rows all the same. */
function checksFailed(columns: SweepData['columns']): string {
  const status = columns.find(({ role }) => role === 'status');
  return status ? 'Some have exit status 1: a check failed.' : '';
}

function notes({ all, rows }: SweepData): Html {
  if (rows === all) return html``;
  return html`<p>
    This page has ${count(rows)} of the ${count(all)} points, taken at random, with the best rows of
    each column and the fronts of each two columns. The other ${count(all - rows)} are counted in
    heat maps over parameters that are not filtered, and nowhere else: no other mean, front or
    percentage of this page has them. results.jsonl has all.
  </p>`;
}

function scripted(id: string, title: string): Section {
  const body = html`<div id="${id}-body"></div>
    <noscript><p>A script draws this part.</p></noscript>`;
  return { id, title, body };
}

function best(shown: Shown): Section {
  const rows = bestRows(shown).map(({ measure, head, value, unit, parameters, ties }) => {
    if (value === '') return [head, '', 'no value', '', ''];
    return [
      head,
      shown.better[measure] === 'more' ? 'more' : 'less',
      value,
      count(shown.table.point(shown.units.first[unit] ?? 0)),
      [parameters, ties].filter((one) => one !== '').join('; '),
    ];
  });
  const body = html`<div id="best-body">
    ${rows.length === 0 ? html`<p>No column has numbers.</p>` : htmlTable(['measure', 'better', 'best', 'point', 'where'], rows, 5)}
  </div>`;
  return { id: 'best', title: 'Best points', body };
}

/** The first rows: the script puts all of them in their place. */
function points(table: Table): Section {
  const columns = table.columns;
  const rows = Array.from({ length: Math.min(FIRST_ROWS, table.rows) }, (_, row) => [
    count(table.point(row)),
    ...columns.map((column) => exactText(column, row)),
    html`<code>${table.command(row)}</code>`,
  ]);
  const head = ['point', ...columns.map(({ name }) => name), 'command'];
  const left = table.rows - rows.length;
  const body = html`<noscript
      ><p>
        ${left > 0 ? `The first ${count(rows.length)} of ${count(table.rows)} points; a script shows all.` : 'All points.'}
      </p></noscript
    >
    <div id="points-body">${htmlTable(head, rows, head.length)}</div>`;
  return { id: 'points', title: 'Points', body };
}

/** With its line ends, which `html` takes for control characters. */
function specText(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => html`${line}`.text)
    .join('\n');
}

function runBody({ sha256, seed, inputs }: SweptSpec): Html {
  return html`<p>SHA-256 of the spec: <code>${sha256}</code>. Seed of the sample: ${seed}.</p>
    ${
      inputs.length === 0
        ? html``
        : html`<p>Files that points read:</p>
            <ul>
              ${inputs.map(({ name, sha256: own }) => html`<li><code>${name}</code>: SHA-256 <code>${own}</code></li>`)}
            </ul>`
    }
    <p>
      A command line of a point runs in the folder in which the sweep ran. With <code>--json</code>
      it prints the document that the columns are taken from.
    </p>`;
}
