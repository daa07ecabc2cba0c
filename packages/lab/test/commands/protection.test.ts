// SPDX-License-Identifier: GPL-2.0-only
// The verb protection: what it prints, its page, what it refuses, and the tables of docs/protection.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ProtectionDocument, protectionOf, protectionPolicies } from '@iommu-bounce/safety';
import {
  exposureOf,
  policyName,
  protectionMarkdown,
  protectionParts,
  wrongsOfProtection,
} from '../../src/tables/protection';
import { partsText } from '../../src/show/parts';
import { PROTECTION_PAGE, tablesIn } from '../../tools/protection-page';
import { cli, cliOn, expectFits, withFolder } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';
const PAGE = readFileSync(join(__dirname, '../../../..', PROTECTION_PAGE), 'utf8');

const SMALL = ['--policy', 'none,strict,pool', '--operations', '300', '--ios', '300'] as const;
const ON = ['--preset', 'bare-metal-vtd'] as const;

describe('iommu-bounce protection', () => {
  it('refuses what it cannot run in one line, status 2', () =>
    withFolder(async (folder) => {
      const file = (name: string, text: string): string => {
        const path = join(folder, name);
        writeFileSync(path, text);
        return path;
      };
      for (const [args, expected] of [
        [['--policy', 'pond'], /--policy: policy 'pond' is unknown/],
        [['--fix', 'duct-tape'], /--fix: fix 'duct-tape' is unknown/],
        [['--preset', 'mainframe'], /--preset: .*mainframe/],
        [['--preset', 'bare-metal-vtd,bare-metal-vtd'], /bare-metal-vtd twice/],
        [['--operations', '0'], /--operations: expected a whole number from 1/],
        [['--seed', 'x'], /--seed/],
        [['--ios', '-1'], /--ios/],
        [['--json', '--markdown'], /one of the two/],
        [[join(folder, 'none.json')], /no such file, expected a JSON array of operations/],
        [[file('a.json', '{')], /a\.json: expected JSON/],
        [[file('b.json', '[]')], /b\.json: expected an array of one operation or more/],
        [
          [file('c.json', '[{"op":"unmap","id":1}]')],
          /c\.json: operation 1 \(unmap\): expected the id of a mapping in force, got 1/,
        ],
        [[file('d.json', '[]'), '--operations', '5'], /expected one of the two/],
      ] as const) {
        const { status, out, err } = await cli('protection', ...args);
        expect(status, args.join(' ')).to.equal(2);
        expect(out).to.equal('');
        expect(err.trimEnd().split('\n'), err).to.have.length(1);
        expect(err).to.match(expected);
      }
    }));

  const args = ['protection', ...SMALL, ...ON, '--fix', 'zero-fill', '--json'];
  let first = '';
  let page = '';
  before(() =>
    withFolder(async (folder) => {
      const path = join(folder, 'protection.html');
      const { status, out } = await cli(...args, '--report', path);
      expect(status).to.equal(0);
      [first, page] = [out, readFileSync(path, 'utf8')];
    }),
  );

  it('prints the same document for the same seed, with a row for each policy and fix', async () => {
    const { out } = await cli(...args);
    expect(out).to.equal(first);
    const { machines } = JSON.parse(out) as ProtectionDocument;
    const rows = machines.flatMap((machine) => machine.rows);
    expect(rows.map(policyName)).to.deep.equal(['none', 'strict', 'pool', 'pool + zero-fill']);
    const [none, strict, pool] = rows;
    if (!none || !strict || !pool) throw new Error('rows are missing');
    expect(exposureOf(none)).to.be.greaterThan(exposureOf(strict));
    // All that a device changes under the pool is what the unmap copies again.
    const { write_harm: changed, write_during_cpu: copied } = pool.columns;
    expect(changed.bytes).to.be.within(1, strict.columns.write_harm.bytes);
    expect(copied).to.deep.equal(changed);
  });

  it('takes a list of operations, and fits a terminal', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'operations.json');
      const steps = [
        { op: 'map', id: 1, device: 0, buffer: 'disk', bytes: 512, direction: 'to' },
        { op: 'idle', ns: 1e6 },
        { op: 'unmap', id: 1 },
      ];
      writeFileSync(path, JSON.stringify(steps));
      const screen = { columns: 70 };
      const { status, out } = await cliOn(
        screen,
        ...['protection', path, '--policy', 'strict', '--ios', '0', ...ON],
      );
      expect(status).to.equal(0);
      expectFits(out, 70);
      expect(out).to.match(/^3 operations of seed 1/m);
      expect(out).to.match(
        /A\s+hostile\s+device\s+reads\s+what\s+it\s+may\s+not\s+under\s+every\s+policy/,
      );
      // The rest of the page is private memory.
      expect(out).to.match(/3,584\s*B/);
    }));

  it('writes a page with the plot of each machine and size', () => {
    for (const size of ['4096', '65536'])
      expect(page).to.include(`id="protection-bare-metal-vtd-${size}"`);
    expect(page).to.include('bare-metal-vtd: sub-page types');
    expect(page).to.match(/"text":"strict: \d+ % of the speed, ratio [\d.e-]+"/);
  });

  it('says which run is wrong, and returns 1 for it', () => {
    const document = protectionOf({
      ...{ operations: 20, speedIos: 0, presets: ['bare-metal-vtd'] },
      policies: protectionPolicies().slice(0, 2),
    });
    expect(wrongsOfProtection(document)).to.deep.equal([]);
    const [machine] = document.machines;
    const [row] = machine?.rows ?? [];
    if (!machine || !row) throw new Error('no row');
    const leaking = {
      ...document,
      machines: [{ ...machine, rows: [{ ...row, leaks: ['a page'] }] }],
    };
    expect(wrongsOfProtection(leaking)).to.deep.equal(['bare-metal-vtd, none: a page']);
    expect(partsText(protectionParts(leaking))).to.include('WRONG: bare-metal-vtd, none: a page');
  });
});

describe('docs/protection.md', function () {
  it('has an example of operations that runs', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'operations.json');
      const [, example = ''] = /```json\n(.*?)```/s.exec(PAGE) ?? [];
      writeFileSync(file, example);
      const { status, out } = await cli(
        'protection',
        file,
        '--policy',
        'pool',
        '--ios',
        '300',
        '--json',
      );
      expect(status).to.equal(0);
      const { operations, machines } = JSON.parse(out) as ProtectionDocument;
      expect(operations).to.equal(4);
      // A share of the speed without protection, though that has no row.
      for (const { rows } of machines)
        expect(rows[0]?.speed.map(({ of_none }) => (of_none ?? 0) > 0)).to.deep.equal([true, true]);
    }));

  this.timeout(600_000);

  it('explains every column of its tables', () => {
    const tables = tablesIn(PAGE);
    const explained = PAGE.slice(0, PAGE.indexOf('## The tables'));
    const heads = [...tables.matchAll(/^\| policy +\|(.*)\|$/gm)].flatMap(([, row = '']) =>
      row.split('|').map((cell) => cell.trim()),
    );
    expect(heads).to.include('other domain');
    for (const head of heads) {
      const words = head.replace(/^64k/, '4k').replace(/^\([a-d]\) .*/, '(a) to (d)');
      const name = words.replace(/^(kernel addresses|callbacks) .*/, '$1').replace(/,.*/, '');
      expect(explained, head).to.include(name);
    }
  });

  if (LONG)
    it('has the tables that the code makes, with every byte accounted for: npm run protection-table @long', () => {
      const document = protectionOf();
      expect(tablesIn(PAGE)).to.equal(protectionMarkdown(document).trim());
      expect(wrongsOfProtection(document)).to.deep.equal([]);
      for (const row of document.machines.flatMap(({ rows }) => rows)) {
        const { caller, failed_calls, mapped_bytes } = row;
        expect([caller.lost_bytes, failed_calls], policyName(row)).to.deep.equal([0, 0]);
        expect(mapped_bytes).to.be.greaterThan(0);
      }
    });
  else
    it('has a row for each policy, on both machines @long-only', () => {
      const tables = tablesIn(PAGE);
      const { machines } = protectionOf({ operations: 5, speedIos: 0 });
      for (const { preset, rows } of machines) {
        expect(tables).to.include(`### ${preset}: protection and speed`);
        for (const row of rows)
          expect(tables).to.include(`| ${policyName(row).replace(/ \*$/, ' (what-if)')} `);
      }
    });
});
