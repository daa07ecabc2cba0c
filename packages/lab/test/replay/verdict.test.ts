// SPDX-License-Identifier: GPL-2.0-only
// The verdict of a replay: what it says, on what it rests, and that its parts add up.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { BreakEvenModel, PRESET_NAMES, preset } from '@iommu-bounce/simulation';
import type { ReplayDocument, VerdictSection } from '../../src/compare';
import { verdictBasis, verdictLine } from '../../src/tables/verdict';
import { cli, fixtures, withFolder } from '../commands/run-cli';
import { TraceWriter } from './helpers';

const LONG = process.env['TEST_LONG'] === '1';

const trace = (name: string): string => join(fixtures, 'traces', `${name}.trace.txt.gz`);
const READ_4K = trace('virtio.nvme-read-4k');
const MIXED = trace('virtio.nvme-mixed');
const SMALL = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000).text;

/** Without the series there is no verdict, which is most of the time of a short capture. */
const ONE_STATE = ['--patches', '0'] as const;

async function documentOf(...args: string[]): Promise<ReplayDocument> {
  const { out, status, err } = await cli('replay', ...args, '--json');
  expect(status, err).to.equal(0);
  return JSON.parse(out) as ReplayDocument;
}

async function verdictOf(...args: string[]): Promise<VerdictSection> {
  const { verdict } = await documentOf(...args);
  if (!verdict) throw new Error('no verdict');
  return verdict;
}

async function firstLines(...args: string[]): Promise<string> {
  return firstLine((await cli('replay', ...args)).out);
}

function firstLine(out: string): string {
  return out.split('\n\n')[0]?.replace(/\s+/g, ' ') ?? '';
}

async function withTrace(text: string, use: (file: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, 'x.trace.txt');
    writeFileSync(file, text);
    await use(file);
  });
}

describe('the verdict of a replay', function () {
  this.timeout(400_000);
  let folder = '';
  /** A third of MIXED, for what holds of any part: nothing stays mapped at its end. */
  let mixed = '';
  /** Each replay of it runs once. */
  const seen = new Map<string, Promise<VerdictSection>>();
  const ofMixed = (...args: string[]): Promise<VerdictSection> => {
    const found = seen.get(args.join(' ')) ?? verdictOf(mixed, ...args);
    seen.set(args.join(' '), found);
    return found;
  };
  /** What a replay of READ_4K prints, and its page. */
  let text = '';
  let page = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'verdict-'));
    mixed = join(folder, 'mixed.trace.txt');
    const lines = gunzipSync(readFileSync(MIXED)).toString('latin1').split('\n');
    writeFileSync(mixed, `${lines.slice(0, 4802).join('\n')}\n`);
    copyFileSync(MIXED.replace('.trace.txt.gz', '.json'), join(folder, 'mixed.json'));
    const report = join(folder, 'r.html');
    text = (await cli('replay', READ_4K, '--report', report)).out;
    page = readFileSync(report, 'utf8');
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('is the first line, and gives both times, the size and the shares', async () => {
    expect(firstLine(text)).to.match(
      /^The series helps: [\d.]+ µs of CPU per map and unmap instead of [\d.]+ µs; pays at every size that the pool takes \(([\d,]+) of \1 mappings\)\.$/,
    );
    expect(await firstLines(mixed, '--preset', 'bare-metal-vtd')).to.match(
      /reads: pays below [\d.]+ KiB \([\d,]+ of ([\d,]+) mappings\), not above \([\d,]+ of \1 mappings\); writes: pays below/,
    );
  });

  it('says in words what was lost, and which devices are counted as if translated', async () => {
    await withTrace(SMALL, async (file) => {
      const document = await documentOf(file);
      const [capture] = document.captures;
      if (!capture) throw new Error('no capture');
      const changed = (
        events: number,
        unknown: number,
        untranslated: number,
        alone = false,
      ): string =>
        verdictLine({
          ...document,
          captures: [
            {
              ...capture,
              losses: { ...capture.losses, lost_by_cpu: [{ cpu: 0, marks: 1, events, unknown }] },
              devices: capture.devices
                .slice(0, 1)
                .flatMap((one) => [
                  { ...one, translated: !alone },
                  ...Array<typeof one>(untranslated).fill({ ...one, translated: false }),
                ]),
            },
          ],
        });
      expect(changed(7, 0, 2)).to.include(
        'The tracer lost 7 events; no figure includes them. 2 devices that no IOMMU translates are counted as if translated. ',
      );
      expect(changed(1, 0, 1)).to.include(
        'The tracer lost 1 event; no figure includes it. 1 device that no IOMMU translates is counted as if translated. ',
      );
      expect(changed(1, 0, 1, true)).to.match(
        /No IOMMU translates here, so this is a what-if\. .*Too little/,
      );
      expect(changed(7, 1, 0)).to.include('lost more than 7 events; no figure includes them.');
      expect(changed(0, 1, 0)).to.include('lost an unknown number of events;');
      expect(changed(1, 0, 0)).to.include('(1 mapping, 1 unmap)');
      expect(verdictBasis(document)).to.match(
        /^Of the 1 streaming mapping that was replayed, 100\.0 % are/,
      );
    });
  });

  it('costs what the cost model says of a read of 4 KiB in the steady state @long-only', async () => {
    const { by_size: rows } = await verdictOf(READ_4K);
    const model = new BreakEvenModel({
      iommu: 'virtio-iommu',
      layout: 'fresh',
      direction: 'read',
    }).times(4096, preset('laptop-virtio'));
    const [row] = rows;
    // The recording is short: some addresses still come from the tree, some buffers are filled.
    expect(row?.before_ns).to.be.within(model.strict * 0.98, model.strict * 1.1);
    expect(row?.series_ns).to.be.within(model.pool * 0.98, model.pool * 1.5);
  });

  for (const name of LONG ? PRESET_NAMES : (['bare-metal-vtd'] as const))
    it(`adds up with the costs of ${name} @long`, async () => {
      const found = await ofMixed('--preset', name);
      const sum = (numbers: readonly number[]): number => numbers.reduce((all, n) => all + n, 0);
      expect(sum(found.by_size.map((row) => row.mappings))).to.equal(found.mappings);
      expect(sum(found.by_size.map((row) => row.pool_mappings))).to.equal(found.pool_mappings);
      expect(
        sum(
          found.break_even.map(
            (one) =>
              one.mappings_cheaper +
              one.mappings_dearer +
              one.mappings_past_pool +
              one.mappings_without_unmap,
          ),
        ),
      ).to.equal(found.mappings);
      // All mappings of this capture were unmapped, and no worker ran.
      const mean = (of: 'before_ns' | 'series_ns'): number =>
        sum(found.by_size.map((row) => row[of] * row.mappings)) / found.mappings;
      expect(mean('before_ns')).to.be.closeTo(found.before.ns, 1);
      expect(mean('series_ns')).to.be.closeTo(found.series.ns, 1);
      for (const { p5, p95 } of [found.before, found.series]) expect(p5).to.be.below(p95);
      expect(found.series_wins).to.be.within(0, 1);
      for (const even of found.break_even) {
        const rows = found.by_size.filter(
          ({ direction }) => (direction === 'TO_DEVICE') === (even.direction === 'write'),
        );
        const cheaper = rows.filter((row) => row.series_ns < row.before_ns);
        expect(sum(cheaper.map((row) => row.mappings))).to.equal(even.mappings_cheaper);
        // The model's size lies where the counted rows change sides.
        if (even.bytes !== null) expect(even.bytes).to.be.within(even.pays_up_to / 2, Infinity);
      }
    });

  it('follows the costs, and takes one that is set as known @long-only', async () => {
    const slow = await ofMixed('--preset', 'bare-metal-vtd', '--set', 'invalidateNs=30000');
    expect(slow.series_wins).to.equal(1);
    const fast = await ofMixed('--preset', 'bare-metal-vtd', '--set', 'invalidateNs=200');
    expect(fast.series_wins).to.be.below(0.05);
    expect(fast.series.ns).to.equal(slow.series.ns);
  });

  it('advises classes that pay, and with them the series helps @long-only', async () => {
    const { out } = await cli('replay', mixed, '--preset', 'bare-metal-vtd');
    const params = /Try (io_buffer_pool\.class_sizes=\d+) in --params: classes/.exec(
      out.replace(/\s+/g, ' '),
    )?.[1];
    expect(params).to.equal('io_buffer_pool.class_sizes=3');
    const before = await ofMixed('--preset', 'bare-metal-vtd');
    const after = await verdictOf(mixed, '--preset', 'bare-metal-vtd', '--params', params ?? '');
    expect(after.before.ns).to.equal(before.before.ns);
    expect(before.series.ns).to.be.above(before.before.ns);
    expect(after.series.ns).to.be.below(after.before.ns);
  });

  it('says which mappings are larger than any class @long-only', async () => {
    const line = await firstLines(mixed, '--params', 'io_buffer_pool.class_sizes=1');
    expect(line).to.match(/The series helps: /);
    const { break_even: found } = await verdictOf(
      mixed,
      ...['--params', 'io_buffer_pool.class_sizes=1'],
    );
    for (const one of found) expect(one.mappings_past_pool).to.be.above(20);
  });

  it('is none where nothing was mapped', async () => {
    const text = new TraceWriter().unmapPage(0xfff00000).text;
    await withTrace(text, async (file) => {
      expect(await firstLines(file)).to.match(/^No dma_map_page and no dma_map_sg was replayed/);
    });
  });

  it('is the headline of the page', () => {
    const at = page.indexOf('The series helps: ');
    expect(at).to.be.above(0).and.below(page.indexOf('The port agrees'));
  });
});

describe('what a capture was recorded on', function () {
  this.timeout(60_000);

  it('is virtio-iommu with a note, the first, if nothing tells', async () => {
    await withTrace(SMALL, async (file) => {
      const { recorded_on: on, driver, notes } = await documentOf(file, ...ONE_STATE);
      expect(on).to.deep.equal([{ iommu: 'virtio-iommu', from: 'assumed' }]);
      expect(driver).to.equal('virtio');
      expect(notes[0]).to.match(/nothing says what it was recorded on.*--recorded-on/);
    });
  });

  for (const [name, wanted, used] of [
    ['virtio-iommu', 'virtio', 'laptop-virtio'],
    ['vtd', 'table', 'bare-metal-vtd'],
    ['smmuv3', 'table', 'bare-metal-smmuv3'],
    ['amd', 'table', 'bare-metal-vtd'],
  ] as const)
    it(`is ${name} if --recorded-on says so`, async () => {
      await withTrace(SMALL, async (file) => {
        const { driver, verdict, notes, states } = await documentOf(file, '--recorded-on', name);
        expect(driver).to.equal(wanted);
        expect(verdict?.preset).to.equal(used);
        expect(notes.filter((note) => note.includes('recorded on'))).to.deep.equal([]);
        expect(states[0]?.virtio === null).to.equal(wanted === 'table');
      });
    });

  for (const [event, wanted] of [
    ['qi_submit: iotlb_inv dmar0: 0x10', 'vtd'],
    ['function: arm_smmu_cmdq_issue_cmdlist <-arm_smmu_tlb_inv_range', 'smmuv3'],
    ['bprint: viommu_sync_req: done', 'virtio-iommu'],
  ] as const)
    it(`is ${wanted} if an event says ${event}`, async () => {
      const line = `     x-1     [000] d..1.     0.000001: ${event}\n`;
      await withTrace(`${line}${SMALL}`, async (file) => {
        const { recorded_on: on, notes } = await documentOf(file, ...ONE_STATE);
        expect(on).to.deep.equal([{ iommu: wanted, from: 'capture' }]);
        expect(notes[0]).to.include('--recorded-on says otherwise');
      });
    });

  it('is in the facts: --facts, else NAME.facts.json, else NAME.json', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, SMALL);
      const from = async (...args: string[]): Promise<unknown> =>
        (await documentOf(file, ...ONE_STATE, ...args)).recorded_on[0];
      writeFileSync(join(folder, 'x.json'), '{"iommu": "intel-iommu"}');
      expect(await from()).to.deep.equal({ iommu: 'vtd', from: 'facts' });
      writeFileSync(join(folder, 'x.facts.json'), '{"iommu": "SMMUv3"}');
      expect(await from()).to.deep.equal({ iommu: 'smmuv3', from: 'facts' });
      writeFileSync(join(folder, 'other'), '{"kernel_cmdline": "amd_iommu=on"}');
      expect(await from('--facts', join(folder, 'other'))).to.include({ iommu: 'amd' });
      writeFileSync(join(folder, 'x.facts.json'), '{}');
      const { notes } = await documentOf(file, ...ONE_STATE);
      expect(notes.join('\n')).to.match(/x\.facts\.json: holds no facts/);
      expect(notes.join('\n')).to.match(/its facts are from .*x\.json/);
    });
  });

  it('does no harm as the output of an earlier run', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'my.txt');
      writeFileSync(file, SMALL);
      const first = await cli('replay', file, '--json');
      writeFileSync(join(folder, 'my.json'), first.out);
      const { status, out } = await cli('replay', file, '--json', ...ONE_STATE);
      expect(status).to.equal(0);
      expect((JSON.parse(out) as ReplayDocument).notes.join('\n')).to.match(
        /my\.json: holds no facts/,
      );
    });
  });

  it('is refused in one line where it is unknown or contradicts', async () => {
    for (const [args, message] of [
      [['--recorded-on', 'sparc'], /--recorded-on: expected one of virtio-iommu, vtd, smmuv3, amd/],
      [
        ['--preset', 'bare-metal-vtd', '--driver', 'virtio'],
        /--driver virtio: the costs of --preset/,
      ],
      [['--preset', 'x'], /--preset: .*'x'/],
      [['--facts', 'no-such-file'], /no-such-file: no such file; expected facts/],
    ] as const) {
      const { status, err, out } = await cli('replay', MIXED, ...args);
      expect(status, args.join(' ')).to.equal(2);
      expect(out).to.equal('');
      expect(err.trim()).to.match(message).and.not.include('\n');
    }
  });
});

describe('a pool that is off', function () {
  this.timeout(60_000);

  const configs = [
    ['a .config without its option', 'CONFIG_64BIT=y\n# CONFIG_X is not set\n', /is not in/],
    ['an empty .config', '', /is not in/],
    ['its option set to n', '# CONFIG_IOMMU_IO_BUFFER is not set\n', /IOMMU_IO_BUFFER=n/],
  ] as const;
  for (const [what, config, why] of configs)
    it(`is said with ${what}`, async () => {
      await withTrace(SMALL, async (file) => {
        const path = `${file}.config`;
        writeFileSync(path, config);
        const line = await firstLines(file, '--config', path);
        expect(line).to.match(/^The series changes nothing here, since its pool is off: /);
        expect(line).to.match(why);
        const { pool_off: off, notes } = await documentOf(file, '--config', path);
        expect(off).to.match(/IOMMU_IO_BUFFER=n/);
        expect(notes.join('\n')).to.include('State 4 has no pool');
      });
    });

  for (const params of ['io_buffer_pool.num_slots=0', 'io_buffer_pool.class_sizes=0'])
    it(`is said with ${params}`, async () => {
      await withTrace(SMALL, async (file) => {
        expect(await firstLines(file, '--params', params)).to.include(`pool is off: ${params}`);
      });
    });

  it('is not said of a pool that is on', async () => {
    await withTrace(SMALL, async (file) => {
      const path = `${file}.config`;
      writeFileSync(path, 'CONFIG_IOMMU_DMA=y\nCONFIG_IOMMU_IO_BUFFER=y\n');
      const { pool_off: off, verdict } = await documentOf(file, '--config', path);
      expect(off).to.equal(null);
      expect(verdict?.pool_mappings).to.equal(1);
    });
  });

  it('is not guessed from a file that is no .config', async () => {
    await withTrace(SMALL, async (file) => {
      const { status, err, out } = await cli('replay', file, '--config', file);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.match(/expected a \.config, got something else/);
    });
  });
});
