// SPDX-License-Identifier: GPL-2.0-only
// Bounce memory over virtual time: what the pool holds, what swiotlb has handed out, and what was set aside at boot.

import type { FioDocument, FioRun, OccupancyCurve } from '@iommu-bounce/simulation';
import { significant } from '../../show/format';
import { html, htmlTable } from '../../show/html';
import { cell, fixed, kib, rowKey } from '../charts/cells';
import { type Memory, memoryChart, withMemory } from '../charts/memory';
import { protectionsOf, signsText } from '../charts/protection';
import { groupsOf } from '../../tables/fio-groups';
import type { Figure } from '../charts/view';

interface Level {
  readonly fromNs: number;
  readonly untilNs: number;
  readonly bytes: number;
}

type Curves = Pick<FioRun, 'bounce_over_time' | 'bounce_with_idle' | 'peak_bounce_bytes'>;

/** Samples as the levels that they show, equal neighbours joined; coarser ones once the last I/O is done. */
export function levelsOf({ bounce_over_time: busy, bounce_with_idle: idle }: Curves): Level[] {
  const levels: Level[] = [];
  const add = (fromNs: number, untilNs: number, bytes: number): void => {
    const last = levels.at(-1);
    if (last?.bytes === bytes) levels[levels.length - 1] = { ...last, untilNs };
    else levels.push({ fromNs, untilNs, bytes });
  };
  const until = endOf(busy);
  busy.bytes.forEach((bytes, i) => {
    add(i * busy.interval_ns, (i + 1) * busy.interval_ns, bytes);
  });
  idle.bytes.forEach((bytes, i) => {
    const end = (i + 1) * idle.interval_ns;
    if (end > until) add(Math.max(until, i * idle.interval_ns), end, bytes);
  });
  return levels;
}

function endOf({ interval_ns, bytes }: OccupancyCurve): number {
  return interval_ns * bytes.length;
}

/** Null where nothing bounced and nothing was set aside. */
export function occupancyFigure(document: FioDocument): Figure | null {
  const groups = groupsOf(document);
  const rows = groups.flatMap(({ index, label, runs }) =>
    runs
      .filter((run) => run.bounce_over_time.bytes.length > 0 || run.reserved_bounce_bytes > 0)
      .map((run) => ({ run, label, key: { policy: run.policy, group: index } })),
  );
  if (rows.length === 0) return null;
  const steps = rows.flatMap(({ run, label, key }) =>
    levelsOf(run).map((level) => ({ level, run, label, key })),
  );
  const protections = protectionsOf(document.runs);
  const memories = rows.map(({ run, label, key }): Memory => ({
    ...key,
    policy: run.policy,
    label: groups.length > 1 ? label : '',
    reservedBytes: run.reserved_bounce_bytes,
    points: curve(run),
  }));
  return {
    heading: 'Bounce memory over virtual time',
    view: memoryChart('occupancy', memories, protections),
    says: `Memory that the pool holds (its buffers stay mapped and are kept for the next I/O) or that swiotlb has handed out: the maximum in each of up to 256 intervals of a run. After the last I/O, eleven idle seconds follow, in which the pool is evicted. ${withMemory(memories)}`,
    signs: signsText(
      protections.filter(({ policy }) => rows.some(({ run }) => run.policy === policy)),
      '',
    ),
    published: null,
    table: html`${htmlTable(
        [
          'policy',
          'block size',
          'peak KiB',
          'mean KiB',
          'set aside at boot KiB',
          'interval ms',
          'last I/O at ms',
        ],
        rows.map(({ run, label }) => [
          run.policy,
          label,
          kib(run.peak_bounce_bytes),
          kib(run.mean_bounce_bytes),
          kib(run.reserved_bounce_bytes),
          cell(run.bounce_over_time.interval_ns, millis(run.bounce_over_time.interval_ns)),
          fixed(run.elapsed_ns / 1e6, 1),
        ]),
        2,
        rows.map(({ key }) => rowKey(key)),
      )}
      <details>
        <summary>All levels</summary>
        ${htmlTable(
          ['policy', 'block size', 'from ms', 'until ms', 'KiB'],
          steps.map(({ level, run, label }) => [
            run.policy,
            label,
            cell(level.fromNs, millis(level.fromNs)),
            cell(level.untilNs, millis(level.untilNs)),
            kib(level.bytes),
          ]),
          2,
          steps.map(({ key }) => rowKey(key)),
        )}
      </details>`,
    folded: rows.length > 12,
  };
}

/** From half of the first interval on, so that a logarithmic axis has a beginning. */
function curve(run: FioRun): Memory['points'] {
  const first = run.bounce_over_time.interval_ns / 2;
  const levels = levelsOf(run);
  const points = levels.map(({ fromNs, bytes }) => ({ ns: Math.max(fromNs, first), bytes }));
  const last = levels.at(-1);
  return last ? [...points, { ns: last.untilNs, bytes: last.bytes }] : [];
}

function millis(ns: number): string {
  return significant(ns / 1e6, 6);
}
