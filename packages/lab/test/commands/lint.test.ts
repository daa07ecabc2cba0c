// SPDX-License-Identifier: GPL-2.0-only
// `lint`: its text, its documents, its exit status, and the one line for each bad input.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LINT_RULES } from '@iommu-bounce/dma-trace';
import type { LintDocument, LintRulesDocument } from '@iommu-bounce/lab';
import { lintSarif } from '../../src/reports/sarif';
import type { FindingRow, LintCapture, LintPlace } from '../../src/tables/lint-document';
import { cli, cliOn, fixtures, withFolder } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';

const lint = (name: string): string => join(fixtures, 'lint', `${name}.txt`);
const BAD = lint('double-unmap.bad');
const GOOD = lint('double-unmap.good');
const WARNS = lint('mapped-again.bad');

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly startLine: number };
    };
  }[];
}

interface Sarif {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: {
        readonly driver: {
          readonly name: string;
          readonly rules: readonly { readonly id: string }[];
        };
      };
      readonly invocations: readonly [
        { readonly toolExecutionNotifications: readonly { readonly message: { text: string } }[] },
      ];
      readonly results: readonly SarifResult[];
    },
  ];
}

const FINDING: FindingRow = {
  rule: 'unmap-size',
  severity: 'error',
  device: 'nvme',
  message: 'unmapped with 1 byte',
  why: '',
  fix: '',
  first: { file: '', line: 1 },
  last: { file: '', line: 1 },
  count: 1,
  suppressed: 0,
  uncertain: 0,
  doubt: null,
};
const CAPTURE: LintCapture = {
  files: [],
  lines: 0,
  unparsed: 0,
  unparsed_first: [],
  lost: 0,
  clock_steps_back: 0,
  losses: {
    lines_not_understood: { count: 0, first: [] },
    overwritten: 0,
    lost_by_cpu: [],
    truncated_lists: { count: 0, first: [] },
    lists_without_entries: 0,
    clock_steps_back: { count: 0, largest_ns: 0, first: [] },
    repeated_lines: { count: 0, first: [] },
    clock_tick_ns: 0,
    lines_decoded: 0,
    other_programs: { lines: 0, names: [] },
    out_of_order: 0,
    cpus: null,
    cpus_without_line: [],
    files_joined_by_content: false,
    cut_files: [],
  },
  maps: 0,
  requests_without_call: 0,
  iommu_maps: 0,
  iommu_maps_without_call: 0,
  doubt: null,
  findings: [],
  rules: [],
};

describe('lint', function () {
  this.timeout(60_000);

  it('says what happened, where, why it matters and how to fix it, on 80 columns', async () => {
    const { status, out, err } = await cliOn({ columns: 80 }, 'lint', BAD);
    expect(err).to.equal('');
    expect(status).to.equal(1);
    expect(out).to.match(/^error double-unmap, 0000:01:00\.0, 1 time$/m);
    expect(out).to.match(/double-unmap\.bad\.txt:6$/m);
    expect(out).to.match(/Why: The address may belong to another buffer/);
    expect(out).to.match(/Fix: Unmap in one place only/);
    expect(out).to.match(
      /^Not checked, \d+ rules \(--verbose names them\):\n(?:.*\n)*.*no\s+dma_sync event/m,
    );
    expect(out).to.match(/^Checked, nothing found: \d+ rules\.$/m);
    expect(out).not.to.match(/sync-outside|unmap-size/);
    for (const line of out.split('\n').filter((one) => !one.includes('/')))
      expect(line.length, line).to.be.at.most(80);
  });

  it('names all rules with --verbose', async () => {
    const { out } = await cliOn({ columns: 80 }, 'lint', GOOD, '--verbose');
    for (const { id } of LINT_RULES) expect(out).to.include(id);
  });

  it('says that it joins files of several CPUs by their lines alone', () =>
    withFolder(async (folder) => {
      const lines = readFileSync(GOOD, 'utf8').split('\n').slice(2, 8);
      const [a, b] = [join(folder, 'a'), join(folder, 'b')];
      // The unmap in the middle was done by another CPU.
      writeFileSync(b, `${lines.splice(1, 1).join('').replace('[000]', '[001]')}\n`);
      writeFileSync(a, `${lines.join('\n')}\n`);
      const joined = await cli('lint', a, b);
      expect(joined.out).to.match(/^ *The 2 files are read as one recording/m);
      expect(joined.out.replace(/\s+/g, ' ')).to.include('0 errors, 0 warnings, 0 notes');
      const { captures } = JSON.parse((await cli('lint', a, b, '--json')).out) as LintDocument;
      expect(captures.map(({ losses }) => losses.files_joined_by_content)).to.deep.equal([true]);
      const apart = await cli('lint', a, BAD);
      expect(apart.out).not.to.include('are read as one recording');
    }));

  it('fails from the severity on that was asked for', async () => {
    const status = async (...args: string[]): Promise<number> =>
      (await cli('lint', ...args)).status;
    expect(await status(GOOD)).to.equal(0);
    expect(await status(WARNS)).to.equal(0);
    expect(await status(WARNS, '--fail-on', 'warning')).to.equal(1);
    expect(await status(lint('still-mapped.bad'), '--fail-on', 'warning')).to.equal(0);
    expect(await status(lint('still-mapped.bad'), '--fail-on', 'note')).to.equal(1);
    expect(await status(BAD, '--fail-on', 'never')).to.equal(0);
    expect(await status(BAD, '--ignore', 'double-unmap')).to.equal(0);
    expect(await status(BAD, '--only', 'unmap-size,unmap-call')).to.equal(0);
    expect(await status(GOOD, BAD)).to.equal(1);
  });

  it('prints one document', async () => {
    const { out } = await cli('lint', BAD, GOOD, '--json', '--only', 'double-unmap,sync-unmapped');
    const document = JSON.parse(out) as LintDocument;
    expect(document).to.include({ fail_on: 'error', failed: true });
    expect(document.findings).to.deep.equal({ error: 1, warning: 0, note: 0 });
    const [bad, good] = document.captures;
    expect(bad).to.include({ lines: 7, unparsed: 0, lost: 0, maps: 2, doubt: null });
    expect(bad?.findings[0]).to.deep.include({
      rule: 'double-unmap',
      severity: 'error',
      device: '0000:01:00.0',
      first: { file: BAD, line: 6 },
      last: { file: BAD, line: 6 },
      count: 1,
      uncertain: 0,
      doubt: null,
    });
    expect(good?.findings).to.deep.equal([]);
    expect(bad?.rules.map(({ id, checked }) => [id, checked])).to.deep.equal([
      ['double-unmap', true],
      ['sync-unmapped', false],
    ]);
  });

  it('writes SARIF with all that 2.1.0 requires, and paths that others can follow', async () => {
    const { status, out } = await cli('lint', BAD, '--sarif', '-');
    expect(status).to.equal(1);
    const sarif = JSON.parse(out) as Sarif;
    expect(sarif.version).to.equal('2.1.0');
    const [run] = sarif.runs;
    expect(run.tool.driver.rules.map(({ id }) => id)).to.deep.equal(LINT_RULES.map(({ id }) => id));
    expect(run.results).to.have.length(1);
    const [result] = run.results;
    expect(result).to.include({ ruleId: 'double-unmap', level: 'error' });
    expect(run.tool.driver.rules[result?.ruleIndex ?? -1]?.id).to.equal('double-unmap');
    expect(result?.message.text).to.match(/was unmapped before at line 4/);
    const place = result?.locations[0]?.physicalLocation;
    expect(place?.region.startLine).to.equal(6);
    expect(place?.artifactLocation.uri).to.match(/test-fixtures\/lint\/double-unmap\.bad\.txt$/);
    expect(
      run.invocations[0].toolExecutionNotifications.map(({ message }) => message.text),
    ).to.satisfy((texts: string[]) =>
      texts.some((text) => text.includes('sync-unmapped was not checked: ')),
    );
  });

  it('says in SARIF in which file the last one is, where several are one capture', () => {
    const of = (file: string, line: number): LintPlace => ({ file, line });
    const finding = { ...FINDING, first: of('cpu0.txt', 5), last: of('cpu1.txt', 7), count: 2 };
    const capture = { ...CAPTURE, files: ['cpu0.txt', 'cpu1.txt'], findings: [finding] };
    const document = { captures: [capture], findings: { error: 1, warning: 0, note: 0 } };
    const sarif = lintSarif({ ...document, fail_on: 'error', failed: true }, [], '/');
    expect(sarif).to.include(' 2 times, the last at cpu1.txt:7.');
  });

  it('writes SARIF beside the text, again over its own file, over no other', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'new/lint.sarif');
      expect((await cli('lint', BAD, '--sarif', file)).out).to.match(/^error double-unmap/m);
      const first = readFileSync(file, 'utf8');
      expect((await cli('lint', BAD, '--sarif', file)).status).to.equal(1);
      expect(readFileSync(file, 'utf8')).to.equal(first);
      writeFileSync(file, 'mine');
      const { status, err } = await cli('lint', BAD, '--sarif', file);
      expect(status).to.equal(2);
      expect(err).to.match(/is no SARIF file of this command/);
      expect(readFileSync(file, 'utf8')).to.equal('mine');
    }));

  it('lists its rules', async () => {
    const { status, out } = await cli('lint', '--rules');
    expect(status).to.equal(0);
    for (const { id, severity } of LINT_RULES) expect(out).to.include(`${id} (${severity})\n`);
    const { out: json } = await cli('lint', '--rules', '--json', '--only', 'cacheline-overlap');
    const { rules } = JSON.parse(json) as LintRulesDocument;
    expect(rules).to.have.length(1);
    expect(rules[0]?.dma_api_debug).to.match(/cacheline/);
  });

  it('says first which lines it did not understand', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'odd.txt');
      writeFileSync(file, `${readFileSync(BAD, 'utf8')}\u001bodd line\n`);
      const { out } = await cli('lint', file);
      expect(out).to.include('8 lines, 2 map calls; 1 line not understood; ');
      expect(out.replace(/\s+/g, ' ')).to.include(`First: ${file}:8: \\x1bodd line `);
      const { out: json } = await cli('lint', file, '--json');
      expect((JSON.parse(json) as LintDocument).captures[0]?.unparsed_first).to.deep.equal([
        { place: { file, line: 8 }, text: '\\x1bodd line' },
      ]);
    }));

  it('says "at least" where the rate limit of the kernel left out lines', () =>
    withFolder(async (folder) => {
      const [file, page] = [join(folder, 'log.txt'), join(folder, 'a.html')];
      writeFileSync(
        file,
        '[    1.000000] nvme 0000:01:00.0: swiotlb buffer is full (sz: 4096 bytes)\n' +
          '[    6.000000] swiotlb_tbl_map_single: 41 callbacks suppressed\n',
      );
      const { out } = await cli('lint', file, '--report', page);
      expect(out).to.include('swiotlb-full, 0000:01:00.0, at least 1 time\n');
      const left =
        'The rate limit of the kernel left out more, of any device: 41 callbacks suppressed.';
      expect(out.replace(/\s+/g, ' ')).to.include(left);
      expect(readFileSync(page, 'utf8')).to.include('at least 1 time</h3>').and.to.include(left);
    }));

  it('lets no text of a capture write on the terminal', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'evil.txt');
      writeFileSync(
        file,
        '[    1.000000] DMA-API: x 0000:01:00.0: device driver \u001b[31mfrees\u202e it\n',
      );
      const { out } = await cli('lint', file);
      expect(out).to.include('dma-debug-report');
      for (const mark of ['\u001b', '\u202e']) expect(out).not.to.include(mark);
    }));

  for (const [args, message] of [
    [[], /lint: expected a capture, or --rules/],
    [['nope.txt'], /nope\.txt: no such file/],
    [[BAD, BAD], /is given twice/],
    [
      [BAD, '--only', 'x'],
      /--only: rule 'x' is unknown; expected one of those that iommu-bounce lint --rules lists/,
    ],
    [
      [BAD, '--ignore', LINT_RULES.map(({ id }) => id).join()],
      /--ignore: no rule is left; expected one rule/,
    ],
    [[BAD, '--only', 'duble-unmap'], /'duble-unmap' is unknown; expected double-unmap or another/],
    [[BAD, '--fail-on', 'x'], /--fail-on: expected error, warning, note or never, got 'x'/],
    [[BAD, '--json', '--sarif', '-'], /--sarif -: cannot be combined with --json/],
    [[BAD, '--rules'], /--rules: lists the rules/],
    [[BAD, join(fixtures, 'captures/wrapped.trace.txt')], /the line ends early/],
  ] as const)
    it(`refuses ${args
      .slice(0, 4)
      .map((word) => word.slice(-24))
      .join(' ')}`, async () => {
      const { status, out, err } = await cli('lint', ...args);
      expect(status).to.equal(2);
      expect(out).to.equal('');
      expect(err.trimEnd().split('\n')).to.have.length(1);
      expect(err).to.match(message);
    });

  // One real capture has a real bug: virtqueue_add_split of Linux 5.14 unmaps FROM_DEVICE what it mapped TO_DEVICE.
  const real = ['virtio.net-rx', 'series/iobuf-def.net'];
  const more = ['intel.nvme-randread-16k', 'virtio.nvme-mixed', 'virtio-lazy.nvme-randread-4k'];
  for (const name of LONG ? [...real, ...more] : real)
    it(`finds nothing in the real capture ${name}, but for one known bug @long-only`, async () => {
      const file = join(fixtures, 'traces', `${name}.trace.txt.gz`);
      const { out } = await cli('lint', file, '--json');
      const { captures } = JSON.parse(out) as LintDocument;
      const errors = captures[0]?.findings.filter((one) => one.severity !== 'note');
      expect(errors?.map((one) => [one.rule, one.message])).to.deep.equal(
        name.endsWith('def.net')
          ? [['unmap-direction', 'unmapped FROM_DEVICE, mapped at line 15 as TO_DEVICE']]
          : [],
      );
    });
});

describe('docs/lint.md', () => {
  const page = readFileSync(join(fixtures, '../docs/lint.md'), 'utf8');

  it('lists each rule as it is', () => {
    const rows = [
      ...page.matchAll(
        /^\| `([\w-]+)` +\| (error|warning|note) +\| (.*?) +\| (yes|no) +\| (.*?) +\|$/gm,
      ),
    ];
    expect(rows.map(([, ...cells]) => cells)).to.deep.equal(
      LINT_RULES.map(({ id, severity, summary, dmaDebug, needs }) => [
        id,
        severity,
        summary,
        dmaDebug === null ? 'no' : 'yes',
        needs.join(', '),
      ]),
    );
  });

  it('shows what the command prints', async () => {
    const example = /^```text\n((?:.|\n)*?)^```$/m.exec(page)?.[1] ?? '';
    const { out } = await cli('lint', join(fixtures, 'captures/unmap-unlike-map.trace.txt'));
    // Paths are those of the root of a clone; lines are broken elsewhere with another one.
    const words = (text: string): string =>
      text
        .replaceAll(/\S*(?=test-fixtures)/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim();
    expect(example).not.to.equal('');
    expect(words(out)).to.include(words(example));
  });
});
