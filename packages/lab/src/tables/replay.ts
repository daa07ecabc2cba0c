// SPDX-License-Identifier: GPL-2.0-only
// The figures of a replay as tables for a terminal.

import { oneLine } from '../errors';
import {
  type CaptureSection,
  type Difference,
  type ReplayDocument,
  type TimerWheelRow,
} from '../compare';
import { count, plural, share } from '../show/format';
import { INDENT, type Part, type TablePart, isTable, partText } from '../show/parts';
import { PAPER, type Screen } from '../show/text';
import { agreementRows } from './agreement-rows';
import { CAPTURE_TITLE, captureParts } from './capture';
import { cell } from './capture-words';
import { devicesOf, traceLine } from './replay-figures';
import { policyParts } from './policies';
import { togetherLines } from './together';
import {
  MAPPINGS_COLUMN,
  decisionRows,
  deviceRows,
  mappingRows,
  portOnlyLine,
  workerLine,
} from './replay-rows';
import { SIZE_HEAD, sizeRows, verdictBasis, verdictLine } from './verdict';

/** Parts that stand together, without blank lines between them. */
type Block = readonly Part[];

export function tables(document: ReplayDocument, screen: Screen = PAPER): string {
  const blocks: Block[] = [
    togetherLines(document).map((line) => [line]),
    [verdictLine(document)],
    [traceLine(document)],
    ...document.captures.map((capture) => beside(capture, document.captures.length)),
    [verdictBasis(document)],
    bySize(document),
    policyParts(document, cell),
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
  const title = 'CPU time of a map and its unmap, by size; without timers and the eviction worker';
  return [{ title, head: SIZE_HEAD, rows, numbersFrom: 1, keys: 2 }];
}

function mappings(document: ReplayDocument): Block {
  const made = mappingRows(document, cell);
  if (made.rows.length === 0) return [];
  return [{ title: 'Recorded mappings', ...made, numbersFrom: MAPPINGS_COLUMN - 1, keys: 4 }];
}

function devices({ states }: ReplayDocument): TablePart[] {
  return devicesOf(states).map((one) => ({
    title: '',
    ...deviceRows(one, cell(one.device)),
    numbersFrom: 1,
  }));
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
  return [[made, reasons(a.not_compared), lossLine(a)], differences(a.differences)];
}

function lossLine({ mappings_differing_with_losses: n }: ReplayDocument['agreement']): string[] {
  return n === 0
    ? []
    : [
        `${plural(n, 'mapping')} ${n === 1 ? 'differs' : 'differ'} in recordings that lost events: an event of another mapping may stand there, so the exit status does not count ${n === 1 ? 'it' : 'them'}.`,
      ];
}

function reasons(notCompared: Readonly<Record<string, number>>): string[] {
  return Object.entries(notCompared).map(([why, n]) => `Not compared: ${count(n)} ${why}`);
}

function pool({ pool_agreement: p, pool_classes: classes }: ReplayDocument): Block[] {
  if (!p) return [];
  const matching = classes.filter((one) => one.matches).length;
  const portOnly = portOnlyLine(p);
  const lines = [
    workerLine(p),
    ...p.timer_wheels.map(wheelLine),
    ...(portOnly === null ? [] : [portOnly]),
    ...reasons(p.not_compared),
    ...(classes.length > 0
      ? [
          `Addresses of the pools: ${count(matching)} of ${count(classes.length)} classes as recorded`,
        ]
      : []),
  ];
  const title = 'Pool: decisions of state 4 against the recorded ones';
  return [[{ title, ...decisionRows(p), numbersFrom: 1 }], differences(p.differences), [lines]];
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
