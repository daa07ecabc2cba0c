// SPDX-License-Identifier: GPL-2.0-only
// Bounce memory in use over virtual time: the pool's, and swiotlb's where it was run.

import type { FioDocument, FioRun } from '@iommu-bounce/simulation';
import { significant } from '../../show/format';
import { html, htmlTable } from '../../show/html';
import { cell, fixed, kib, rowKey } from './cells';
import { lineColour, policyColour } from './colours';
import { groupsOf } from './groups';
import { type Figure, series } from './view';

interface Level {
  readonly fromNs: number;
  readonly untilNs: number;
  readonly bytes: number;
}

/** Samples as the levels that they show, equal neighbours joined; coarser ones once the last I/O is done. */
export function levelsOf({ bounce_over_time: busy, bounce_with_idle: idle }: FioRun): Level[] {
  const levels: Level[] = [];
  const add = (fromNs: number, untilNs: number, bytes: number): void => {
    const last = levels.at(-1);
    if (last?.bytes === bytes) levels[levels.length - 1] = { ...last, untilNs };
    else levels.push({ fromNs, untilNs, bytes });
  };
  const until = busy.interval_ns * busy.bytes.length;
  busy.bytes.forEach((bytes, i) => {
    add(i * busy.interval_ns, (i + 1) * busy.interval_ns, bytes);
  });
  idle.bytes.forEach((bytes, i) => {
    const end = (i + 1) * idle.interval_ns;
    if (end > until) add(Math.max(until, i * idle.interval_ns), end, bytes);
  });
  return levels;
}

/** Null where nothing bounced. */
export function occupancyFigure(document: FioDocument): Figure | null {
  const rows = groupsOf(document).flatMap(({ index, label, runs }) =>
    runs
      .filter((run) => run.bounce_over_time.bytes.length > 0)
      .map((run) => ({ run, label, key: { policy: run.policy, group: index } })),
  );
  if (rows.length === 0) return null;
  const manyPolicies = new Set(rows.map(({ run }) => run.policy)).size > 1;
  const steps = rows.flatMap(({ run, label, key }) =>
    levelsOf(run).map((level) => ({ level, run, label, key })),
  );
  return {
    heading: 'Bounce memory over virtual time',
    view: {
      id: 'occupancy',
      kind: 'steps',
      labels: [],
      labelKeys: [],
      labelTitle: 'virtual time, ms',
      valueTitle: 'bounce memory in use, KiB',
      series: rows.map(({ run, label, key }, i) =>
        series(
          `${run.policy} ${label}`,
          manyPolicies ? policyColour(run.policy) : lineColour(i),
          [],
          {
            ...key,
            steps: curve(run),
          },
        ),
      ),
      switches: ['logTime', 'logValues'],
      on: ['logValues'],
    },
    says: 'Memory that the pool holds (its buffers stay mapped and are kept for the next I/O) or that swiotlb has handed out: the maximum in each of up to 256 intervals of a run. After the last I/O, eleven idle seconds follow, in which the pool is evicted. Zero is drawn as 1 KiB on a logarithmic axis.',
    published: null,
    table: html`${htmlTable(
        [
          'policy',
          'block size',
          'peak KiB',
          'mean KiB',
          'reserved at boot KiB',
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
function curve(run: FioRun): { x: number; y: number }[] {
  const first = run.bounce_over_time.interval_ns / 2;
  const levels = levelsOf(run);
  const points = levels.map(({ fromNs, bytes }) => ({
    x: Math.max(fromNs, first) / 1e6,
    y: bytes / 1024,
  }));
  const last = levels.at(-1);
  if (last) points.push({ x: last.untilNs / 1e6, y: last.bytes / 1024 });
  return points;
}

function millis(ns: number): string {
  return significant(ns / 1e6, 6);
}
