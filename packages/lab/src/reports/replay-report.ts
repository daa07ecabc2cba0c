// SPDX-License-Identifier: GPL-2.0-only
// The report of a replay: one HTML file that needs nothing else.

import {
  type Difference,
  type OverTimeFigures,
  type PoolSection,
  type ReplayDocument,
  agrees,
} from '../compare';
import { type LaneCounts } from '../drive/lane-figures';
import { agreementRows, callLines } from '../tables/agreement-rows';
import { devicesOf, stateName, traceLine } from '../tables/replay-figures';
import {
  MAPPINGS_COLUMN,
  decisionRows,
  deviceRows,
  mappingRows,
  portOnlyLine,
  workerLine,
} from '../tables/replay-rows';
import { togetherLines } from '../tables/together';
import { SIZE_HEAD, sizeRows, verdictBasis, verdictLine } from '../tables/verdict';
import { count, hex, plural, share, sizeLimit } from '../show/format';
import { type Html, html, htmlTable } from '../show/html';
import { pageText } from '../show/page';
import { sum } from '../show/sum';
import { type Section, linkName, sectionWith } from '../show/sections';
import { bar, bars } from './bars';
import { captureSection, captureTroubles } from './capture';
import { overTimeParts } from './over-time';
import { plotParts } from './plots/library';
import { policiesSection } from './policies';
import { policiesOverTime } from './policies-over-time';

/** One replay of a report. */
export interface ReportPart {
  readonly heading: string;
  readonly document: ReplayDocument;
  /** What links to its sections begin with, on a page with several. */
  readonly id?: string;
  /** What its boots did over time, for a page with this part alone; without it there are no plots. */
  readonly overTime?: readonly OverTimeFigures[];
}

export const REPLAY_TITLE = 'DMA of a recorded machine, before and after the bounce buffer series';

/**
 * @param parts the same parts give the same text, whenever and wherever
 * @param command what was typed
 */
export function report(parts: readonly ReportPart[], command: string): string {
  const [only, ...others] = parts;
  const several = only === undefined || others.length > 0;
  const { sections, views } = several
    ? { sections: [], views: [] }
    : overTimeParts(
        only.overTime ?? [],
        't',
        sum(only.document.captures, ({ losses }) => losses.clock_steps_back.count),
      );
  const policies = several
    ? { sections: [], views: [] }
    : policiesOverTime(
        only.document.policies,
        only.document.captures.map(({ files }) => files),
        sections.length === 0,
      );
  return pageText({
    title: REPLAY_TITLE,
    lead: several ? html`` : lead(only.document),
    sections: [
      ...(several
        ? parts.flatMap(replayPart)
        : replaySections(only.document, [...sections, ...policies.sections])),
      limitsSection(),
    ],
    run: { command, body: html`${parts.map(({ document }) => replayRun(document))}` },
    ...plotParts([...views, ...policies.views]),
  });
}

/** A replay as a part of a page: its answer, and its sections one level below. */
export function replayPart({ heading, document, id = 'replay' }: ReportPart): readonly Section[] {
  const first = { id, title: heading, body: lead(document, `${id}-`) };
  return sectionWith(first, replaySections(document), `${id}-`);
}

/**
 * What the reader came for, and of what.
 * @param prefix of the ids of the replay's sections
 */
function lead(document: ReplayDocument, prefix = ''): Html {
  const line = verdictLine(document);
  const troubles = captureTroubles(document.captures);
  const [together, ...each] = togetherLines(document);
  return html`${
      together === undefined
        ? html``
        : html`<p>${together}</p>
            <ul>
              ${each.map((one) => html`<li>${one}</li>`)}
            </ul>`
    }${line === '' ? html`` : html`<p class="answer">${line}</p>`}
    <p>${traceLine(document)}.</p>
    ${
      troubles === ''
        ? html``
        : html`<p><a href="#${prefix}capture">The capture also shows</a>: ${troubles}.</p>`
    }`;
}

/** What it means by size and device, then what else the capture shows, then how well the port agrees. */
function replaySections(document: ReplayDocument, overTime: readonly Section[] = []): Section[] {
  return [
    ...basis(document),
    ...policiesSection(document.policies),
    ...devicesOf(document.states).map(device),
    ...overTime,
    ...mappings(document),
    captureSection(document.captures),
    agreement(document),
    plainPath(document),
    ...(document.pool_agreement ? [poolDecisions(document, document.pool_agreement)] : []),
    ...notes(document),
  ];
}

function basis(document: ReplayDocument): Section[] {
  const text = verdictBasis(document);
  if (text === '') return [];
  const body = html`<p>${text}</p>
    ${htmlTable(SIZE_HEAD, sizeRows(document), 1)}`;
  return [{ id: 'cpu-time', title: 'CPU time of a map and its unmap', body }];
}

function agreement(document: ReplayDocument): Section {
  const { agreement: a, pool_agreement: p } = document;
  const died = document.states.filter((state) => state.oops !== null);
  const parts = [
    html`<li>
      Mappings that reach the IOMMU as recorded:
      <b>${share(a.mappings_equal, a.mappings_compared)}</b> of those that belong to a
      ${callLines(document)} call and have iommu:map events
    </li>`,
    ...(p
      ? [
          html`<li>
            Decisions of the pool as recorded:
            <b>${share(p.decisions_equal, p.decisions_compared)}</b> of those that could be compared
          </li>`,
        ]
      : []),
    ...died.map(
      ({ patches, oops }) =>
        html`<li>State ${patches} died at ${oops?.place ?? ''}: ${oops?.text ?? ''}</li>`,
    ),
  ];
  const good = agrees(document);
  const body = html`<div class="verdict ${good ? 'good' : 'bad'}">
    <ul>
      ${parts}
    </ul>
  </div>`;
  const title = good
    ? 'The port agrees with the recorded machine'
    : 'The port differs from the recorded machine';
  return { id: 'agreement', title, body };
}

function device({ device: name, states }: ReturnType<typeof devicesOf>[number]): Section {
  const { head, rows } = deviceRows({ states }, '');
  const hasVirtio = states.some(({ counts }) => counts.virtio !== null);
  const body = html`${stateBars('IOMMU maps', 'maps', states, (counts) => counts.iommu_maps)}
  ${stateBars('IOMMU unmaps', 'unmaps', states, (counts) => counts.iommu_unmaps)}
  ${hasVirtio ? stateBars('Exits from the guest', 'exits', states, (counts) => counts.virtio?.vmexits ?? 0) : html``}
  ${htmlTable(head, rows, 1)}`;
  return { id: `device-${linkName(name)}`, title: `Device ${name}`, body };
}

/** One bar per state. @param unit of the values: what is counted */
function stateBars(
  name: string,
  unit: string,
  states: readonly { readonly patches: number; readonly counts: LaneCounts }[],
  of: (counts: LaneCounts) => number,
): Html {
  const rows = states.map(({ patches, counts }) => {
    const value = of(counts);
    const text = `${count(value)} ${value === 1 ? unit.replace(/s$/, '') : unit}`;
    return { label: stateName(patches), value, text, fill: `state${String(patches)}` };
  });
  return bars(name, rows);
}

function mappings(document: ReplayDocument): Section[] {
  const { recorded } = document;
  if (recorded.mappings.length === 0) return [];
  const most = Math.max(...recorded.mappings.map((row) => row.mappings));
  const { head, rows } = mappingRows(document);
  const drawn = recorded.mappings.map((row, i) =>
    (rows[i] ?? []).map((text, column) =>
      column === MAPPINGS_COLUMN ? html`${text}${bar('recorded', row.mappings / most)}` : text,
    ),
  );
  return [{ id: 'mappings', title: 'Recorded mappings', body: htmlTable(head, drawn, 3) }];
}

function plainPath(document: ReplayDocument): Section {
  const { agreement: a, recorded } = document;
  const rows = agreementRows(document).map(({ name, of, base }) => [
    name,
    base,
    share(of.equal, of.compared),
  ]);
  const body = html`<p>
      ${count(recorded.iommu_maps)} iommu:map and ${count(recorded.iommu_unmaps)} iommu:unmap events
      recorded, of which ${count(recorded.iommu_maps_without_call)} and
      ${count(recorded.iommu_unmaps_without_call)} belong to no recorded call.
      ${count(a.mappings_recorded)} mappings recorded, ${count(a.mappings_with_events)} with events
      of their own.
    </p>
    ${htmlTable(['compared', 'of', 'equal'], rows, 2)} ${residual(a.not_compared)}
    ${differences(a.differences)}`;
  const title = `Plain path: state ${a.states.join(', ')} at iommu:map and iommu:unmap`;
  return { id: 'plain-path', title, body };
}

function poolDecisions(document: ReplayDocument, p: PoolSection): Section {
  const { head, rows } = decisionRows(p);
  const portOnly = portOnlyLine(p);
  const base = (n: number | null): string => (n === null ? 'none' : hex(n));
  const classes = document.pool_classes.map((one) => [
    one.device,
    sizeLimit(one.size),
    count(one.slots),
    base(one.recorded_iova_base),
    base(one.port_iova_base),
    one.matches ? 'yes' : 'no',
  ]);
  const classHead = ['device', 'class', 'slots', 'recorded at', 'port at', 'matches'];
  const body = html`${htmlTable(head, rows, 1)}
    <p>${workerLine(p)}.${portOnly === null ? '' : ` ${portOnly}.`}</p>
    ${residual(p.not_compared)} ${differences(p.differences)}
    ${
      classes.length > 0
        ? html`<h4>Where the classes lie</h4>
            ${htmlTable(classHead, classes, 2)}`
        : html``
    }`;
  const title = 'Pool: decisions of state 4 against the recorded ones';
  return { id: 'pool', title, body };
}

function residual(notCompared: Readonly<Record<string, number>>): Html {
  const reasons = Object.entries(notCompared);
  if (reasons.length === 0) return html``;
  const rows = reasons.map(([why, n]) => [why, count(n)]);
  return html`<h4>Not compared</h4>
    ${htmlTable(['why', 'how many'], rows, 1)}`;
}

function differences(found: readonly Difference[]): Html {
  if (found.length === 0) return html``;
  const rows = found.map((one) => [one.place, one.device, one.what, one.recorded, one.port]);
  const head = ['where', 'device', 'what', 'recorded', 'port'];
  return html`<h4>First differences</h4>
    ${htmlTable(head, rows, 5)}`;
}

function notes({ notes: list }: ReplayDocument): Section[] {
  if (list.length === 0) return [];
  const body = html`<ul>
    ${list.map((note) => html`<li>${note}</li>`)}
  </ul>`;
  return [{ id: 'notes', title: 'Notes', body }];
}

/** Its files, and what the ported kernel was given. */
export function replayRun({ files, params, boots, states }: ReplayDocument): Html {
  const names = files.map((file) => html`<li><code>${file}</code></li>`);
  const given = params.filter((one) => one !== '').join('; ');
  const ran = states.map(({ patches }) => stateName(patches)).join(', ');
  return html`<details>
      <summary>Replayed: ${plural(files.length, 'file')}, ${plural(boots, 'boot')}</summary>
      <ul>
        ${names}
      </ul>
    </details>
    <ul>
      <li>States: ${ran}</li>
      <li>Kernel parameters: ${given === '' ? 'defaults' : given}</li>
    </ul>`;
}

export function limitsSection(): Section {
  const body = html`<ul>
    <li>
      It tells what was mapped, not what it cost: no time on a real machine follows from these
      counts.
    </li>
    <li>Data are not in it. The bytes that the port copies are real, their content is not.</li>
    <li>
      Maps that failed, and memory that was mapped before the recording, cannot be replayed; they
      are counted.
    </li>
  </ul>`;
  return { id: 'limits', title: 'What a trace cannot tell', body };
}
