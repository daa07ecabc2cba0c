// SPDX-License-Identifier: GPL-2.0-only
// The report of `diff`: one HTML file that needs nothing else.

import type { DiffDocument } from '../compare';
import { time } from '../show/format';
import { type Html, html, htmlTable } from '../show/html';
import { pageText } from '../show/page';
import { partHtml } from '../show/parts-html';
import type { Section } from '../show/sections';
import { capturesLines, diffAnswer } from '../tables/diff-answer';
import { diffSections, differencesByKind, sidePlace } from '../tables/diff';
import { otherColour } from './charts/colours';
import { chartHtml } from './charts/figure';
import { chartParts } from './charts/library';
import { type ChartView, type Figure, chartView, series } from './charts/view';

/** @param command what was typed */
export function diffReport(document: DiffDocument, command: string): string {
  const charts = figures(document);
  const sections = diffSections(document).map(({ id, title, parts }): Section => {
    const own = charts.filter((one) => one.section === id);
    const body = id === 'differences' ? differences(document) : html`${parts.map(partHtml)}`;
    return { id, title, body: html`${own.map(drawn)} ${body}` };
  });
  return pageText({
    title: 'Two captures of the same work, compared',
    lead: html`<p class="answer">${diffAnswer(document)}</p>
      ${partHtml(capturesLines(document))}`,
    sections,
    run: { command },
    ...(charts.length > 0 ? chartParts(charts) : {}),
  });
}

function differences(document: DiffDocument): Html {
  const kinds = differencesByKind(document).map(({ title, rows }) => {
    const cells = rows.map((row) => [
      `${row.device}: ${row.what}`,
      sidePlace(row.a, row.after),
      sidePlace(row.b, row.after),
    ]);
    return html`<p class="caption">${title}</p>
      ${rows.length > 0 ? htmlTable(['what', 'A', 'B'], cells, 3) : html``}`;
  });
  return html`${kinds}`;
}

type Drawn = Pick<Figure, 'heading' | 'view'> & { readonly section: string };

function drawn({ heading, view }: Drawn): Html {
  return html`<p class="caption">${heading}</p>
    ${chartHtml({ heading, view })}`;
}

function figures({ windows, requests }: DiffDocument): Drawn[] {
  const found: Drawn[] = [];
  if (windows.histogram.length > 0)
    found.push({
      section: 'windows',
      heading: 'Mappings by the time from map to unmap',
      view: bars('windows-chart', 'time up to', windows.histogram, (row) => time(row.up_to_ns)),
    });
  if (requests.pieces.length > 0)
    found.push({
      section: 'requests',
      heading: 'Mappings by their iommu:map events',
      view: bars('pieces-chart', 'events, up to', requests.pieces, (row) => String(row.up_to)),
    });
  return found;
}

function bars<T extends { readonly a: number; readonly b: number }>(
  id: string,
  labelTitle: string,
  rows: readonly T[],
  label: (row: T) => string,
): ChartView {
  const side = (name: 'a' | 'b', colour: number) =>
    series(
      name.toUpperCase(),
      otherColour(colour),
      rows.map((row) => row[name]),
    );
  return chartView({
    id,
    kind: 'bars',
    labels: rows.map(label),
    labelTitle,
    valueTitle: 'mappings',
    unit: 'mappings',
    digits: 0,
    series: [side('a', 0), side('b', 3)],
  });
}
