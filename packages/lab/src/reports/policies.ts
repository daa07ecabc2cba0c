// SPDX-License-Identifier: GPL-2.0-only
// A capture's calls under policies, as a section of a replay's page: what each costs, holds and leaves within reach.

import type { PolicySection } from '../compare';
import { count, memory, micros } from '../show/format';
import { type Html, html } from '../show/html';
import { partHtml } from '../show/parts-html';
import type { Section } from '../show/sections';
import {
  POLICIES_TITLE,
  deviceTable,
  policyAnswer,
  policyNotes,
  policyTable,
} from '../tables/policies';
import { type BarRow, bars } from './bars';
import { policyColour } from './charts/colours';
import { marked, protectionsOf, signsText } from './charts/protection';

/** None if no policy was asked for. */
export function policiesSection(policies: readonly PolicySection[]): Section[] {
  const [first] = policies;
  if (!first) return [];
  const protections = protectionsOf(policies);
  const rows = (value: (one: PolicySection) => number, text: (value: number) => string): BarRow[] =>
    policies.map((one) => ({
      label: marked(one.policy, protections),
      value: value(one),
      text: text(value(one)),
      fill: policyColour(one.policy),
    }));
  const perMap = ({ cpu_seconds: seconds, map_calls: maps }: PolicySection): number =>
    (seconds * 1e9) / Math.max(1, maps);
  const body = html`<p>${policyAnswer(policies)}</p>
    ${bars(
      'CPU time per map and unmap',
      rows(perMap, (ns) => `${micros(ns)} µs`),
    )}
    ${bars(
      'Driver requests: calls of the IOMMU driver that map or unmap',
      rows((one) => one.driver_requests, count),
    )}
    ${bars(
      'Bounce memory at its peak, what is set aside at boot included',
      rows((one) => Math.max(one.peak_bounce_bytes, one.reserved_bounce_bytes), memory),
    )}
    <p class="caption">${signsText(protections, '')}</p>
    ${partHtml(policyTable(policies))}
    ${first.devices.length > 1 ? partHtml(deviceTable(policies, (name) => name)) : html``}
    ${words(policies)}`;
  return [{ id: 'policies', title: POLICIES_TITLE, body }];
}

function words(policies: readonly PolicySection[]): Html {
  return html`<ul>
    <li>
      CPU time is that of the DMA API alone: calls, copies, waits for locks, eviction and flush
      timers. Costs are those of the verdict.
    </li>
    <li>
      stale max: how long a device could reach a page after its unmap. contents max: how long it
      could read what was in a buffer of the pool.
    </li>
    ${policyNotes(policies).map((note) => html`<li>${note}</li>`)}
  </ul>`;
}
