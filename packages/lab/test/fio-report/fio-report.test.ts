// SPDX-License-Identifier: GPL-2.0-only
// The report of an experiment as text: what it may load, what it says of the run, what it escapes.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type FioDocument,
  type PresetName,
  policiesNamed,
  preset,
  runExperiment,
} from '@iommu-bounce/simulation';
import { job } from '@iommu-bounce/simulation/testing';
import { type FioReport, demoReport, fioReport } from '../../src';
import { BreakEvenModels } from '../../src/reports/fio/breakeven';
import { fittedText } from '../../src/tables/fio-answer';
import { levelsOf, occupancyFigure } from '../../src/reports/fio/occupancy';
import { groupsOf } from '../../src/tables/fio-groups';
import { comparisonFigures } from '../../src/reports/fio/speedup';
import { fioTables } from '../../src/tables/fio';
import { isWithin, residualsOf } from '../../src/tables/residuals';
import { cli, withFolder } from '../commands/run-cli';
import { TraceWriter, replayText } from '../replay/helpers';
import { sectionsOf } from '../report/sections-of';

const LONG = process.env['TEST_LONG'] === '1';

const documents = new Map<string, FioDocument>();

/** One run of each experiment is enough: its document is only read. */
function experiment(name: PresetName, policies = 'strict,pool', rw = 'read'): FioDocument {
  const key = [name, policies, rw].join();
  const document = documents.get(key) ?? newExperiment(name, policies, rw);
  documents.set(key, document);
  return document;
}

function newExperiment(name: PresetName, policies: string, rw: string): FioDocument {
  return runExperiment({
    groups: ['4k', '64k'].map((bs) => [job({ bs, rw, numberIos: '200', iodepth: '64' })]),
    policies: policiesNamed(policies),
    preset: name,
    cost: preset(name),
    cpus: 4,
    layout: 'fresh',
    seed: 1,
    moveData: false,
  });
}

const models = new BreakEvenModels();
const pages = new Map<FioDocument, string>();

/** The page of a document as the command writes it. */
function pageOf(document: FioDocument): string {
  const page = pages.get(document) ?? textOf(document);
  pages.set(document, page);
  return page;
}

function textOf(document: FioDocument, more: Partial<FioReport> = {}): string {
  return fioReport({ models, document, command: 'iommu-bounce fio', warnings: [], ...more });
}

/** Without scripts and their data. */
function markup(page: string): string {
  return page.replace(/<script\b[^]*?<\/script>/g, '');
}

describe("an experiment's report", function () {
  this.timeout(30_000);

  it('may load nothing and run its own two scripts only', () => {
    const page = pageOf(experiment('laptop-virtio'));
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
    const rules = policy.replaceAll('&#39;', "'").split('; ');
    const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text = '']) => text);
    expect(scripts).to.have.length(2);
    const hashes = scripts.map(
      (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
    );
    expect(rules).to.deep.equal([
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      "base-uri 'none'",
      "form-action 'none'",
      `script-src ${hashes.join(' ')}`,
    ]);
    expect(page).not.to.include('sourceMappingURL');
    expect(markup(page)).not.to.match(/<(?:link|img|iframe|object|embed|base)\b/i);
    expect(markup(page)).not.to.match(/\b(?:src|on\w+)\s*=|\bhref\s*=\s*.(?!#)|url\(|@import/i);
  });

  it('carries the licence of the library that it carries', () => {
    const page = pageOf(experiment('laptop-virtio'));
    expect(page).to.include('Chart.js v4.');
    expect(markup(page)).to.include('The MIT License (MIT)');
    expect(markup(page)).to.include('this permission notice shall be included in all copies');
  });

  it('is the same each time', () => {
    const again = newExperiment('laptop-virtio', 'strict,pool', 'read');
    expect(textOf(again)).to.equal(pageOf(experiment('laptop-virtio')));
  });

  it('has each number without a script too @long', () => {
    const document = experiment('laptop-virtio', LONG ? 'all' : 'strict,pool');
    const values = new Set(
      [...markup(pageOf(document)).matchAll(/<data value="([^"]*)"/g)].map(([, v]) => Number(v)),
    );
    for (const run of document.runs) {
      for (const value of [run.iops, run.bandwidth_bytes_per_s, run.peak_bounce_bytes])
        expect(values).to.include(value);
      for (const ns of Object.values(run.cpu_ns_per_io.by_cause)) expect(values).to.include(ns);
      for (const { bytes } of levelsOf(run)) expect(values).to.include(bytes);
    }
    for (const value of Object.values(document.cost)) expect(values).to.include(value);
  });

  it('says which figures are published, and calls the others simulated', () => {
    const page = markup(pageOf(experiment('laptop-virtio')));
    expect(page).to.include('Simulated, not measured');
    const figures = page.split('<section id="section-').slice(1);
    expect(figures).to.have.length(8);
    for (const figure of figures) {
      expect(figure).to.match(/<h2>[^<]+<span class="tag">simulated<\/span>/);
      expect(figure).to.match(/none is published|Published: [^<]*All others are simulated/);
    }
  });

  it('tells what was run, and which costs were changed, in the place of an older report', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'r.html');
      writeFileSync(file, pageOf(experiment('laptop-virtio')));
      const { status } = await cli(
        ...['fio', '--bs', '8k', '--number-ios', '200', '--set', 'vmexitNs=5000', '--seed', '7'],
        ...['--rw', 'randread', '--report', file],
      );
      expect(status).to.equal(0);
      const page = markup(readFileSync(file, 'utf8')).replace(/\s+/g, ' ');
      expect(page).to.include(
        '<code class="command">iommu-bounce fio --bs 8k --number-ios 200 --set vmexitNs=5000 --seed 7 --rw randread</code>',
      );
      const { vmexitNs } = preset('laptop-virtio');
      expect(page).to.include(`Changed: vmexitNs from ${String(vmexitNs)} to 5000 ns.`);
      expect(page).to.include('Seed: 7');
      expect(page).to.include('The cover letter has no figures for these jobs on this machine');
      expect(page).to.include('KVM_RUN ioctl round trip');
    });
  });

  it('begins with which policy wins, and before that with what was fitted to its figures', () => {
    const document = experiment('laptop-virtio');
    const answers = (one: FioDocument): string[] =>
      [...markup(textOf(one)).matchAll(/<p class="answer">([^<]*)<\/p>/g)].map(
        ([, text = '']) => text,
      );
    const [answer, ...more] = answers(document);
    expect(more).to.deep.equal([]);
    expect(answer).to.match(
      /^Costs were fitted to these figures, so meeting 4 of 4 proves nothing; fitted to two other sizes alone, /,
    );
    expect(answer).to.match(
      /they predict 1 of the 2 figures at 64k and miss the time saved in unmap at 64k \(predicted 87\.\d % to 88\.8 %, published 90 %\)\. Simulated: /,
    );
    const [, simulated = ''] = answer?.split(/(?=Simulated: )/) ?? [];
    expect(simulated).to.match(
      /^Simulated: pool has the highest throughput everywhere: .* of strict/,
    );
    // Other costs were fitted to nothing.
    const changed = { ...document, cost: { ...document.cost, vmexitNs: 5000 } };
    expect(answers(changed)).to.deep.equal([simulated]);
    const small = { ...document, comparison: document.comparison.filter(({ bs }) => bs === 4096) };
    expect(fittedText(small)).to.equal(
      'Costs were fitted to these figures, so meeting 2 of 2 proves nothing.',
    );
    expect(fittedText(experiment('bare-metal-vtd'))).to.equal(null);
  });

  it('says what the terminal says, word by word @long-only', () => {
    const documents = [
      experiment('laptop-virtio'),
      experiment('bare-metal-vtd'),
      experiment('bare-metal-smmuv3', 'none,strict,lazy,pool,swiotlb-force'),
      experiment('bare-metal-smmuv3', 'none,lazy'),
      experiment('laptop-virtio', 'pool'),
    ];
    for (const document of documents) {
      const [, answer = ''] = /<p class="answer">([^<]*)<\/p>/.exec(markup(pageOf(document))) ?? [];
      expect(answer).to.include('Simulated: ');
      expect(fioTables(document).replaceAll(/\s+/g, ' ').startsWith(`${answer.trim()} `)).to.equal(
        true,
      );
    }
  });

  it('has nothing of the cover letter for jobs that it does not have @long-only', () => {
    const document = experiment('bare-metal-vtd');
    const page = markup(pageOf(document));
    expect(page).not.to.match(/class="verdict/);
    expect(page).not.to.match(/>(?:published|predicted|difference)</);
    const [speedup, unmap, ...more] = comparisonFigures(document);
    expect(more).to.deep.equal([]);
    for (const figure of [speedup, unmap]) expect(figure?.view.series).to.have.length(1);
    // Of the jobs that it has, all are there.
    const [beside] = comparisonFigures(experiment('laptop-virtio'));
    expect(beside?.view.series.map(({ look }) => look)).to.deep.equal([
      ...['simulated', 'published', 'range'],
    ]);
  });

  it('has a line at 1x', () => {
    const [speedup] = comparisonFigures(experiment('laptop-virtio'));
    expect(speedup?.view.lines.map(({ value, text }) => [value, text])).to.deep.equal([
      [1, 'strict = 1x'],
    ]);
  });

  it('draws what swiotlb has set aside, used or not @long-only', () => {
    const document = experiment('laptop-virtio', 'strict,swiotlb-untrusted');
    expect(document.runs.every((run) => run.peak_bounce_bytes === 0)).to.equal(true);
    const { view } = occupancyFigure(document) ?? {};
    expect(view?.lines.map(({ value, policy }) => [value, policy])).to.deep.equal([
      [65536, 'swiotlb-untrusted'],
    ]);
    expect(occupancyFigure(experiment('laptop-virtio', 'strict,none'))).to.equal(null);
  });

  it('shows warnings and what is wrong', () => {
    const document = experiment('laptop-virtio');
    const runs = document.runs.map((run) => ({ ...run, leaks: ['3 pages <b>stay</b> pinned'] }));
    const page = textOf({ ...document, runs }, { warnings: ['x.fio:3: <i>odd</i>'] });
    expect(page).to.include('class="verdict bad"');
    expect(page).to.include('3 pages &lt;b&gt;stay&lt;/b&gt; pinned');
    expect(page).to.include('Warning: x.fio:3: &lt;i&gt;odd&lt;/i&gt;');
    expect(page).not.to.match(/<b>stay|<i>odd/);
  });

  for (const [name, layout, says] of [
    [
      'laptop-virtio',
      'fresh',
      /wins at every size.*There is no break-even size at any of these values/s,
    ],
    ['bare-metal-vtd', 'contiguous', /Copying wins below \d+\.\d KiB.*The break-even size when/s],
    ...(LONG
      ? ([
          ['laptop-virtio', 'thp', /wins at every size.*copying wins always, or never/s],
          ['bare-metal-smmuv3', 'fragmented', /Copying wins.*when one parameter changes/s],
        ] as const)
      : []),
  ] as const)
    it(`finds the break-even size of ${name} with ${layout} memory @long`, () => {
      expect(textOf({ ...experiment(name), layout })).to.match(says);
    });

  it('does without a comparison where there is none @long-only', () => {
    const page = markup(textOf(experiment('laptop-virtio', 'strict', 'write')));
    expect(page).not.to.include('id="speedup"');
    expect(page).not.to.include('id="occupancy"');
    expect(page).to.include('id="throughput"');
    expect(page).to.include('writes, memory layout fresh');
  });

  it('replaces no file that is none of ours', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'mine.html');
      writeFileSync(file, '<p>mine</p>');
      const args = ['fio', '--bs', '4k', '--number-ios', '100', '--report', file];
      const refused = await cli(...args);
      expect([refused.status, refused.out]).to.deep.equal([2, '']);
      expect(refused.err).to.match(/^iommu-bounce: .*mine\.html: is no report[^\n]*\n$/);
      expect(readFileSync(file, 'utf8')).to.equal('<p>mine</p>');
    });
  });
});

describe('the page of npm start', () => {
  it('has the answers first, then the experiment and each replay under links that last', async () => {
    const replayed = await replayText(new TraceWriter().mapPage(0xfff00000, 0x1000).text);
    const page = demoReport({
      ...{ models, experiment: experiment('laptop-virtio'), plain: replayed, series: replayed },
      ...{ command: 'iommu-bounce demo', site: 'site/index.html' },
    });
    const links = [...markup(page).matchAll(/<a href="([^"]*)"/g)].map(([, to]) => to);
    expect(links.slice(0, 3)).to.deep.equal(['#plain', '#series', 'site/index.html']);
    const ids = sectionsOf(page);
    for (const id of links) if (id?.startsWith('#')) expect(ids).to.include(id.slice(1));
    expect(ids).to.include.members(['section-speedup', 'plain-mappings', 'series-mappings']);
    expect(page).to.include('<code class="command">iommu-bounce demo</code>');
    expect(markup(page)).not.to.include('--report');
  });
});

describe('residuals', () => {
  const row = {
    ...{ bs: 4096, map_reduction: 0.999, map_reduction_published: 0.99, predicted_from_two: null },
    ...{ speedup_published: 4, unmap_reduction_published: 0.9 },
  };
  it('are within half a printed unit and a tenth: of the speed-up, of the time left in unmap', () => {
    for (const [speedup, unmap_reduction, within] of [
      [4.44, 0.914, [true, true]],
      [3.56, 0.886, [true, true]],
      [4.46, 0.916, [false, false]],
      [3.54, 0.884, [false, false]],
    ] as const)
      expect(residualsOf([{ ...row, speedup, unmap_reduction }]).map(isWithin)).to.deep.equal([
        ...within,
      ]);
  });
});

describe('groups of an experiment', () => {
  it('are named by their block size, and by their jobs where that is not enough', () => {
    const document = experiment('laptop-virtio');
    expect(groupsOf(document).map(({ label }) => label)).to.deep.equal(['4k', '64k']);
    const runs = document.runs.map((run, i) => ({ ...run, bs: 4096, jobs: [i < 2 ? 'a' : 'b'] }));
    expect(groupsOf({ ...document, runs }).map(({ label, runs: of }) => [label, of.length]))
      .to // each has both policies
      .deep.equal([
        ['a 4k', 2],
        ['b 4k', 2],
      ]);
    const same = document.runs.map((run) => ({ ...run, bs: 4096, jobs: ['a'] }));
    expect(groupsOf({ ...document, runs: same }).map(({ label }) => label)).to.deep.equal([
      'a 4k',
      'a 4k (2)',
    ]);
  });
});

describe('levels of bounce memory', () => {
  it('join what is equal and go on to the end of the idle seconds', () => {
    const [run] = experiment('laptop-virtio', 'pool').runs;
    if (!run) throw new Error('no run');
    const made = levelsOf({
      ...run,
      bounce_over_time: { interval_ns: 10, bytes: [4096, 8192, 8192] },
      bounce_with_idle: { interval_ns: 40, bytes: [8192, 8192, 0] },
    });
    expect(made).to.deep.equal([
      { fromNs: 0, untilNs: 10, bytes: 4096 },
      { fromNs: 10, untilNs: 80, bytes: 8192 },
      { fromNs: 80, untilNs: 120, bytes: 0 },
    ]);
    // The pool is emptied while nothing is to do.
    expect(levelsOf(run).at(-1)?.bytes).to.equal(0);
  });
});
