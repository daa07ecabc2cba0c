// SPDX-License-Identifier: GPL-2.0-only
// The tables of docs/lazy-large-against-the-pool.md are what the command prints.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { PRESET_NAMES, preset } from '../../src/cost';
import { USUAL_MACHINE } from '../../src/fio';
import { policiesNamed } from '../../src/policies';
import {
  type Cells,
  type ComparedWorkload,
  WORKLOADS,
  comparePolicies,
  comparisonCells,
  terminalTable,
} from '../../src/sensitivity';

const LONG = process.env['TEST_LONG'] === '1';
const LINES = readFileSync(
  join(__dirname, '../../../../docs/lazy-large-against-the-pool.md'),
  'utf8',
).split('\n');

/** Rows of the page's table below a title. */
function pageRows(title: string): string[][] {
  const at = LINES.indexOf(`${title}:`);
  expect(at, title).to.be.at.least(0);
  const end = LINES.findIndex((line, i) => i > at + 1 && !line.startsWith('|'));
  return LINES.slice(at + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** All that the page has of what was simulated here. */
function expectOnPage(cells: Cells): void {
  const [head, , ...rows] = pageRows(cells.title);
  expect(head, cells.title).to.deep.equal(cells.head);
  for (const row of cells.rows) {
    const found = rows.find((one) => one[0] === row[0]);
    expect(found, `${cells.title}: ${row[0] ?? ''}`).to.deep.equal(row);
  }
}

describe('docs/lazy-large-against-the-pool.md', function () {
  this.timeout(120_000);
  const [lazy, pool] = policiesNamed('lazy-large,pool');
  if (!lazy || !pool) throw new Error('two policies');
  const [base] = WORKLOADS;
  const named = (name: string): ComparedWorkload => {
    const found = WORKLOADS.find((one) => one.name === name);
    if (!found) throw new Error(name);
    return found;
  };

  if (LONG)
    for (const name of PRESET_NAMES)
      it(`has the command's rows of ${name}`, () => {
        if (!base) throw new Error('workloads');
        const c = comparePolicies({
          preset: name,
          cost: preset(name),
          cpus: USUAL_MACHINE.cpus,
          seed: USUAL_MACHINE.seed,
          policies: [lazy, pool],
          workloads: [
            { ...base, sizes: [4096, 131072] },
            ...(name === 'laptop-virtio' ? [named('iodepth 1')] : []),
          ],
        });
        const cells = comparisonCells(c);
        for (const line of cells.map(terminalTable).join('\n').split('\n'))
          expect(line.length, line).to.be.at.most(100);
        // A row over all sizes can only be told where all were simulated.
        for (const one of cells)
          expectOnPage(
            one.head[0] === 'workload'
              ? { ...one, head: pageRows(one.title)[0] ?? [], rows: whole(one) }
              : one,
          );
      });

  /** Rows of the workloads that ran with all their sizes, blank where the page's are. */
  function whole({ rows, head }: Cells): string[][] {
    return rows
      .filter(([workload]) => workload === 'iodepth 1')
      .map((row) => [
        'iodepth 1',
        ...[4, 8, 16, 32, 64, 128].map((k) => row[head.indexOf(`${String(k)}k`)] ?? ''),
      ]);
  }
});
