// SPDX-License-Identifier: GPL-2.0-only
// `check`: promises, findings, fixes, and how bad usage ends.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CheckDocument, CheckListDocument } from '../../src/tables/check-document';
import { cli, cliOn, expectFits, withFolder } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';

const document = async (...args: readonly string[]): Promise<CheckDocument> =>
  JSON.parse((await cli('check', ...args, '--json')).out) as CheckDocument;

describe('check', function () {
  this.timeout(60_000);

  it('says which promises break, by which findings, with status 1', async () => {
    const { status, out } = await cli('check', '--seconds', '0', '--json');
    expect(status).to.equal(1);
    const { promises, findings } = JSON.parse(out) as CheckDocument;
    const strict = promises.find(({ id }) => id === 'strict-protection');
    expect(strict?.holds).to.equal(false);
    expect(strict?.broken_by).to.include.members([2, 3]);
    expect(
      findings.every(({ shown, fix, fixed }) => shown && fixed === (fix ? true : null)),
    ).to.equal(true);
  });

  it('leaves out what no search has tried', async () => {
    const all = await document('--seconds', '0');
    expect(all).to.not.have.any.keys('operations', 'schedules', 'faults');
  });

  it('searches beside the findings, and says on the page what it found', async () => {
    let page = '';
    const first = await withFolder(async (folder) => {
      const file = join(folder, 'check.html');
      const found = await document('--seconds', '1', '--seed', '5', '--report', file);
      page = readFileSync(file, 'utf8');
      return found;
    });
    expect(page).to.contain('finding 17: the device is attached');
    for (const name of ['operations', 'schedules', 'faults'] as const)
      expect(first[name], name).to.be.greaterThan(500);
    // The failures that are known to break a promise, and none of a search that is not.
    const found = first.promises.flatMap(({ failures }) => failures);
    expect(found.filter((line) => !/^finding (?:17|21): /.test(line))).to.deep.equal([]);
    expect(found).to.not.deep.equal([]);
    if (LONG) expect(await document('--seconds', '1', '--seed', '5')).to.deep.equal(first);
  }).timeout(300_000);

  it('runs one schedule, thread beside thread', async () => {
    const { status, out } = await cli('check', '--schedule', 'lazy-teardown:b17a');
    expect(status).to.equal(1);
    expect(out)
      .to.match(/│ 18 \* │ +│ start fq_timer +│/)
      .and.match(/^data-race: /m);
    const calm = await cli('check', '--schedule', 'map-unmap', '--json');
    expect(calm.status).to.equal(0);
    expect(JSON.parse(calm.out)).to.include({ scenario: 'map-unmap', outcome: 'complete' });
  });

  it('shows one finding: bytes without the pool, with the series, with its fix', async () => {
    const { status, out } = await cli('check', '--finding', '2');
    expect(status).to.equal(1);
    expect(out).to.match(/22 x3996 ←/);
    expect(out).to.match(/with zero-slack: not shown\.\n$/);
  });

  it('shows no finding with its fix on, by name and by number, with status 0', async () => {
    for (const fix of ['zero-slack', '2']) {
      const { status, out } = await cli('check', '--finding', '2', '--fix', fix, '--json');
      const [finding] = (JSON.parse(out) as CheckDocument).findings;
      expect([status, finding?.shown, finding?.fixed]).to.deep.equal([0, false, true]);
    }
  });

  it('says whether a fix helps without the pool, where the finding shows there', async () => {
    const { out } = await cli('check', '--finding', '57');
    expect(out.replaceAll(/\s+/g, ' ')).to.match(
      /with read-replies: not shown; with read-replies and without the pool: shown\. $/,
    );
    const [plain, bounced] = (await document('--finding', '47,2')).findings
      .toSorted((a, b) => b.id - a.id)
      .map(({ fixed_without_pool }) => fixed_without_pool);
    expect([plain, bounced]).to.deep.equal([true, null]);
  });

  it('says of a finding that was read only that no machine shows it', async () => {
    const { status, err } = await cli('check', '--finding', '73');
    expect(status).to.equal(2);
    expect(err).to.match(
      /--finding: 73 was read only, no machine shows it: A function is declared/,
    );
  });

  it('still shows a finding with the fix of another', async () => {
    const [finding] = (await document('--finding', '2', '--fix', 'in-use')).findings;
    expect([finding?.shown, finding?.fixed]).to.deep.equal([true, false]);
  });

  it('lists findings without running them', async () => {
    const { status, out } = await cli('check', '--list', '--json');
    const { findings } = JSON.parse(out) as CheckListDocument;
    expect([status, findings.map(({ id }) => id)]).to.deep.equal([
      0,
      findings.map(({ id }) => id).sort((a, b) => a - b),
    ]);
    expect((await cli('check', '--list')).out).to.match(/^Findings, the worst first\n/);
  });

  it('fits a narrow terminal', async () => {
    for (const columns of [40, 80])
      for (const args of [['--seconds', '0'], ['--finding', '2'], ['--list']])
        expectFits((await cliOn({ columns }, 'check', ...args)).out, columns);
  });

  it('writes a page with a section for each finding', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'check.html');
      await cli('check', '--seconds', '0', '--report', file);
      const page = readFileSync(file, 'utf8');
      expect(page).not.to.contain('finding 17: the device is attached');
      expect(page).to.contain('<section id="promises">').and.contain('<section id="finding-2">');
      await cli('check', '--finding', '22', '--report', file);
      expect(readFileSync(file, 'utf8')).to.match(/slot 0 again, without end[^<]*←/);
    }));

  for (const [args, message] of [
    [
      ['--finding', '999'],
      /^iommu-bounce: --finding: expected numbers of findings .*, got '999'\n$/,
    ],
    [['--fix', 'nothing'], /^iommu-bounce: --fix: fix 'nothing' is unknown, expected copy-in, /],
    [
      ['--schedule', 'nowhere'],
      /^iommu-bounce: --schedule: scenario is 'nowhere': expected one of /,
    ],
    [['--schedule', 'map-unmap:zz'], /^iommu-bounce: --schedule: schedule is 'zz': at step 1/],
    [['--seconds', 'x'], /^iommu-bounce: --seconds: expected a whole number/],
    [['--list', '--prices'], /^iommu-bounce: --list: lists the findings; expected no --fix/],
    [['--list', '--fix', '2'], /^iommu-bounce: --list: lists the findings; expected no --fix/],
  ] as const)
    it(`refuses ${args.join(' ')} with one line and status 2`, () =>
      withFolder(async (folder) => {
        const file = join(folder, 'none.html');
        const { status, out, err } = await cli(
          'check',
          ...args,
          ...(args[0] === '--list' || args[0] === '--schedule' ? [] : ['--report', file]),
        );
        expect([status, out, existsSync(file)]).to.deep.equal([2, '', false]);
        expect(err).to.match(message);
        expect(err.split('\n')).to.have.length(2);
      }));
});
