// SPDX-License-Identifier: GPL-2.0-only
// The figures of a replay as tables for a terminal of 100 columns.

import { oneLine } from '../errors';
import {
  type CaptureSection,
  DECISION_KINDS,
  type Difference,
  type PoolSection,
  type ReplayDocument,
  type TimerWheelRow,
} from '../compare';
import { change, count, share, sizeLimit, wholeBytes } from '../show/format';
import { isTable } from '../show/parts';
import { table } from '../show/table';
import { wrapped } from '../show/text';
import { agreementRows } from './agreement-rows';
import { CAPTURE_TITLE, captureParts } from './capture';
import { FIGURES, devicesOf, stateName, traceLine } from './replay-figures';
import { SIZE_HEAD, sizeRows, verdictBasis, verdictLine } from './verdict';

const INDENT = '  ';

export function tables(document: ReplayDocument): string {
  const parts = [
    wrapped(verdictLine(document), INDENT),
    wrapped(traceLine(document), INDENT),
    ...document.captures.map((capture) => beside(capture, document.captures.length)),
    wrapped(verdictBasis(document), INDENT),
    bySize(document),
    mappings(document),
    ...devices(document),
    agreement(document),
    ...pool(document),
    ...ends(document),
    ...document.notes.map((note) => wrapped(`Note: ${note}`, INDENT)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Before any percentage: what no percentage counts. */
function beside(capture: CaptureSection, captures: number): string {
  const of = captures > 1 ? `: ${capture.files.map(oneLine).join(', ')}` : '';
  const parts = captureParts(capture).map((part) => {
    if (typeof part === 'string') return wrapped(part, INDENT);
    if (isTable(part)) {
      const made = table(part.head, part.rows, part);
      return part.title === '' ? made : `${wrapped(part.title, INDENT)}\n${made}`;
    }
    return part.map((line) => wrapped(line, INDENT)).join('\n');
  });
  return [wrapped(`${CAPTURE_TITLE}${of}`, INDENT), ...parts].join('\n');
}

function bySize(document: ReplayDocument): string {
  const rows = sizeRows(document);
  if (rows.length === 0) return '';
  return `CPU time of a map and its unmap, by size\n${table(SIZE_HEAD, rows, { numbersFrom: 1 })}`;
}

function mappings({ recorded }: ReplayDocument): string {
  if (recorded.mappings.length === 0) return '';
  const rows = recorded.mappings.map((row) => [
    cell(row.device),
    row.form,
    row.direction,
    sizeLimit(row.size_up_to),
    count(row.mappings),
    wholeBytes(row.bytes),
  ]);
  return `Recorded mappings\n${table(['device', 'call', 'direction', 'up to', 'mappings', 'bytes'], rows, { numbersFrom: 3 })}`;
}

function devices({ states }: ReplayDocument): string[] {
  return devicesOf(states).map(({ device, states: of }) => {
    const [first, ...others] = of;
    const last = others.at(-1);
    const rows = FIGURES.filter((figure) => of.some(({ counts }) => figure.of(counts) > 0)).map(
      (figure) => [
        figure.name,
        ...of.map(({ counts }) => figure.show(figure.of(counts))),
        ...(first && last
          ? [figure.compares ? change(figure.of(first.counts), figure.of(last.counts)) : '']
          : []),
      ],
    );
    const head = [
      cell(device),
      ...of.map(({ patches }) => `${String(patches)}: ${stateName(patches)}`),
      ...(first && last ? [`change from ${String(first.patches)}`] : []),
    ];
    return table(head, rows, { numbersFrom: 1 });
  });
}

function agreement(document: ReplayDocument): string {
  const { agreement: a } = document;
  const head = `Plain path: iommu:map and iommu:unmap of state ${a.states.join(', ')} against the recorded ones`;
  const rows = agreementRows(document).map(({ name, of, base }) => [
    name,
    share(of.equal, of.compared),
    folded(base, 36),
  ]);
  const columns = [`of ${count(a.mappings_recorded)} mappings recorded`, 'equal', 'of'];
  return [
    `${head}\n${table(columns, rows, { numbersFrom: 1, textFrom: 2 })}`,
    ...reasons(a.not_compared),
    ...differences(a.differences),
  ].join('\n');
}

function reasons(notCompared: Readonly<Record<string, number>>): string[] {
  return Object.entries(notCompared).map(([why, n]) =>
    wrapped(`Not compared: ${count(n)} ${why}`, INDENT),
  );
}

/** Lines of a cell. */
function folded(text: string, columns: number): string {
  return text.replace(new RegExp(`(.{1,${String(columns)}})(?: |$)`, 'g'), '$1\n').trimEnd();
}

function pool({ pool_agreement: p, pool_classes: classes }: ReplayDocument): string[] {
  if (!p) return [];
  const rows = DECISION_KINDS.filter((kind) => p.by_kind[kind].recorded > 0).map((kind) => {
    const { recorded, compared, equal } = p.by_kind[kind];
    return [kind, count(recorded), count(compared), count(equal)];
  });
  const all = [
    'all',
    count(p.decisions_recorded),
    count(p.decisions_compared),
    count(p.decisions_equal),
  ];
  const head = ['decision of the pool', 'recorded', 'compared', 'equal'];
  const matching = classes.filter((one) => one.matches).length;
  const lines = [
    workerLine(p),
    ...p.timer_wheels.map(wheelLine),
    ...(p.decisions_of_port_only > 0
      ? [
          `${count(p.decisions_of_port_only)} decisions of the port that the recorded pool did not make`,
        ]
      : []),
    ...Object.entries(p.not_compared).map(([why, n]) => `Not compared: ${count(n)} ${why}`),
    ...(classes.length > 0
      ? [
          `Addresses of the pools: ${count(matching)} of ${count(classes.length)} classes as recorded`,
        ]
      : []),
  ];
  return [
    `Pool: decisions of state 4 against the recorded ones\n${table(head, [...rows, all], { numbersFrom: 1 })}`,
    ...differences(p.differences),
    lines.map((line) => wrapped(line, INDENT)).join('\n'),
  ];
}

function workerLine({ worker_runs: runs }: PoolSection): string {
  return (
    `Eviction worker: ${count(runs.recorded)} runs recorded, ${count(runs.pending)} of them queued in the port; ` +
    `${count(runs.due_agrees)} of ${count(runs.due_compared)} began in the bucket of the timer wheel in which they were ` +
    `due, ${count(runs.due_same_jiffy)} in the jiffy`
  );
}

function wheelLine(wheel: TimerWheelRow): string {
  const from = { facts: 'as the facts say', runs: 'found from the runs', assumed: 'assumed' };
  const known =
    wheel.phase_us === null
      ? 'no runs tell when its buckets begin'
      : `all ${count(wheel.runs)} runs began within ${count(wheel.spread_us ?? 0)} µs of a bucket of ${count(wheel.bucket_us / 1000)} ms`;
  return `Timer wheel: ${count(wheel.hz)} Hz, ${from[wheel.hz_from]}; ${known}`;
}

function differences(found: readonly Difference[]): string[] {
  if (found.length === 0) return [];
  const lines = found.map((one) => {
    const where = `${oneLine(one.place)}: ${oneLine(one.device)}: ${one.what}`;
    return `  ${where}\n    recorded: ${oneLine(one.recorded)}\n    port:     ${oneLine(one.port)}`;
  });
  return [`First differences\n${lines.join('\n')}`];
}

/** How a state ended, where there is something to say. */
function ends({ states }: ReplayDocument): string[] {
  return states.flatMap(
    ({ patches, oops, kernel_warnings: warnings, sleeping_in_atomic: sleeping }) => {
      const lines: string[] = [];
      if (oops)
        lines.push(
          `State ${String(patches)} died at ${oneLine(oops.place)}: ${oneLine(oops.text)}`,
        );
      if (warnings + sleeping > 0)
        lines.push(
          `State ${String(patches)}: ${count(warnings)} warnings of the kernel, ${count(sleeping)} sleeps in atomic context`,
        );
      return lines;
    },
  );
}

function cell(text: string): string {
  return shortened(oneLine(text), 28);
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
