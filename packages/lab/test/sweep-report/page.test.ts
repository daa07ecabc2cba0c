// SPDX-License-Identifier: GPL-2.0-only
// The page of a sweep without a browser: the answer, what failed, what is left out, and the command that writes it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type SweptSpec, sweepReport } from '../../src/reports/sweep';
import { WORKER_FILE } from '../../src/sweep/pool';
import { type CliResult, cli, withFolder } from '../commands/run-cli';
import { POLICIES, type Sample, sweptOf } from './sample';

const HOSTILE = `</script><script>alert(1)</script>"'&`;

function pageOf(sample: Sample, more: Partial<SweptSpec> = {}, most?: number): string {
  return sweepReport(sweptOf(sample, more), 'iommu-bounce sweep s.yaml --out out', most);
}

/** What a reader without scripts sees. */
function shown(page: string): string {
  return page
    .replace(/<(script|style)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ');
}

describe('the page of a sweep', () => {
  it('begins with the number of points and the best ones', () => {
    const text = shown(pageOf(POLICIES));
    expect(text).to.match(/Sweep of fio: sample\.yaml 54 points, none failed\. Contents/);
    expect(text).to.match(
      /bandwidth, GB\/s more 1\.\d+ GB\/s, mean of 3 seeds: 1\.\d+ to 1\.\d+ \d+ policy \w+, bs \w+, rw \w+/,
    );
    expect(text).to.match(
      /memory, KiB less 0 KiB, the same for 3 seeds 0 policy none.*; and 11 other points as good/,
    );
    expect(text).not.to.include('Failed points');
  });

  it('lists what failed by reason, with command lines, and counts it nowhere else', () => {
    const failed = new Map(
      [...Array(14).keys()].map((i) => [i * 3, i < 12 ? 'too small' : HOSTILE]),
    );
    const text = shown(pageOf({ ...POLICIES, failed }));
    expect(text).to.include('54 points, 14 failed: too small.');
    expect(text).to.match(/Failed points 14 They have no row.* reason points too small 12 /);
    expect(text).to.include('14 of 14 failed points');
    expect(text).to.include('iommu-bounce fio --policy none --bs 4k --rw read --seed 1');
  });

  it('keeps the first of many failures, and says how many there are', () => {
    const failed = new Map([...Array(1000).keys()].map((i) => [i, `reason ${String(i % 70)}`]));
    const many: Sample = {
      axes: [{ name: 'n', kind: 'number', values: [...Array(1100).keys()] }],
      columns: [{ name: 'iops', value: (_, point) => point }],
      failed,
    };
    const page = pageOf(many);
    const text = shown(page);
    expect(text).to.include('1,100 points, 1,000 failed');
    expect(text).to.include('200 of 1,000 failed points; failures.jsonl has all');
    // 50 reasons are told apart; of the other 20, ten failed 15 times and ten 14 times.
    expect(text).to.match(/other reasons 2\d\d /);
  });

  it('escapes what is not ours, and its script finds it unchanged', () => {
    const hostile: Sample = {
      axes: [{ name: HOSTILE, values: [HOSTILE, 'b'] }],
      columns: [{ name: 'x', value: (_, point) => point }],
      failed: new Map([[1, HOSTILE]]),
      words: () => [HOSTILE],
    };
    const inputs = [{ name: HOSTILE, sha256: 'abc' }];
    const page = pageOf(hostile, { file: HOSTILE, verb: HOSTILE, text: `# ${HOSTILE}\n`, inputs });
    expect(page).not.to.include('<script>alert').and.not.to.include(`"'&`);
    const json = /id="sweep">\s*(.*)\s*<\/script>/.exec(page)?.[1] ?? '';
    const { columns } = JSON.parse(json) as { columns: { name: string; values: string[] }[] };
    expect([columns[0]?.name, columns[0]?.values]).to.deep.equal([HOSTILE, [HOSTILE]]);
  });

  it('has the first rows for a reader without scripts', () => {
    const text = shown(pageOf(POLICIES));
    expect(text).to.include('The first 50 of 54 points; a script shows all.');
    expect(text).to.match(
      /point policy bs rw seed bandwidth memory moved why command 0 none 4k read 1 \d+ 0 true size 4k/,
    );
    expect(shown(pageOf({ ...POLICIES, axes: POLICIES.axes.slice(0, 2) }))).to.include(
      'All points.',
    );
  });

  it('says what it leaves out of many points', () => {
    const page = pageOf(POLICIES, {}, 20);
    const text = shown(page);
    expect(text).to.include('54 points, none failed.');
    const [, has = '', others = ''] =
      /This page has (\d+) of the 54 points.* The other (\d+) are counted in heat maps/.exec(
        text,
      ) ?? [];
    expect(Number(has)).to.be.within(20, 40);
    expect(Number(has) + Number(others)).to.equal(54);
    expect(shown(pageOf(POLICIES, {}, 54))).not.to.include('This page has');
  });

  for (const [what, sample] of [
    [
      'one point',
      { axes: [{ name: 'a', values: ['x'] }], columns: [{ name: 'n', value: () => 1 }] },
    ],
    [
      'no row',
      {
        axes: [{ name: 'a', values: ['x'] }],
        columns: [{ name: 'n', value: () => 1 }],
        failed: new Map([[0, 'why']]),
      },
    ],
    [
      'no numbers',
      {
        axes: [{ name: 'a', values: ['x', 'y'] }],
        columns: [{ name: 't', kind: 'string', value: () => 'z' }],
      },
    ],
  ] as readonly (readonly [string, Sample])[])
    it(`is written for ${what}`, () => {
      const page = pageOf(sample);
      expect(shown(page)).to.match(/\d points?, (none|1) failed/);
      expect(page).to.equal(pageOf(sample));
    });

  it('says that a check failed, which is a row all the same', () => {
    expect(shown(pageOf({ ...POLICIES, status: (point) => Number(point === 5) }))).to.include(
      '54 points, none failed. Some have exit status 1: a check failed.',
    );
  });
});

const SPEC = `# <b>
verb: fio
args: [--no-data, --number-ios, 50]
matrix: {policy: [pool, strict], bs: [4k, 3], seed: [1, 2]}
columns: {bandwidth: "runs[0].bandwidth_bytes_per_s", memory: "runs[0].peak_bounce_bytes"}
`;

describe('iommu-bounce sweep --report', function () {
  this.timeout(180_000);
  before(function () {
    if (existsSync(WORKER_FILE)) return;
    console.log('      skipped: the package is not built (npm run build)');
    this.skip();
  });

  it('writes the same page when the sweep runs, and from its folder; command lines are those of --dry-run @long-only', () =>
    withFolder(async (folder) => {
      const [spec, out, page] = ['s.yaml', 'out', 'new/page.html'].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      writeFileSync(spec, SPEC);
      const swept = (...more: string[]): Promise<CliResult> =>
        cli('sweep', spec, '--out', out, '--jobs', '1', ...more);
      expect(await swept('--report', page)).to.include({ status: 1, err: '' });
      const first = readFileSync(page, 'utf8');
      expect(shown(first)).to.match(/8 points, 4 failed: /);
      expect(shown(first)).to.include(`iommu-bounce sweep ${spec} --out ${out}`);
      const { out: dry } = await cli('sweep', spec, '--dry-run');
      for (const line of dry.trimEnd().split('\n').slice(1))
        expect(shown(first)).to.include(line.slice(33));
      await swept('--resume', '--report', page);
      expect(readFileSync(page, 'utf8')).to.equal(first);
    }));

  it('is refused before a point runs where the file is another one, and with --dry-run', () =>
    withFolder(async (folder) => {
      const [spec, out, page] = ['s.yaml', 'out', 'page.html'].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      writeFileSync(spec, SPEC);
      writeFileSync(page, 'mine');
      const taken = await cli('sweep', spec, '--out', out, '--report', page);
      expect(taken.status).to.equal(2);
      expect(taken.err).to.include('page.html: is no report of this command and is not replaced');
      expect(existsSync(out)).to.equal(false);
      const dry = await cli('sweep', spec, '--dry-run', '--report', join(folder, 'new.html'));
      expect([dry.status, dry.err]).to.deep.equal([
        2,
        'iommu-bounce: --report: --dry-run runs nothing; expected one of them\n',
      ]);
    }));
});
