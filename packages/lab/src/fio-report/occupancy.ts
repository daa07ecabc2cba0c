// SPDX-License-Identifier: GPL-2.0-only
// Bounce memory in use over virtual time: the pool's, and swiotlb's where it was run.

import type { FioDocument, FioRun } from '../fio';
import { html, htmlTable } from '../report/html';
import { cell, fixed, kib, rowKey } from './cells';
import { policyColour } from './colours';
import { groupsOf } from './groups';
import { type Figure, series } from './view';

interface Level {
  readonly fromNs: number;
  readonly untilNs: number;
  readonly bytes: number;
}

/** Samples as the levels that they show, equal neighbours joined. */
export function levelsOf({ bounce_over_time: curve }: FioRun): Level[] {
  const levels: Level[] = [];
  for (const [i, bytes] of curve.bytes.entries()) {
    const last = levels.at(-1);
    const [fromNs, untilNs] = [i * curve.interval_ns, (i + 1) * curve.interval_ns];
    if (last?.bytes === bytes) levels[levels.length - 1] = { ...last, untilNs };
    else levels.push({ fromNs, untilNs, bytes });
  }
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
      series: rows.map(({ run, label, key }) =>
        series(`${run.policy} ${label}`, policyColour(run.policy), [], {
          ...key,
          steps: curve(run),
        }),
      ),
      switches: ['logTime', 'logValues'],
      on: [],
    },
    says: 'What the pool holds (buffers stay mapped and are kept for the next I/O), and what swiotlb has handed out: the most in each of up to 256 intervals of a run.',
    published: 'none',
    table: html`${htmlTable(
        [
          'policy',
          'block size',
          'peak KiB',
          'mean KiB',
          'set aside at boot KiB',
          'interval ms',
          'until ms',
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

/** A level is drawn from the middle of its first interval on, so that a logarithmic axis has all of it. */
function curve(run: FioRun): { x: number; y: number }[] {
  const half = run.bounce_over_time.interval_ns / 2;
  const levels = levelsOf(run);
  const points = levels.map(({ fromNs, bytes }) => ({ x: (fromNs + half) / 1e6, y: bytes / 1024 }));
  const last = levels.at(-1);
  if (last) points.push({ x: (last.untilNs - half) / 1e6, y: last.bytes / 1024 });
  return points;
}

function millis(ns: number): string {
  return String(Number((ns / 1e6).toPrecision(6)));
}
