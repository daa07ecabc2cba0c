// SPDX-License-Identifier: GPL-2.0-only
// `diff`: two captures of the same work, its text, its document, its exit status.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DiffDocument, DifferenceKind } from '@iommu-bounce/lab';
import { diffAnswer } from '../../src/tables/diff-answer';
import { TraceWriter } from '../replay/helpers';
import { cli, cliOn, expectFits, fixtures, withFolder } from './run-cli';

const BEFORE = join(fixtures, 'diff/before.txt');
const AFTER = join(fixtures, 'diff/after.txt');
const trace = (name: string): string => join(fixtures, 'traces', `${name}.trace.txt.gz`);
const format = (name: string): string => join(fixtures, 'formats', `${name}.txt`);
const NVME = '0000:00:05.0';

async function documentOf(...args: string[]): Promise<DiffDocument> {
  const { out, err, status } = await cli('diff', ...args, '--json');
  expect(err).to.equal('');
  const document = JSON.parse(out) as DiffDocument;
  expect(status).to.equal(document.equal ? 0 : 1);
  return document;
}

/** Kinds that differ, with how many there are. */
function differing({ counts }: DiffDocument): Partial<Record<DifferenceKind, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0));
}

/** Compares two texts. */
function textsDiff(a: string, b: string, ...args: string[]): Promise<DiffDocument> {
  return withFolder((folder) => {
    const files = [a, b].map((text, i) => {
      const file = join(folder, `${String(i)}.txt`);
      writeFileSync(file, text);
      return file;
    });
    return documentOf(...files, ...args);
  });
}

/** Mappings one after the other, at addresses of their own. */
function mapped(sizes: readonly number[], device = NVME): TraceWriter {
  const writer = new TraceWriter();
  sizes.forEach((size, i) => {
    const dma = 0xf0000000 + i * 0x100000;
    writer.mapPage(dma, 0x10000000 + i * 0x100000, size, device);
    writer.unmapPage(dma, size, device);
  });
  return writer;
}

describe('diff', function () {
  this.timeout(400_000);

  it('finds no difference between a capture and itself', async () => {
    for (const file of [BEFORE, trace('virtio.nvme-mixed')]) {
      const { status, out } = await cli('diff', file, file);
      expect(out).to.match(/^No difference: B does the same [\d,]+ operations as A;/);
      expect(status).to.equal(0);
    }
  });

  it('says what was added, and what each mapping asked of the IOMMU', async () => {
    const { operations, requests, windows, counts, differences } = await documentOf(BEFORE, AFTER);
    expect(operations).to.include({ a: 5, b: 6, in_order: 5, gone: 0, added: 1, added_at_end: 1 });
    expect(requests.per_mapping).to.deep.equal({ a: 18 / 5, b: 2 });
    const lists = requests.rows.find((row) => row.form === 'sg');
    expect([lists?.a?.iommu_maps_per_mapping, lists?.b?.iommu_maps_per_mapping]).to.deep.equal([
      3, 1,
    ]);
    expect([lists?.a?.bytes_per_iommu_map, lists?.b?.bytes_per_iommu_map]).to.deep.equal([
      4096, 12288,
    ]);
    expect(requests).to.include({ pairs: 5, more: 0, fewer: 4 });
    expect(windows.rows[0]).to.include({ pairs: 5, longer: 0, shorter: 4 });
    expect(counts).to.include({ operations: 1, windows: 4, requests: 4, moved: 0 });
    expect(differences.find((row) => row.kind === 'operations')).to.deep.equal({
      kind: 'operations',
      what: 'dma_map_page FROM_DEVICE of 4,096 bytes: in B only',
      device: NVME,
      a: null,
      b: `${AFTER}:23`,
      after: `${BEFORE}:27`,
    });
  });

  it('names the lines of what is gone, and lists no more than asked for', async () => {
    const sizes = Array.from({ length: 40 }, (_, i) => 4096 * (1 + (i % 7)));
    const gone = sizes.filter((_, i) => ![5, 17, 30].includes(i));
    const document = await textsDiff(mapped(sizes).text, mapped(gone).text, '--differences', '2');
    expect(differing(document)).to.deep.equal({ operations: 3 });
    expect(document.operations).to.include({ in_order: 37, gone: 3, added: 0 });
    // Four lines for each mapping, below the header.
    expect(document.differences.map((row) => /\d+$/.exec(row.a ?? '')?.[0])).to.deep.equal([
      String(2 + 4 * 5 + 1),
      String(2 + 4 * 17 + 1),
    ]);
  });

  it('gives mirrored figures for swapped captures @long-only', async () => {
    const pairs: [string, string][] = [
      [trace('virtio.nvme-mixed'), trace('virtio.nvme-read-64k')],
      [format('tracecmd316-k6.12.A.ftrace'), format('k6.17.A.ftrace')],
      [BEFORE, AFTER],
    ];
    for (const files of pairs) {
      const there = await documentOf(...files);
      const back = await documentOf(...(files.toReversed() as [string, string]));
      const { operations: one } = there;
      const { operations: two } = back;
      expect(two).to.include({
        ...{ a: one.b, b: one.a, gone: one.added, added: one.gone, in_order: one.in_order },
        ...{ moved: one.moved, changed: one.changed },
        reconstructed_in_one: one.reconstructed_in_one,
      });
      expect(back.counts).to.deep.equal(there.counts);
      expect(back.windows.rows[0]?.longer).to.equal(there.windows.rows[0]?.shorter);
      expect(back.windows.rows[0]?.a).to.deep.equal(there.windows.rows[0]?.b);
      expect([back.requests.more, back.requests.fewer]).to.deep.equal([
        there.requests.fewer,
        there.requests.more,
      ]);
      expect(back.requests.per_mapping).to.deep.equal({
        a: there.requests.per_mapping.b,
        b: there.requests.per_mapping.a,
      });
    }
  });

  it('tells a lazy boot from a strict one by its addresses, and by its facts @long-only', async () => {
    const [strict, lazy] = [trace('virtio.nvme-read-4k'), trace('virtio-lazy.nvme-randread-4k')];
    const { operations, requests, machine, counts } = await documentOf(strict, lazy);
    expect(operations).to.include({ in_order: 8000, gone: 0, added: 0, moved: 0 });
    expect(requests.per_mapping).to.deep.equal({ a: 2, b: 2 });
    expect(counts.requests).to.equal(0);
    const [row] = requests.addresses;
    expect(row?.b.median_ns).to.be.above(20 * (row?.a.median_ns ?? Infinity));
    expect(machine).to.deep.include({
      what: 'command line, words of one only',
      a: 'nothing else',
      b: 'iommu.strict=0',
    });
  });

  it('shows what the pool of the series saves @long-only', async () => {
    const document = await documentOf(
      trace('virtio.nvme-read-4k'),
      join(fixtures, 'traces/series/iobuf-def.read-4k.trace.txt.gz'),
    );
    const { a, b } = document.requests.per_mapping;
    expect(a).to.equal(2);
    expect(b).to.be.below(0.2);
    expect(document.requests.fewer).to.be.above(0.9 * document.requests.pairs);
  });

  it('knows devices of other names where it is told, and leaves others alone', async () => {
    const a = mapped([4096, 8192]).text + mapped([512], 'other').text.replace(/^#.*\n/, '');
    const b = mapped([4096, 8192], '0000:00:04.0').text;
    const told = await textsDiff(a, b, '--device', `${NVME}=0000:00:04.0`);
    expect(told.operations).to.include({ in_order: 2, gone: 0, added: 0 });
    expect(told.devices.only_a).to.deep.equal([{ device: 'other', operations: 1 }]);
    expect(differing(told)).to.deep.equal({ devices: 1 });
    expect(told.notes.join('\n')).to.include('per map and unmap are those of all devices');
    expect((await textsDiff(a, b, '--device', `${NVME}=0000:00:04.0`, '--ignore', 'devices')).equal)
      .to.be.true;
  });

  it('asks whether equal names are the same device where they do nothing alike', async () => {
    const of = (nvme: string, net: string): string =>
      mapped([4096, 8192], nvme).text + mapped([60, 1514], net).text.replace(/^#.*\n/, '');
    const [a, b] = [of(NVME, '0000:00:06.0'), of('0000:00:06.0', NVME)];
    const found = await textsDiff(a, b);
    expect(found.operations).to.include({ gone: 4, added: 4 });
    expect(found.notes.join('\n')).to.include(
      `No operation of ${NVME}, 0000:00:06.0 is in both captures: if a name stands for another device in B, say so: --device '${NVME}=0000:00:06.0'`,
    );
    expect(diffAnswer(found)).not.to.include('how long mappings last');
    const told = ['--device', `${NVME}=0000:00:06.0`, '--device', `0000:00:06.0=${NVME}`];
    expect((await textsDiff(a, b, ...told)).equal).to.equal(true);
    expect((await textsDiff(a, a)).notes.join('\n')).not.to.include('No operation');
  });

  it('calls unknown what a capture has not recorded, and never zero', async () => {
    const whole = mapped([4096, 8192, 4096]).text;
    const without = (pattern: RegExp): string =>
      whole
        .split('\n')
        .filter((line) => !pattern.test(line))
        .join('\n');
    const noEvents = await textsDiff(whole, without(/ (?:un)?map: /));
    expect(noEvents.requests.per_mapping).to.deep.equal({ a: 2, b: null });
    expect(noEvents.requests.unknown_b).to.match(/no iommu:map/);
    expect(noEvents.requests).to.include({ pairs: 0 });
    expect(noEvents.requests.rows.map((row) => row.b)).to.deep.equal([null]);
    expect(noEvents.notes.join('\n')).to.include('B does not tell all requests to the IOMMU');
    expect(noEvents.equal).to.be.true;

    const noUnmapEvents = await textsDiff(whole, without(/ unmap: /));
    expect(noUnmapEvents.requests).to.deep.include({
      unknown_b: 'it has no iommu:unmap event',
      iommu_maps: { a: 3, b: 3 },
      iommu_unmaps: { a: 3, b: null },
      per_mapping: { a: 2, b: null },
    });
    expect(noUnmapEvents.requests.rows[0]?.b).to.include({
      iommu_maps_per_mapping: 1,
      iommu_unmaps_per_unmap: null,
    });

    // Not one request for each mapping: the other one was not recorded.
    const noUnmaps = await textsDiff(whole, without(/unmap/));
    expect(noUnmaps.requests).to.deep.include({
      unknown_a: null,
      unknown_b: 'it has no unmap call and no iommu:unmap event',
      iommu_maps: { a: 3, b: 3 },
      iommu_unmaps: { a: 3, b: null },
      per_mapping: { a: 2, b: null },
    });
    expect(diffAnswer(noUnmaps)).to.include('requests to the IOMMU are not known of B');
    const mirrored = await textsDiff(without(/unmap/), whole);
    expect(mirrored.requests).to.deep.include({
      unknown_a: 'it has no unmap call and no iommu:unmap event',
      unknown_b: null,
      per_mapping: { a: null, b: 2 },
    });
    expect(diffAnswer(mirrored)).to.include('requests to the IOMMU are not known of A');
    expect(noUnmaps.windows.unknown).to.equal('B shows no unmap');
    expect(noUnmaps.windows.rows).to.deep.equal([]);
    expect(noUnmaps.counts).to.include({ unmaps: 0, windows: 0 });

    const oneUnmap = await textsDiff(
      whole,
      whole.replace(/.*unmap: IOMMU.*\n.*unmap_page.*\n/, ''),
    );
    expect(oneUnmap.counts).to.include({ unmaps: 1, windows: 0 });
    expect(oneUnmap.operations).to.include({ unmapped_in_a_only: 1, unmapped_in_b_only: 0 });
  });

  it('counts requests that iommu:* events show in part, and pairs those that are unmapped', async () => {
    const writer = new TraceWriter();
    // The first and the last two stay mapped.
    for (let i = 0; i < 8; i++) {
      const dma = 0xf0000000 + i * 0x100000;
      writer.mapPage(dma, 0x10000000 + i * 0x100000, 4096, NVME);
      if (i > 0 && i < 6) writer.unmapPage(dma, 4096, NVME);
    }
    const without = writer.text.replaceAll(/^.*\bdma_.*\n/gm, '');
    const found = await textsDiff(writer.text, without, '--device', `${NVME}=domain 1`);
    const { operations, requests, notes, counts } = found;
    expect(operations).to.include({ reconstructed_in_one: 5, gone: 3, unmapped_in_b_only: 0 });
    expect(counts).to.include({ unmaps: 0 });
    expect(requests.per_mapping).to.deep.equal({ a: 13 / 8, b: 13 / 5 });
    expect(notes.join('\n')).to.include(
      'B shows only the begin or the end of some requests without a call: 3 iommu:map events and 0 iommu:unmap events are of no mapping, but in its requests',
    );
  });

  it('does not call a capture cut that lasts longer than the other', async () => {
    const cut = async (a: number, b: number): Promise<boolean> => {
      const of = (n: number): string => mapped(Array.from({ length: n }, () => 4096)).text;
      const last = of(b).replace(/ \d+(\.\d+: [^\n]*\n)$/, ' 99999$1');
      const { notes } = await textsDiff(of(a), b < 10 ? last : of(b));
      return notes.join('\n').includes('may have been cut');
    };
    expect(await cut(20, 10)).to.equal(true);
    expect(await cut(20, 9)).to.equal(false);
  });

  it('gives 0 requests where no IOMMU translates', async () => {
    const text = [
      'dma_map_page: d dir=TO_DEVICE dma_addr=5000 size=100 phys_addr=5000 attrs=',
      'dma_unmap_page: d dir=TO_DEVICE dma_addr=5000 size=100 attrs=',
    ]
      .map((line, i) => ` a-1 [000] ..... 1.00000${String(i)}: ${line}\n`)
      .join('');
    const { requests, equal } = await textsDiff(text, text);
    expect(requests.per_mapping).to.deep.equal({ a: 0, b: 0 });
    expect(equal).to.be.true;
  });

  it('counts windows beyond the tolerance', async () => {
    const one = mapped([4096]).text;
    const later = (us: number): string =>
      one.replace(/5\.000028/, `5.000${String(28 + us).padStart(3, '0')}`);
    const longer = async (us: number, ...args: string[]): Promise<number | undefined> =>
      (await textsDiff(one, later(us), ...args)).windows.rows[0]?.longer;
    // It lasts 14 µs.
    expect(await longer(2)).to.equal(0);
    expect(await longer(3)).to.equal(1);
    expect(await longer(3, '--tolerance', '50')).to.equal(0);
    expect(await longer(20, '--tolerance', '50')).to.equal(1);
  });

  it('names calls as each recorded kernel does', async () => {
    const before = readFileSync(BEFORE, 'utf8');
    const after = before.replace(/(dma_(?:un)?map)_page:/g, '$1_phys:');
    expect(after).to.not.equal(before);
    await withFolder(async (folder) => {
      const files = [join(folder, 'a.txt'), join(folder, 'b.txt')] as const;
      writeFileSync(files[0], before);
      writeFileSync(files[1], after);
      const { a, b } = await documentOf(...files);
      const nameOf = ({ calls }: DiffDocument['a']): string | undefined =>
        calls.find(({ form }) => form === 'page')?.name;
      expect([a, b].map(nameOf)).to.deep.equal(['dma_map_page', 'dma_map_phys']);
      const { out } = await cliOn({ columns: 200 }, 'diff', ...files);
      expect(out).to.match(/dma_map_page\/dma_map_phys /);
    });
  });

  it('tells attributes, calls and directions that differ', async () => {
    const one = mapped([4096, 4096]).text;
    const attributes = await textsDiff(one, one.replace(/attrs=$/m, 'attrs=SKIP_CPU_SYNC'));
    expect(differing(attributes)).to.deep.equal({ attributes: 1 });
    const direction = await textsDiff(one, one.replaceAll('FROM_DEVICE', 'TO_DEVICE'));
    expect(differing(direction)).to.deep.equal({ operations: 2 });
    expect(direction.operations.otherwise).to.deep.equal([
      {
        device: NVME,
        a: { form: 'page', direction: 'FROM_DEVICE' },
        b: { form: 'page', direction: 'TO_DEVICE' },
        recorded: true,
        pairs: 2,
      },
    ]);
  });

  it('names a pair by both directions, where they differ', async () => {
    const one = mapped([4096, 4096]).text;
    // One of two changes its direction: it is a row of its own, in both orders.
    const two = one.replaceAll(/^.*dma_addr=f0100000 .*$/gm, (line) =>
      line.replace('FROM_DEVICE', 'TO_DEVICE'),
    );
    const { windows } = await textsDiff(one, two);
    const rows = windows.rows.slice(1).map((row) => [row.direction, row.direction_b, row.pairs]);
    expect(rows).to.have.deep.members([
      ['FROM_DEVICE', 'TO_DEVICE', 1],
      ['FROM_DEVICE', 'FROM_DEVICE', 1],
    ]);
    const back = (await textsDiff(two, one)).windows.rows.slice(1);
    expect(back.map((row) => [row.direction_b, row.direction, row.pairs])).to.have.deep.members(
      rows,
    );
    await withFolder(async (folder) => {
      const [a, b] = [join(folder, 'a.txt'), join(folder, 'b.txt')];
      writeFileSync(a, one);
      writeFileSync(b, two);
      const { out } = await cliOn({ columns: 200 }, 'diff', a, b);
      expect(out).to.include(`dma_map_page FROM_DEVICE in A, dma_map_page TO_DEVICE in B`);
    });
  });

  const sets: readonly (readonly string[])[] = [
    ['ftrace', 'report', 'report-R', 'report-l', 'report-t-l-R', 'report-ts-diff'].map(
      (one) => `tracecmd316-k6.12.A.${one}`,
    ),
    ['ftrace', 'tracecmd331-report', 'tracecmd331-report-R', 'tracecmd331-report-l'].map(
      (one) => `k6.17.A.${one}`,
    ),
    ['script', 'script-ns', 'script-header-ip-sym', 'script-task-events'].map(
      (one) => `perf612-k6.12.${one}`,
    ),
  ];
  for (const [first = '', ...others] of sets)
    it(`finds no difference between formats of one recording: ${first}`, async () => {
      for (const other of others) {
        const document = await documentOf(format(first), format(other));
        expect(differing(document), other).to.deep.equal({});
      }
    });

  it('reads the files of each CPU as one capture', () =>
    withFolder(async (folder) => {
      const whole = format('tracecmd316-k6.12.A.ftrace');
      const lines = readFileSync(whole, 'utf8').split('\n');
      const files = ['000', '001'].map((cpu) => {
        const path = join(folder, `cpu${cpu}.txt`);
        const own = lines.filter((text) => text.startsWith('#') || text.includes(` [${cpu}] `));
        writeFileSync(path, `${own.join('\n')}\n`);
        return path;
      });
      const document = await documentOf(...files, whole);
      expect(document.a.capture.files).to.deep.equal(files);
      expect(differing(document)).to.deep.equal({});
    }));

  it('refuses what it cannot compare, in one line', () =>
    withFolder(async (folder) => {
      const write = (name: string, text: string): string => {
        const file = join(folder, name);
        writeFileSync(file, text);
        return file;
      };
      const empty = write('empty.txt', '');
      const log = write('log.txt', '[    1.000003] DMAR: DRHD: handling fault status reg 2\n');
      const bare = write('bare.txt', new TraceWriter().iommuMap(0x1000, 0x2000, 4096).text);
      const other = write('other.txt', mapped([4096], 'b').text);
      const cases: readonly (readonly [string[], RegExp])[] = [
        [[BEFORE], /^iommu-bounce: diff: expected two captures, got 1\n$/],
        [['-', '-'], /-: stdin is given twice/],
        [[BEFORE, AFTER, other], /diff: expected two captures, got 3; files belong together/],
        [[BEFORE, BEFORE, AFTER], /is given twice/],
        [[BEFORE, empty], /empty\.txt: is empty/],
        [[empty, BEFORE], /empty\.txt: is empty/],
        [[BEFORE, log], /log\.txt: is a kernel log.*nothing to compare;.*\n/],
        [[BEFORE, bare], /bare\.txt: has no DMA API call that maps/],
        [[BEFORE, join(folder, 'none')], /none: no such file/],
        [[BEFORE, other], /no device of A \(0000:00:05\.0\) is in B \(b\); expected --device/],
        [[BEFORE, AFTER, '--device', 'x=y'], /--device: A has no device 'x'; it has 0000:00:05\.0/],
        [[BEFORE, AFTER, '--device', `${NVME}=y`], /--device: B has no device 'y'/],
        [[BEFORE, AFTER, '--device', 'x'], /--device: expected a name in A and one in B/],
        [[BEFORE, AFTER, '--tolerance', '101'], /--tolerance: expected a percentage/],
        [[BEFORE, AFTER, '--differences', '-1'], /--differences: expected a whole number/],
        [[BEFORE, AFTER, '--ignore', 'x'], /--ignore: expected some of operations, devices/],
      ];
      for (const [args, wanted] of cases) {
        const { status, out, err } = await cli('diff', ...args);
        expect(err).to.match(wanted);
        expect(err.match(/\n/g)).to.have.length(1);
        expect([status, out], args.join(' ')).to.deep.equal([2, '']);
      }
    }));

  it('fits 60, 80 and 100 columns, and shows no control characters of names', () =>
    withFolder(async (folder) => {
      const evil = join(folder, 'evil.txt');
      writeFileSync(evil, mapped([4096, 512], 'a\u001b[31mb\u202e').text);
      for (const columns of [60, 80, 100]) {
        const { out } = await cliOn({ columns }, 'diff', BEFORE, AFTER);
        expectFits(out.replaceAll(fixtures, ''), columns);
        const printed = await cliOn({ columns }, 'diff', evil, evil);
        // oxlint-disable-next-line no-control-regex -- those are what is looked for
        expect(printed.out).not.to.match(/[\u0000-\u0009\u000b-\u001f\u202e]/);
      }
    }));

  it('writes a page with the answer, charts, and no markup of names', () =>
    withFolder(async (folder) => {
      const evil = join(folder, 'evil.txt');
      writeFileSync(evil, mapped([4096, 512], '<b>x</b>').text);
      const other = join(folder, 'other.txt');
      writeFileSync(other, mapped([4096], '<b>x</b>').text);
      const report = join(folder, 'diff.html');
      const { status, out } = await cli('diff', evil, other, '--report', report);
      expect(status).to.equal(1);
      const page = readFileSync(report, 'utf8');
      expect(page).to.include('1 of 2 operations differs (1 gone)');
      expect(out).to.match(/^1 of 2 operations differs \(1 gone\)/);
      for (const id of ['windows-chart', 'pieces-chart', 'operations', 'differences'])
        expect(page).to.include(`id="${id}"`);
      expect(page).not.to.include('<b>x');
      expect((await cli('diff', evil, other, '--report', evil)).status).to.equal(2);
    }));

  const whole =
    process.env['TRACE_FORMATS'] ?? join(__dirname, '../../../../../shared/traces/formats');
  it('finds the same operations in whole recordings by perf and ftrace @long-only', async function () {
    const files = ['ftrace', 'script'].map((one) => join(whole, `perf612-k6.12.${one}.txt.gz`));
    if (!files.every((file) => existsSync(file))) {
      console.log('      skipped: no whole captures of formats (TRACE_FORMATS)');
      this.skip();
    }
    const document = await documentOf(...files);
    // Beside each other, the tools read their clocks at different times.
    expect(Object.keys(differing(document))).to.deep.equal(['windows']);
    expect(document.counts.windows).to.be.below(0.01 * document.operations.a);
  });
});

describe('docs/diff.md', () => {
  const page = readFileSync(join(fixtures, '../docs/diff.md'), 'utf8');

  it('shows what the command prints', async () => {
    const { out } = await cli('diff', BEFORE, AFTER);
    const example = /^```text\n((?:.|\n)*?)^```$/m.exec(page)?.[1] ?? '';
    const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
    expect(example).not.to.equal('');
    expect(words(out)).to.include(words(example));
  });

  it('names each kind of difference', async () => {
    const { counts } = await documentOf(BEFORE, AFTER);
    const rows = [...page.matchAll(/^\| `(\w+)` +\| /gm)].map(([, kind]) => kind);
    expect(rows).to.deep.equal(Object.keys(counts));
  });
});
