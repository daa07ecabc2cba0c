// SPDX-License-Identifier: GPL-2.0-only
// The report of a replay: one HTML file that needs nothing else.

import {
  DECISION_KINDS,
  type Difference,
  type PoolSection,
  type ReplayDocument,
  agrees,
} from '../compare';
import { type LaneCounts } from '../drive/lane-figures';
import { agreementRows, callLines } from '../tables/agreement-rows';
import { FIGURES, devicesOf, stateName, traceLine } from '../tables/replay-figures';
import { SIZE_HEAD, sizeRows, verdictBasis, verdictLine } from '../tables/verdict';
import { change, count, share, sizeLimit, wholeBytes } from '../show/format';
import { type Html, html, htmlTable } from '../show/html';
import { pageText } from '../show/page';
import { captureSections } from './capture';

/** One replay of a report. */
export interface ReportPart {
  readonly heading: string;
  readonly document: ReplayDocument;
}

export const REPLAY_TITLE = 'DMA of a recorded machine, before and after the bounce buffer series';

/** @param parts the same parts give the same text, whenever and wherever */
export function report(parts: readonly ReportPart[]): string {
  return pageText({ title: REPLAY_TITLE, body: replayBody(parts) });
}

/** Replays, and what they cannot tell: all of a report but its frame. */
export function replayBody(parts: readonly ReportPart[]): Html {
  return html`${parts.map((one) => part(one))} ${limits()}`;
}

function part({ heading, document }: ReportPart): Html {
  return html`<article>
    <h2 class="part">${heading}</h2>
    ${answer(document)}
    <p class="lead">${traceLine(document)}.</p>
    ${captureSections(document.captures)} ${basis(document)} ${verdict(document)}
    ${devicesOf(document.states).map((one) => device(one))} ${mappings(document)}
    ${plainPath(document)}
    ${document.pool_agreement ? poolDecisions(document, document.pool_agreement) : html``}
    ${notes(document)}
  </article>`;
}

/** What the reader came for. */
function answer(document: ReplayDocument): Html {
  const line = verdictLine(document);
  return line === '' ? html`` : html`<h3>${line}</h3>`;
}

/** Shares come after what the capture shows beside its calls. */
function basis(document: ReplayDocument): Html {
  const text = verdictBasis(document);
  if (text === '') return html``;
  return html`<section>
    <h3>CPU time of a map and its unmap</h3>
    <p>${text}</p>
    ${htmlTable(SIZE_HEAD, sizeRows(document), 1)}
  </section>`;
}

function verdict(document: ReplayDocument): Html {
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
  return html`<section class="verdict ${good ? 'good' : 'bad'}">
    <h3>
      ${good ? 'The port agrees with the recorded machine' : 'The port differs from the recorded machine'}
    </h3>
    <ul>
      ${parts}
    </ul>
  </section>`;
}

function device({ device: name, states }: ReturnType<typeof devicesOf>[number]): Html {
  const [first, ...others] = states;
  const last = others.at(-1);
  const rows = FIGURES.filter((figure) => states.some(({ counts }) => figure.of(counts) > 0)).map(
    (figure) => [
      figure.name,
      ...states.map(({ counts }) => figure.show(figure.of(counts))),
      ...(first && last
        ? [figure.compares ? change(figure.of(first.counts), figure.of(last.counts)) : '']
        : []),
    ],
  );
  const head = [
    '',
    ...states.map(({ patches }) => stateName(patches)),
    ...(first && last ? [`change from ${stateName(first.patches)}`] : []),
  ];
  const hasVirtio = states.some(({ counts }) => counts.virtio !== null);
  return html`<section>
    <h3>Device ${name}</h3>
    ${bars('IOMMU maps', states, (counts) => counts.iommu_maps)}
    ${bars('IOMMU unmaps', states, (counts) => counts.iommu_unmaps)}
    ${hasVirtio ? bars('Exits from the guest', states, (counts) => counts.virtio?.vmexits ?? 0) : html``}
    ${htmlTable(head, rows, 1)}
  </section>`;
}

/** One bar per state, the longest over the full width. */
function bars(
  name: string,
  states: readonly { readonly patches: number; readonly counts: LaneCounts }[],
  of: (counts: LaneCounts) => number,
): Html {
  const most = Math.max(1, ...states.map(({ counts }) => of(counts)));
  const lines = states.map(({ patches, counts }) => {
    const width = ((of(counts) / most) * 100).toFixed(2);
    return html`<div class="bar">
      <span class="name">${stateName(patches)}</span>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width="100" height="8" />
        <rect class="state${patches}" width="${width}" height="8" />
      </svg>
      <span class="value">${count(of(counts))}</span>
    </div>`;
  });
  return html`<figure>
    <figcaption>${name}</figcaption>
    ${lines}
  </figure>`;
}

function mappings({ recorded }: ReplayDocument): Html {
  if (recorded.mappings.length === 0) return html``;
  const rows = recorded.mappings.map((row) => [
    row.device,
    row.form,
    row.direction,
    sizeLimit(row.size_up_to),
    count(row.mappings),
    wholeBytes(row.bytes),
  ]);
  return html`<section>
    <h3>Recorded mappings</h3>
    ${htmlTable(['device', 'call', 'direction', 'up to', 'mappings', 'bytes'], rows, 3)}
  </section>`;
}

function plainPath(document: ReplayDocument): Html {
  const { agreement: a, recorded } = document;
  const rows = agreementRows(document).map(({ name, of, base }) => [
    name,
    base,
    share(of.equal, of.compared),
  ]);
  return html`<section>
    <h3>Plain path: state ${a.states.join(', ')} at iommu:map and iommu:unmap</h3>
    <p>
      ${count(recorded.iommu_maps)} iommu:map and ${count(recorded.iommu_unmaps)} iommu:unmap events
      recorded, of which ${count(recorded.iommu_maps_without_call)} and
      ${count(recorded.iommu_unmaps_without_call)} belong to no recorded call.
      ${count(a.mappings_recorded)} mappings recorded, ${count(a.mappings_with_events)} with events
      of their own.
    </p>
    ${htmlTable(['compared', 'of', 'equal'], rows, 2)} ${residual(a.not_compared)}
    ${differences(a.differences)}
  </section>`;
}

function poolDecisions(document: ReplayDocument, p: PoolSection): Html {
  const rows = DECISION_KINDS.filter((kind) => p.by_kind[kind].recorded > 0).map((kind) => {
    const { recorded, compared, equal } = p.by_kind[kind];
    return [kind, count(recorded), count(compared), count(equal)];
  });
  const { worker_runs: runs } = p;
  const hex = (n: number | null): string => (n === null ? 'none' : `0x${n.toString(16)}`);
  const classes = document.pool_classes.map((one) => [
    one.device,
    sizeLimit(one.size),
    count(one.slots),
    hex(one.recorded_iova_base),
    hex(one.port_iova_base),
    one.matches ? 'yes' : 'no',
  ]);
  const classHead = ['device', 'class', 'slots', 'recorded at', 'port at', 'matches'];
  return html`<section>
    <h3>Pool: decisions of state 4 against the recorded ones</h3>
    ${htmlTable(['decision', 'recorded', 'compared', 'equal'], rows, 1)}
    <p>
      Eviction worker: ${count(runs.recorded)} runs recorded, ${count(runs.pending)} of them queued
      in the port, ${count(runs.due_agrees)} of ${count(runs.due_compared)} began in the bucket of
      the timer wheel in which they were due, ${count(runs.due_same_jiffy)} in the jiffy.
      ${count(p.decisions_of_port_only)} decisions of the port had no recorded one.
    </p>
    ${residual(p.not_compared)} ${differences(p.differences)}
    ${
      classes.length > 0
        ? html`<h4>Where the classes lie</h4>
            ${htmlTable(classHead, classes, 2)}`
        : html``
    }
  </section>`;
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

function notes({ notes: list, files, params, boots }: ReplayDocument): Html {
  const names = files.map((file) => html`<li><code>${file}</code></li>`);
  const given = params.filter((one) => one !== '').join('; ');
  return html`<section>
    <h3>Notes</h3>
    <ul>
      ${list.map((note) => html`<li>${note}</li>`)}
    </ul>
    <details>
      <summary>
        ${count(files.length)} ${files.length === 1 ? 'file' : 'files'}, ${count(boots)}
        ${boots === 1 ? 'boot' : 'boots'}
      </summary>
      <ul>
        ${names}
      </ul>
      <p>Kernel parameters: ${given === '' ? 'defaults' : given}</p>
    </details>
  </section>`;
}

function limits(): Html {
  return html`<section>
    <h2 class="part">What a trace cannot tell</h2>
    <ul>
      <li>
        It tells what was mapped, not what it cost: no time on a real machine follows from these
        counts.
      </li>
      <li>Data are not in it. The bytes that the port copies are real, their content is not.</li>
      <li>
        Maps that failed, and memory that was mapped before the recording, cannot be replayed; they
        are counted.
      </li>
    </ul>
  </section>`;
}
