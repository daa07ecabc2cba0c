// SPDX-License-Identifier: GPL-2.0-only
// `check`: promises, findings, fixes, and how bad usage ends.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FINDINGS, type Tried, judge, showFinding } from '@iommu-bounce/safety';
import { checkReport } from '../../src/reports/check';
import { WORKER_FILE } from '../../src/sweep/pool';
import {
  type CheckDocument,
  type CheckListDocument,
  type CheckPricesDocument,
  checkDocument,
} from '../../src/tables/check-document';
import { PAPER } from '../../src/show/text';
import type { CheckExplorationDocument } from '../../src/tables/check-exploration';
import { checkPromisesText } from '../../src/tables/check-findings';
import { checkPricesText } from '../../src/tables/check-prices';
import { expectValid } from '../schema';
import { cli, cliOn, expectFits, withFolder } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';

const document = async (...args: readonly string[]): Promise<CheckDocument> =>
  JSON.parse((await cli('check', ...args, '--json')).out) as CheckDocument;

describe('check', function () {
  this.timeout(60_000);

  /** All findings, without a search, and their page. */
  let all: CheckDocument;
  let status = 0;
  let page = '';
  before(() =>
    withFolder(async (folder) => {
      const file = join(folder, 'check.html');
      const result = await cli('check', '--seconds', '0', '--json', '--report', file);
      status = result.status;
      all = JSON.parse(result.out) as CheckDocument;
      page = readFileSync(file, 'utf8');
    }),
  );

  it('says which promises break, by which findings, with status 1', () => {
    expect(status).to.equal(1);
    const { promises, findings } = all;
    const strict = promises.find(({ id }) => id === 'strict-protection');
    expect(strict?.holds).to.equal(false);
    expect(strict?.broken_by).to.include.members([2, 3]);
    expect(
      findings.every(({ shown, fix, fixed }) => shown && fixed === (fix ? true : null)),
    ).to.equal(true);
  });

  it('leaves out what no search has tried', () => {
    expect(all).to.not.have.any.keys('operations', 'schedules', 'faults');
  });

  it('says what a search has tried and found, in the document and on the page', () => {
    const shown = FINDINGS.filter(({ id }) => id === 2).map((finding) => showFinding(finding));
    const tried: Tried[] = [
      { kind: 'operations', count: 501, tests: ['strict-protection'], failures: [] },
      { kind: 'faults', count: 502, tests: ['falls-back'], failures: ['finding 17: it stays'] },
    ];
    const searched = checkDocument(judge(shown, tried), tried, shown);
    expect([searched.operations, searched.faults]).to.deep.equal([501, 502]);
    expect(searched).to.not.have.any.keys('schedules');
    expectValid('check', searched);
    const failed = searched.promises.filter(({ failures }) => failures.length > 0);
    expect(failed.map(({ id, holds }) => [id, holds])).to.deep.equal([['falls-back', false]]);
    expect(checkReport(searched, 'iommu-bounce check')).to.contain('finding 17: it stays');
  });

  (LONG ? it : it.skip)(
    'searches beside the findings, on any number of threads, and says on the page what it found @long',
    async () => {
      const args = ['--seconds', '1', '--seed', '5', '--jobs'];
      let found = '';
      const first = await withFolder(async (folder) => {
        const file = join(folder, 'check.html');
        const searched = await document(...args, '1', '--report', file);
        found = readFileSync(file, 'utf8');
        return searched;
      });
      expect(found).to.contain('finding 17: the device is attached');
      for (const name of ['operations', 'schedules', 'faults'] as const)
        expect(first[name], name).to.be.greaterThan(500);
      // The failures that are known to break a promise, and none of a search that is not.
      const failed = first.promises.flatMap(({ failures }) => failures);
      expect(failed.filter((line) => !/^finding (?:17|21): /.test(line))).to.deep.equal([]);
      expect(failed).to.not.deep.equal([]);
      if (existsSync(WORKER_FILE)) expect(await document(...args, '2')).to.deep.equal(first);
      else console.log('      skipped: two threads: the package is not built (npm run build)');
    },
  ).timeout(300_000);

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

  it('runs each class of the schedules of a scenario once', async () => {
    const { status, out } = await cli('check', '--explore', 'map-unmap', '--certificate');
    expect(status).to.equal(0);
    expect(out.replaceAll(/\s+/g, ' '))
      .to.contain('18 schedules of 16.0 steps on average, one of each class; there are no other')
      .and.contain('18 classes (--json lists them), which holds: every schedule was run, 1,094 of');
  });

  it('shows a schedule for each failure that it explores', async () => {
    const { status, out } = await cli('check', '--explore', 'virtio-return', '--json');
    expect(status).to.equal(1);
    const { complete, failures } = JSON.parse(out) as CheckExplorationDocument;
    expect(complete).to.equal(true);
    expect(failures.map(({ kind }) => kind)).to.deep.equal(['device-sees-freed', 'leak']);
    const shown = await cli('check', '--schedule', failures[0]?.schedule ?? '');
    expect(shown.status).to.equal(1);
    expect(shown.out).to.match(/^device-sees-freed: /m);
  });

  it('explores schedules of few preemptions, every one or random ones, and says what was left', async () => {
    const explore = async (...args: string[]): Promise<CheckExplorationDocument> =>
      JSON.parse(
        (await cli('check', '--explore', 'map-unmap', '--json', ...args)).out,
      ) as CheckExplorationDocument;
    const [none, one, all] = await Promise.all([
      explore('--preemptions', '0'),
      explore('--preemptions', '1'),
      explore('--algorithm', 'brute'),
    ]);
    expect(none).to.include({ algorithm: 'brute', preemptions: 0, schedules: 2, complete: false });
    expect(one.schedules).to.be.within(none.schedules + 1, all.schedules - 1);
    expect(all).to.include({ schedules: 1094, classes: 18, complete: true, certificate: null });
    const random = await explore('--algorithm', 'pct', '--limit', '50', '--seed', '7');
    expect(random).to.include({ schedules: 50, complete: false });
    expect(await explore('--algorithm', 'pct', '--limit', '50', '--seed', '7')).to.deep.equal(
      random,
    );
    const cut = await explore('--limit', '4', '--certificate');
    expect(cut).to.include({ schedules: 4, complete: false });
    expect(cut.certificate?.checked).to.equal(null);
    expect(cut.certificate?.classes).to.have.length(4);
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

  it('says where a fix that does more takes less time, and why, without a row for what does not change @long-only', async () => {
    const args = ['check', '--prices', '--fix', 'scrub,next-class', '--json'];
    const prices = JSON.parse((await cli(...args)).out) as CheckPricesDocument;
    const scrub = prices.prices.find(({ fix }) => fix === 'scrub');
    const write4k = scrub?.sizes.find(({ rw, bs }) => rw === 'write' && bs === 4096);
    expect(write4k?.cpu).to.be.lessThan(0);
    expect(write4k?.interrupts).to.be.lessThan(-0.5);
    const out = checkPricesText(prices, { ...PAPER, columns: 80 });
    expectFits(out, 80);
    expect(out.replaceAll(/\s+/g, ' ')).to.match(
      /Interrupts per I\/O, change: scrub −0\.\d\d at write 4k\./,
    );
    const rows = [...out.matchAll(/^│ (?!fix)(\S+) +│ \d+ +│ (read|write) /gm)].map((m) =>
      m.slice(1).join(' '),
    );
    expect(rows).to.deep.equal(['scrub write', 'scrub write']);
    expect(out).to.contain('change in %').and.contain('saves its interrupt');
    expect(out).to.match(/^No change here, .*: next-class\.$/m);
    expect(out).to.match(/^scrub: a buffer that the device can read is cleared/m);
  });

  it('fits a narrow terminal @long', async () => {
    const screen = { ...PAPER, columns: 40 };
    if (LONG)
      expect((await cliOn(screen, 'check', '--seconds', '0')).out.trimEnd()).to.equal(
        checkPromisesText(all, screen).trimEnd(),
      );
    for (const columns of [40, 80]) {
      // As the verb prints it, without running all findings again.
      expectFits(checkPromisesText(all, { ...PAPER, columns }), columns);
      for (const args of [['--finding', '2'], ['--list']])
        expectFits((await cliOn({ columns }, 'check', ...args)).out, columns);
    }
  });

  it('writes a page with a section for each finding', () =>
    withFolder(async (folder) => {
      expect(page).not.to.contain('finding 17: the device is attached');
      expect(page).to.contain('<section id="promises">').and.contain('<section id="finding-2">');
      expect(page).to.match(
        /<details>\s*<summary>Its \d+ parts<\/summary>\s*<ul>\s*<li><a href="#finding-1">/,
      );
      const file = join(folder, 'check.html');
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
    [['--explore', 'x'], /^iommu-bounce: --explore: scenario is 'x': expected one of map-unmap, /],
    [
      ['--explore', 'sync', '--algorithm', 'x'],
      /^iommu-bounce: --algorithm: expected dpor, brute or pct, got 'x'\n$/,
    ],
    [
      ['--explore', 'sync', '--preemptions', '1', '--algorithm', 'dpor'],
      /^iommu-bounce: --preemptions: expected --algorithm brute with it, got 'dpor'\n$/,
    ],
    [
      ['--explore', 'sync', '--preemptions', '1', '--certificate'],
      /^iommu-bounce: --certificate: is of all orders; expected no pct, no --preemptions\n$/,
    ],
    [
      ['--explore', 'sync', '--limit', '0'],
      /^iommu-bounce: --limit: expected a whole number from 1/,
    ],
    [['--limit', '3'], /^iommu-bounce: --limit: expected --explore <scenario> with it\n$/],
    [['--schedule', 'map-unmap:zz'], /^iommu-bounce: --schedule: schedule is 'zz': at step 1/],
    [['--seconds', 'x'], /^iommu-bounce: --seconds: expected a whole number/],
    [['--jobs', '0'], /^iommu-bounce: --jobs: expected a whole number from 1 to 1024, got '0'\n$/],
  ] as const)
    it(`refuses ${args.join(' ')} with one line and status 2`, () =>
      withFolder(async (folder) => {
        const file = join(folder, 'none.html');
        const noPage = ['--schedule', '--explore'].includes(args[0]) ? [] : ['--report', file];
        const { status, out, err } = await cli('check', ...args, ...noPage);
        expect([status, out, existsSync(file)]).to.deep.equal([2, '', false]);
        expect(err).to.match(message);
        expect(err.split('\n')).to.have.length(2);
      }));

  const VALUES = {
    ...{ finding: '2', fix: '2', list: null, prices: null, schedule: 'map-unmap', seconds: '0' },
    ...{ explore: 'map-unmap', seed: '1', jobs: '1', report: 'none.html' },
  };
  /** Pairs of which neither is ignored. */
  const TOGETHER = new Set([
    ...['finding fix', 'finding list', 'finding report', 'fix prices', 'fix report', 'fix seconds'],
    ...['fix jobs', 'fix seed', 'jobs report', 'jobs seed', 'report seconds', 'report seed'],
  ]);
  const names = (Object.keys(VALUES) as (keyof typeof VALUES)[]).sort();
  for (const [i, one] of names.entries())
    for (const other of names.slice(i + 1).filter((name) => !TOGETHER.has(`${one} ${name}`)))
      it(`refuses --${one} with --${other}, one of which it would ignore`, async () => {
        const words = [one, other].flatMap((name) => [`--${name}`, VALUES[name] ?? []].flat());
        const { status, out, err } = await cli('check', ...words);
        expect([status, out]).to.deep.equal([2, '']);
        expect(err).to.match(/^iommu-bounce: --[a-z]+(?: 0)?: [^\n]+; expected no --[a-z]+\n$/);
      });
});
