// SPDX-License-Identifier: GPL-2.0-only
// What a capture shows beside its calls, as a section of the report.

import type { CaptureSection } from '../compare';
import { count } from '../show/format';
import { type Html, html, htmlTable } from '../show/html';
import type { Section } from '../show/sections';
import { type Part, isTable } from '../show/parts';
import { CAPTURE_TITLE, captureParts } from '../tables/capture';

export function captureSection(captures: readonly CaptureSection[]): Section {
  const boots = captures.map((capture) => {
    const files = capture.files.map((file) => html`<code>${file}</code> `);
    return html`${captures.length > 1 ? html`<p class="caption">${files}</p>` : html``}
    ${captureParts(capture).map(partHtml)}`;
  });
  return { id: 'capture', title: CAPTURE_TITLE, body: html`${boots}` };
}

/** What went wrong on the recorded machine, in a sentence; empty if nothing did. */
export function captureTroubles(captures: readonly CaptureSection[]): string {
  const sum = (of: (capture: CaptureSection) => number): number =>
    captures.reduce((all, capture) => all + of(capture), 0);
  const kinds = [
    [sum((one) => one.faults.count), 'fault'],
    [
      sum((one) => one.different_unmaps.count),
      'unmap that differs from its map',
      'unmaps that differ from their map',
    ],
    [sum((one) => one.second_unmaps.count), 'second unmap'],
    [sum((one) => one.never_unmapped.count), 'mapping never unmapped', 'mappings never unmapped'],
    [sum((one) => one.swiotlb_bounces.count), 'swiotlb bounce'],
  ] as const;
  return kinds
    .flatMap(([n, one, many = `${one}s`]) => (n > 0 ? [`${count(n)} ${n === 1 ? one : many}`] : []))
    .join(', ');
}

function partHtml(part: Part): Html {
  if (typeof part === 'string') return html`<p>${part}</p>`;
  if (isTable(part)) {
    const title = part.title === '' ? html`` : html`<p class="caption">${part.title}</p>`;
    return html`${title} ${htmlTable(part.head, part.rows, part.numbersFrom)}`;
  }
  const lines = part.map((line) => html`<li>${line}</li>`);
  return html`<ul>
    ${lines}
  </ul>`;
}
