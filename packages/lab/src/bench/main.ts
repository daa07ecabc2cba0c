// SPDX-License-Identifier: GPL-2.0-only
// `npm run bench`: the table, or with --json one document.

import { setFlagsFromString } from 'node:v8';
import Table from 'cli-table3';
import { type BenchResult, measure } from './bench';
import { benchCases } from './cases';

function table(results: readonly BenchResult[]): string {
  const t = new Table({
    head: ['bench', 'ns', 'to its copy', 'garbage'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const r of results)
    t.push([
      r.name,
      r.ns.toFixed(1),
      r.ratio_to_copy === null ? '' : `${r.ratio_to_copy.toFixed(2)} x`,
      `${String(r.garbage_bytes)} B`,
    ]);
  return t.toString();
}

// As the command does: see bin/iommu-bounce.js.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=4000');
setFlagsFromString('--max-inlined-bytecode-size=2000');

const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--json')) {
  process.stderr.write(`bench: unknown option ${args.join(' ')}, expected --json or nothing\n`);
  process.exitCode = 2;
} else {
  const benches = benchCases().flatMap((group) => measure(group));
  process.stdout.write(
    args.length > 0 ? `${JSON.stringify({ benches }, null, 2)}\n` : `${table(benches)}\n`,
  );
}
