// SPDX-License-Identifier: GPL-2.0-only
// The page of a sweep's folder: its rows, beside the command lines that the spec has for them.

import { type Failure, sweepReport } from '../reports/sweep';
import type { Manifest } from '../sweep/manifest';
import type { Results } from '../sweep/results';
import type { Spec } from '../sweep/spec';
import { shellLine, shellWord } from './command-line';

/**
 * The same page whatever ran the points, and however often it was stopped.
 * @param name of the program
 */
export function sweepPage(spec: Spec, manifest: Manifest, results: Results, name: string): string {
  const command = shellLine([name, 'sweep', spec.file, '--out', results.folder]);
  return sweepReport(
    {
      ...spec,
      sha256: manifest.spec.sha256,
      inputs: manifest.inputs,
      count: results.rows,
      rows: () => results.stored(),
      words: () => wordsInOrder(spec, name),
      failures: function* (): Generator<Failure> {
        for (const { point, error, args } of results.failed())
          yield {
            point: Number(point),
            error: String(error),
            command: shellLine([name, ...(args as string[])]),
          };
      },
    },
    command,
  );
}

/** Goes through the points as they are asked for. */
function wordsInOrder({ points }: Spec, name: string): (point: number) => readonly string[] {
  const all = points.from();
  return (wanted) => {
    for (;;) {
      const next = all.next();
      if (next.done === true) throw new Error(`no point ${String(wanted)}`);
      const { index, args } = next.value;
      if (index === wanted) return [name, ...args].map(shellWord);
    }
  };
}
