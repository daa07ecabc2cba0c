// SPDX-License-Identifier: GPL-2.0-only
// docs/lazy-large-tables.md has the tables that the command prints, and docs/lazy-large-against-the-pool.md their
// figures. To follow a change: the command writes the first, and what this test expects goes into the second.

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
import { comparisonTables, comparisonText, comparisonWrongs } from '../../src/tables/compare';
import { summaryTables } from '../../src/tables/compare-summary';
import { expectFits } from '../commands/run-cli';

const LONG = process.env['TEST_LONG'] === '1';
const DOCS = join(__dirname, '../../../../docs');
const TABLES = readFileSync(join(DOCS, 'lazy-large-tables.md'), 'utf8').split('\n');
const FINDINGS = readFileSync(join(DOCS, 'lazy-large-against-the-pool.md'), 'utf8');

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

/** All that the page has of what was simulated here. */
function expectOnPage(cells: TablePart): void {
  const [head, , ...rows] = pageRows(cells.title);
  expect(head, cells.title).to.deep.equal(cells.head);
  for (const row of cells.rows) {
    const found = rows.find((one) => one[0] === row[0]);
    expect(found, `${cells.title}: ${row[0] ?? ''}`).to.deep.equal(row);
  }
}

/** Titles of the page's tables of a machine, with these words. */
function titlesOf(machine: string, words: string): string[] {
  return TABLES.filter(
    (line) => line.startsWith(`## ${machine}, base `) && line.includes(words),
  ).map((line) => line.slice(3));
}

/** Rows of the first table of the findings with these words in its head. */
function findingRows(head: string): string[][] {
  const lines = FINDINGS.split('\n');
  const at = lines.findIndex((line) => line.startsWith('|') && line.includes(head));
  expect(at, head).to.be.at.least(0);
  const end = lines.findIndex((line, i) => i > at && !line.startsWith('|'));
  return lines.slice(at + 2, end).map(cellsOf);
}

describe('docs/lazy-large-against-the-pool.md', () => {
  for (const machine of PRESET_NAMES)
    it(`has the CPU times of the tables, and who wins, ${machine}`, () => {
      const [title = ''] = titlesOf(machine, 'CPU time per I/O and throughput');
      const expected = pageRows(title)
        .slice(2)
        .map(([bs = '', ...figures]) => [machine, bs, ...figures.slice(0, 4)])
        .filter(([, bs = '']) => ['4k', '16k', '64k', '128k'].includes(bs));
      expect(expected).to.have.length(4);
      expect(findingRows('CPU µs').filter(([name]) => name === machine)).to.deep.equal(expected);
    });

  it('has the shares of random sets and the break-even value that it names', () => {
    const cell = (machine: string, words: string, row: string, column: string): string => {
      const [title = ''] = titlesOf(machine, words);
      const [head = [], , ...rows] = pageRows(title);
      return rows.find(([name]) => name === row)?.[head.indexOf(column)] ?? '';
    };
    const text = FINDINGS.replaceAll(/\s+/g, ' ');
    const share = cell('bare-metal-vtd', 'share of', '4k', '1/4 to 4x');
    expect(text).to.include(`At 4 KiB the difference is small: the pool wins in ${share}`);
    const ns = parseFloat(cell('bare-metal-vtd', 'reads of 4k', 'dmaMapNs', 'break-even value'));
    expect(text).to.include(`takes more than ${(ns / 1000).toFixed(2)} µs`);
    for (const range of ['1/4 to 4x', 'physical range', 'calibrated range'])
      expect(cell('laptop-virtio', 'share of', '4k', range)).to.equal('100.0 %');
  });

  it('has what each leaves reachable', () => {
    const title = TABLES.find((line) => line.startsWith('## Reads: how long')) ?? '';
    const [, , ...rows] = pageRows(title.slice(3));
    const expected = rows
      .filter(([, , policy]) => policy !== 'strict')
      .map(([machine = '', , ...figures]) => [machine, ...figures]);
    expect(expected).to.have.length(9);
    expect(findingRows('page, mean')).to.deep.equal(expected);
  });
});

describe('docs/lazy-large-tables.md', function () {
  this.timeout(400_000);
  const [base] = WORKLOADS;
  const named = (name: string): ComparedWorkload => {
    const found = WORKLOADS.find((one) => one.name === name);
    if (!found) throw new Error(name);
    return found;
  };

  if (LONG)
    for (const name of PRESET_NAMES)
      it(`has the command's rows of ${name} @long`, () => {
        if (!base) throw new Error('workloads');
        const c = comparePolicies({
          preset: name,
          cost: preset(name),
          cpus: USUAL_MACHINE.cpus,
          seed: USUAL_MACHINE.seed,
          policies: policiesNamed('strict,lazy,lazy-large,pool'),
          workloads: [
            { ...base, sizes: [4096, 131072] },
            ...(name === 'laptop-virtio' ? [named('iodepth 1')] : []),
          ],
        });
        const cells = comparisonTables(c);
        for (const line of partsText([...summaryTables([c]), ...cells]).split('\n'))
          expect(line.length, line).to.be.at.most(100);
        // A row over all sizes can only be told where all were simulated.
        for (const one of cells)
          expectOnPage(
            one.head[0] === 'workload'
              ? { ...one, head: pageRows(one.title)[0] ?? [], rows: whole(one) }
              : one,
          );
      });

  it('prints what is wrong with a run, which the command ends with status 1 for @long-only', () => {
    const c = comparePolicies({
      preset: 'bare-metal-vtd',
      cost: preset('bare-metal-vtd'),
      ...{ cpus: 1, seed: 1, policies: policiesNamed('none,pool') },
      workloads: [{ ...named('iodepth 1'), sizes: [4096] }],
    });
    expect(comparisonWrongs([c])).to.deep.equal([]);
    expect(comparisonText([c])).to.not.include('WRONG');
    for (const columns of [60, 80, 120])
      expectFits(comparisonText([c], { columns, ascii: columns === 80 }), columns);
    const bad = {
      ...c,
      rows: c.rows.map((row) => ({
        ...row,
        sides: row.sides.map((side) => ({ ...side, wrong: [`invariant of ${side.policy}`] })),
      })),
    };
    const lines = ['none', 'pool'].map(
      (policy) => `WRONG: bare-metal-vtd, iodepth 1, ${policy}, 4k: invariant of ${policy}`,
    );
    expect(comparisonWrongs([bad])).to.deep.equal(lines);
    for (const line of lines) expect(comparisonText([bad])).to.include(line);
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
