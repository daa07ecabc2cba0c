// SPDX-License-Identifier: GPL-2.0-only
// What a capture shows beside its calls, as a section of the report.

import type { CaptureDevice, CaptureSection } from '../compare';
import { count } from '../show/format';
import { html } from '../show/html';
import { partHtml } from '../show/parts-html';
import type { Section } from '../show/sections';
import { CAPTURE_TITLE, captureParts } from '../tables/capture';
import { sum } from '../show/sum';

export function captureSection(captures: readonly CaptureSection[]): Section {
  const boots = captures.map((capture) => {
    const files = capture.files.map((file) => html`<code>${file}</code> `);
    return html`${captures.length > 1 ? html`<p class="caption">${files}</p>` : html``}
    ${captureParts(capture).map(partHtml)}`;
  });
  return { id: 'capture', title: CAPTURE_TITLE, body: html`${boots}` };
}

/** What no figure of the replay counts, or what went wrong on the recorded machine, in a sentence; empty if nothing did. */
export function captureTroubles(captures: readonly CaptureSection[]): string {
  const ofDevices = (of: (device: CaptureDevice) => number): number =>
    sum(captures, ({ devices }) => sum(devices, of));
  const kinds: readonly (readonly [n: number, one: string, many: string])[] = [
    [sum(captures, (one) => one.faults.count), 'fault', 'faults'],
    [
      sum(captures, (one) => one.different_unmaps.count),
      'unmap that differs from its map',
      'unmaps that differ from their map',
    ],
    [sum(captures, (one) => one.second_unmaps.count), 'second unmap', 'second unmaps'],
    [
      sum(captures, (one) => one.never_unmapped.count),
      'mapping never unmapped',
      'mappings never unmapped',
    ],
    [sum(captures, (one) => one.swiotlb_bounces.count), 'swiotlb bounce', 'swiotlb bounces'],
    [ofDevices((one) => one.failed_calls), 'failed map', 'failed maps'],
    [
      ofDevices((one) => (one.translated === false && one.maps > 0 ? 1 : 0)),
      'device that is not translated',
      'devices that are not translated',
    ],
    [
      sum(captures, (one) => one.iommu_map.without_call),
      'iommu:map event that belongs to no call',
      'iommu:map events that belong to no call',
    ],
  ];
  return kinds
    .flatMap(([n, one, many]) => (n > 0 ? [`${count(n)} ${n === 1 ? one : many}`] : []))
    .join(', ');
}
