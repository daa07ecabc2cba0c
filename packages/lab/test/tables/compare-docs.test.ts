// SPDX-License-Identifier: GPL-2.0-only
// docs/lazy-large-tables.md has the tables that the command prints, and docs/lazy-large-against-the-pool.md their figures.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type ComparedWorkload,
  PRESET_NAMES,
  USUAL_MACHINE,
  WORKLOADS,
  comparePolicies,
  policiesNamed,
  preset,
} from '@iommu-bounce/simulation';
import { type TablePart, partsText } from '../../src/show/parts';
import { comparisonTables } from '../../src/tables/compare';

const LONG = process.env['TEST_LONG'] === '1';
const DOCS = join(__dirname, '../../../../docs');
const TABLES = readFileSync(join(DOCS, 'lazy-large-tables.md'), 'utf8').split('\n');
const FINDINGS = readFileSync(join(DOCS, 'lazy-large-against-the-pool.md'), 'utf8').split('\n');

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Rows of the page's table below a title. */
function pageRows(title: string): string[][] {
  const at = TABLES.indexOf(`## ${title}`);
  expect(at, title).to.be.at.least(0);
  const end = TABLES.findIndex((line, i) => i > at + 1 && !line.startsWith('|'));
  return TABLES.slice(at + 2, end).map(cellsOf);
}

/** What the findings' first table says of a machine and a block size. */
function finding(machine: string, bs: string): string {
  const head = FINDINGS.findIndex((line) => line.startsWith('| bs '));
  const row = FINDINGS.slice(head).find((line) => line.startsWith(`| ${bs} `)) ?? '';
  return cellsOf(row)[cellsOf(FINDINGS[head] ?? '').indexOf(machine)] ?? '';
}

/** All that the page has of what was simulated here. */
function expectOnPage(cells: TablePart): void {
  const [head, , ...rows] = pageRows(cells.title);
  expect(head, cells.title).to.deep.equal(cells.head);
  for (const row of cells.rows) {
    const found = rows.find((one) => one[0] === row[0]);
    expect(found, `${cells.title}: ${row[0] ?? ''}`).to.deep.equal(row);
  }
}

describe('docs/lazy-large-tables.md', function () {
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
        const cells = comparisonTables(c);
        for (const line of partsText(cells).split('\n'))
          expect(line.length, line).to.be.at.most(100);
        for (const row of cells[0]?.rows ?? [])
          expect(finding(name, row[0] ?? ''), row[0]).to.equal(`${row[3] ?? ''}, ${row[6] ?? ''}`);
        // A row over all sizes can only be told where all were simulated.
        for (const one of cells)
          expectOnPage(
            one.head[0] === 'workload'
              ? { ...one, head: pageRows(one.title)[0] ?? [], rows: whole(one) }
              : one,
          );
      });

  /** Rows of the workloads that ran with all their sizes, blank where the page's are. */
  function whole({ rows, head }: TablePart): string[][] {
    return rows
      .filter(([workload]) => workload === 'iodepth 1')
      .map((row) => [
        'iodepth 1',
        ...[4, 8, 16, 32, 64, 128].map((k) => row[head.indexOf(`${String(k)}k`)] ?? ''),
      ]);
  }
});
