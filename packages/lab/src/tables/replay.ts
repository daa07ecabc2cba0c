// SPDX-License-Identifier: GPL-2.0-only
// The figures of a replay as tables for a terminal.

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
import { INDENT, type Part, type TablePart, isTable, partText } from '../show/parts';
import { PAPER, type Screen } from '../show/text';
import { agreementRows } from './agreement-rows';
import { CAPTURE_TITLE, captureParts } from './capture';
import { cell } from './capture-words';
import { FIGURES, devicesOf, stateName, traceLine } from './replay-figures';
import { SIZE_HEAD, sizeRows, verdictBasis, verdictLine } from './verdict';

/** Parts that stand together, without blank lines between them. */
type Block = readonly Part[];

export function tables(document: ReplayDocument, screen: Screen = PAPER): string {
  const blocks: Block[] = [
    [verdictLine(document)],
    [traceLine(document)],
    ...document.captures.map((capture) => beside(capture, document.captures.length)),
    [verdictBasis(document)],
    bySize(document),
    mappings(document),
    ...devices(document).map((one) => [one]),
    ...agreement(document),
    ...pool(document),
    ...ends(document).map((one) => [one]),
    ...document.notes.map((note) => [`Note: ${note}`]),
  ];
  const shown = blocks.map((block) => block.filter((part) => isTable(part) || part.length > 0));
  const text = (block: Block): string =>
    block.map((part) => partText(part, screen, INDENT)).join('\n');
  return `${shown
    .filter((block) => block.length > 0)
    .map(text)
    .join('\n\n')}\n`;
}

/** Before any percentage: what no percentage counts. */
function beside(capture: CaptureSection, captures: number): Block {
  const of = captures > 1 ? `: ${capture.files.map(oneLine).join(', ')}` : '';
  return [`${CAPTURE_TITLE}${of}`, ...captureParts(capture)];
}

function bySize(document: ReplayDocument): Block {
  const rows = sizeRows(document);
  if (rows.length === 0) return [];
  const title = 'CPU time of a map and its unmap, by size';
  return [{ title, head: SIZE_HEAD, rows, numbersFrom: 1, keys: 2 }];
}

function mappings({ recorded }: ReplayDocument): Block {
  if (recorded.mappings.length === 0) return [];
  const rows = recorded.mappings.map((row) => [
    cell(row.device),
    row.form,
    row.direction,
    sizeLimit(row.size_up_to),
    count(row.mappings),
    wholeBytes(row.bytes),
  ]);
  const head = ['device', 'call', 'direction', 'up to', 'mappings', 'bytes'];
  return [{ title: 'Recorded mappings', head, rows, numbersFrom: 3, keys: 4 }];
}

function devices({ states }: ReplayDocument): TablePart[] {
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
    return { title: '', head, rows, numbersFrom: 1 };
  });
}

function agreement(document: ReplayDocument): Block[] {
  const { agreement: a } = document;
  const title = `Plain path: iommu:map and iommu:unmap of state ${a.states.join(', ')} against the recorded ones`;
  const rows = agreementRows(document).map(({ name, of, base }) => [
    name,
    share(of.equal, of.compared),
    base,
  ]);
  const columns = [`of ${count(a.mappings_recorded)} mappings recorded`, 'equal', 'of'];
  const made: TablePart = { title, head: columns, rows, numbersFrom: 1, textFrom: 2 };
  return [[made, reasons(a.not_compared)], differences(a.differences)];
}

function reasons(notCompared: Readonly<Record<string, number>>): string[] {
  return Object.entries(notCompared).map(([why, n]) => `Not compared: ${count(n)} ${why}`);
}

function pool({ pool_agreement: p, pool_classes: classes }: ReplayDocument): Block[] {
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
    ...reasons(p.not_compared),
    ...(classes.length > 0
      ? [
          `Addresses of the pools: ${count(matching)} of ${count(classes.length)} classes as recorded`,
        ]
      : []),
  ];
  const title = 'Pool: decisions of state 4 against the recorded ones';
  return [
    [{ title, head, rows: [...rows, all], numbersFrom: 1 }],
    differences(p.differences),
    [lines],
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

function differences(found: readonly Difference[]): Block {
  if (found.length === 0) return [];
  return [
    'First differences',
    ...found.map((one) => [
      `  ${one.place}: ${one.device}: ${one.what}`,
      `    recorded: ${one.recorded}`,
      `    port:     ${one.port}`,
    ]),
  ];
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
