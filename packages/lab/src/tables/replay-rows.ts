// SPDX-License-Identifier: GPL-2.0-only
// Tables of a replay that the terminal and the page both show.

import { DECISION_KINDS, type PoolSection, type ReplayDocument } from '../compare';
import { change, count, plural, sizeLimit, wholeBytes } from '../show/format';
import { FIGURES, type devicesOf, stateName } from './replay-figures';

export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What each state did for a device; figures that are 0 in all states are left out. @param corner the head of the first column */
export function deviceRows(
  { states }: Pick<ReturnType<typeof devicesOf>[number], 'states'>,
  corner: string,
): Rows {
  const [first, ...others] = states;
  const last = others.at(-1);
  const shown = FIGURES.filter((figure) => states.some(({ counts }) => figure.of(counts) > 0));
  return {
    head: [
      corner,
      ...states.map(({ patches }) => `${String(patches)}: ${stateName(patches)}`),
      ...(first && last ? [`change from ${String(first.patches)}`] : []),
    ],
    rows: shown.map((figure) => [
      figure.name,
      ...states.map(({ counts }) => figure.show(figure.of(counts))),
      ...(first && last
        ? [figure.compares ? change(figure.of(first.counts), figure.of(last.counts)) : '']
        : []),
    ]),
  };
}

/** The column of `mappingRows` that counts mappings. */
export const MAPPINGS_COLUMN = 4;

/** @param device how a device's name is shown */
export function mappingRows(
  { recorded }: ReplayDocument,
  device: (name: string) => string = (name) => name,
): Rows {
  return {
    head: ['device', 'call', 'direction', 'up to', 'mappings', 'bytes'],
    rows: recorded.mappings.map((row) => [
      device(row.device),
      row.form,
      row.direction,
      sizeLimit(row.size_up_to),
      count(row.mappings),
      wholeBytes(row.bytes),
    ]),
  };
}

/** Kinds of decisions that were recorded, then all together. */
export function decisionRows(p: PoolSection): Rows {
  const kinds = DECISION_KINDS.filter((kind) => p.by_kind[kind].recorded > 0);
  return {
    head: ['decision of the pool', 'recorded', 'compared', 'equal'],
    rows: [
      ...kinds.map((kind) => {
        const { recorded, compared, equal } = p.by_kind[kind];
        return [kind, ...[recorded, compared, equal].map(count)];
      }),
      ['all', ...[p.decisions_recorded, p.decisions_compared, p.decisions_equal].map(count)],
    ],
  };
}

export function workerLine({ worker_runs: runs }: PoolSection): string {
  return (
    `Eviction worker: ${plural(runs.recorded, 'run')} recorded, ${count(runs.pending)} of them queued in the port; ` +
    `${count(runs.due_agrees)} of ${count(runs.due_compared)} began in the bucket of the timer wheel in which they were ` +
    `due, ${count(runs.due_same_jiffy)} in the jiffy`
  );
}

/** Decisions that only the port made; null without any. */
export function portOnlyLine({ decisions_of_port_only: n }: PoolSection): string | null {
  return n === 0
    ? null
    : `${plural(n, 'decision')} of the port that the recorded pool did not make`;
}
