// SPDX-License-Identifier: GPL-2.0-only
// `iommu-bounce replay`: status, output, and what a user can do wrong.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { ReplayDocument } from '../../src/compare';
import { cli, withFolder } from '../commands/run-cli';
import { TraceWriter } from './helpers';
import { ModelMachine } from './model-machine';

const SMALL = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000).text;

/** A boot of the model machine whose classes have four slots. */
function fourSlots(calls: number): string {
  const machine = new ModelMachine({
    seed: 1,
    numSlots: 4,
    classes: [4096, 16384, 131072],
    depth: 24,
    bursts: [{ calls, idleMs: 1000 }],
  });
  return machine.run().text();
}

describe('iommu-bounce replay', () => {
  it('prints tables that fit 100 columns', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, SMALL);
      const { status, out, err } = await cli('replay', file);
      expect(status).to.equal(0);
      expect(err).to.equal('');
      expect(out).to.include('0: before the series').and.to.include('4: whole series');
      expect(out).to.match(/mappings equal +│ 1 of 1 \(100\.00 %\)/);
      for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(100);
    });
  });

  it('prints one JSON document with the fields that are promised', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt.gz');
      writeFileSync(file, gzipSync(SMALL));
      const { status, out } = await cli('replay', file, '--json');
      expect(status).to.equal(0);
      const document = JSON.parse(out) as Record<string, Record<string, unknown>>;
      expect(document['trace']).to.include.keys(
        'events',
        'unparsed',
        'dropped',
        'unpaired_unmaps',
        'never_unmapped',
      );
      expect(document['recorded']).to.include({ iommu_maps: 1, iommu_unmaps: 1 });
      expect(document['agreement']).to.include({
        mappings_recorded: 1,
        mappings_compared: 1,
        mappings_equal: 1,
      });
      for (const state of document['states'] as unknown as object[])
        expect(state).to.include.keys(
          'patches',
          'iommu_maps',
          'iommu_unmaps',
          'copied_bytes',
          'pool_hits',
          'pool_fills',
          'fallbacks',
          'peak_bounce_bytes',
        );
      expect(document).not.to.have.property('pool_agreement');
    });
  });

  it('ends with status 1 where decisions differ, and lists as many differences as are asked for', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, fourSlots(100));
      const right = 'io_buffer_pool.num_slots=4';
      expect((await cli('replay', file, '--params', right)).status).to.equal(0);
      const { status, out } = await cli('replay', file, '--json', '--differences', '3');
      expect(status).to.equal(1);
      const { pool_agreement: pool } = JSON.parse(out) as {
        pool_agreement: { differences: object[]; decisions_compared: number };
      };
      expect(pool.differences).to.have.length(3);
      expect(pool.decisions_compared).to.be.above(100);
      const text = await cli('replay', file, '--differences', '3', '--patches', '4');
      // Three of the decisions, three of the mappings that did not fall back.
      expect(text.out.match(/^ {4}recorded: /gm)).to.have.length(6);
      expect(text.out).to.include('no --params were given');
    });
  });

  it('says that recordings of two machines are put together, with the verdict on each @long-only', async () => {
    await withFolder(async (folder) => {
      const files = [4096, 8192].map((size, n) => {
        const writer = new TraceWriter();
        for (let i = 0; i < 120; i++) {
          const dma = 0xf0000000 + i * 2 ** 20 + n * 2 ** 16;
          writer.mapPage(dma, 2 ** 32 + i * 2 ** 20, size).unmapPage(dma, size);
        }
        const file = join(folder, `${String(n)}.trace.txt`);
        writeFileSync(file, writer.text);
        return file;
      });
      const page = join(folder, 'new/folder/a.html');
      const { out } = await cli('replay', ...files, '--report', page);
      const lines = out.split('\n\n').map((one) => one.replaceAll(/\s+/g, ' '));
      expect(lines[0]).to.match(
        /^2 recordings, replayed on a machine each: nothing in them shows that they are CPUs of one boot\./,
      );
      expect(lines[0]).to.match(
        /0\.trace\.txt: [\d.]+ µs of CPU per map and unmap instead of [\d.]+ µs \(120 mappings\)/,
      );
      expect(lines[0]).to.include('1.trace.txt: ');
      const { verdict, verdict_by_boot: each } = JSON.parse(
        (await cli('replay', ...files, '--json')).out,
      ) as ReplayDocument;
      expect(each.map((one) => one.verdict?.mappings)).to.deep.equal([120, 120]);
      expect(verdict?.mappings).to.equal(240);
      expect(readFileSync(page, 'utf8')).to.include(
        '2 recordings, replayed on a machine each: nothing in them shows',
      );
      const [alone = ''] = files;
      const one = await cli('replay', alone, '--json');
      expect((JSON.parse(one.out) as ReplayDocument).verdict_by_boot).to.deep.equal([]);
    });
  });

  it('ends with status 1 for a difference, and with 0 if the recording lost events', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      const { text } = new TraceWriter().mapPage(0xf0000000, 0x100000).unmapPage(0xf0000000);
      const other = text.replace(
        /(unmap: IOMMU: iova=0x0*)f0000000 - 0x0*f0001000/,
        '$1e0000000 - 0x00000000e0001000',
      );
      expect(other).not.to.equal(text);
      writeFileSync(file, other);
      expect((await cli('replay', file)).status).to.equal(1);
      writeFileSync(file, `${other}CPU:0 [LOST 5 EVENTS]\n`);
      const { status, out } = await cli('replay', file, '--json');
      expect(status).to.equal(0);
      const { agreement } = JSON.parse(out) as ReplayDocument;
      expect(agreement).to.include({
        ...{ mappings_compared: 1, mappings_equal: 0, mappings_differing_with_losses: 1 },
      });
      expect(agreement.differences).to.have.length(1);
    });
  });

  it('refuses all beside other policies in one line', async () => {
    const { status, err } = await cli('replay', 'none.txt', '--policy', 'all,strict');
    expect(status).to.equal(2);
    expect(err).to.match(
      /^[^\n]*--policy: expected all alone, or names without it, got 'all,strict'\n$/,
    );
  });

  it('compares no decisions where --params or --config are not those of the facts: a what-if @long-only', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, fourSlots(100));
      writeFileSync(
        join(folder, 'x.facts.json'),
        '{"kernel_cmdline": "io_buffer_pool.num_slots=4"}',
      );
      const config = join(folder, 'n.config');
      writeFileSync(config, '# CONFIG_IOMMU_IO_BUFFER is not set\n');
      const replayed = async (...args: string[]): Promise<ReplayDocument> => {
        const { status, out, err } = await cli('replay', file, '--json', ...args);
        expect(status, err).to.equal(0);
        return JSON.parse(out) as ReplayDocument;
      };
      expect((await replayed()).pool_agreement?.decisions_compared).to.be.above(100);
      for (const args of [
        ['--params', 'io_buffer_pool.num_slots=16'],
        ['--params', 'io_buffer_pool.class_sizes=1'],
        ['--config', config],
      ]) {
        const { pool_agreement: pool, agreement, notes } = await replayed(...args);
        expect(pool).to.equal(undefined);
        expect(agreement.mappings_compared).to.equal(0);
        expect(agreement.mappings_recorded).to.be.above(50);
        expect(notes.join('\n')).to.match(/a what-if\. The recorded kernel had the series/);
      }
    });
  });

  it('says where parameters are from that the kernel cannot boot with', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      const facts = join(folder, 'x.facts.json');
      writeFileSync(file, SMALL);
      for (const [word, message] of [
        ['num_slots=4000000000', /x\.facts\.json: under io_buffer_pool\.num_slots=4000000000 /],
        ['class_sizes=999', /x\.facts\.json:1: expected an unsigned integer from 0 to 255/],
      ] as const) {
        writeFileSync(facts, `{"kernel_cmdline": "io_buffer_pool.${word}"}`);
        const { status, out, err } = await cli('replay', file);
        expect([status, out]).to.deep.equal([2, '']);
        expect(err).to.match(message);
      }
      writeFileSync(facts, '{}');
      const { err } = await cli('replay', file, '--params', 'io_buffer_pool.num_slots=4000000000');
      expect(err).to.match(/--params: under io_buffer_pool\.num_slots=4000000000 /);
    });
  });

  it('runs on virtio-iommu, or on the table if told so', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, SMALL);
      const requests = async (...more: string[]): Promise<unknown[]> => {
        const { status, out } = await cli('replay', file, '--json', '--patches', '0', ...more);
        expect(status).to.equal(0);
        const { driver, states } = JSON.parse(out) as {
          driver: string;
          states: { virtio: { map_requests: number } | null }[];
        };
        return [driver, ...states.map(({ virtio }) => virtio?.map_requests ?? null)];
      };
      expect(await requests()).to.deep.equal(['virtio', 1]);
      expect(await requests('--driver', 'virtio')).to.deep.equal(['virtio', 1]);
      expect(await requests('--driver', 'table')).to.deep.equal(['table', null]);
    });
  });

  it('takes a .config, under which state 4 may have no pool', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, SMALL);
      const config = join(folder, '.config');
      for (const [text, fills] of [
        ['CONFIG_IOMMU_IO_BUFFER=y\n', 1],
        ['# CONFIG_IOMMU_IO_BUFFER is not set\n', 0],
      ] as const) {
        writeFileSync(config, text);
        const { out } = await cli('replay', file, '--json', '--config', config);
        const { states } = JSON.parse(out) as { states: { pool_fills: number }[] };
        expect(states[1]?.pool_fills).to.equal(fills);
      }
    });
  });

  it('writes a report, and replaces only its own', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x & y.trace.txt');
      writeFileSync(file, SMALL);
      const report = join(folder, 'deep/r.html');
      const args = ['replay', file, '--params', 'iommu.strict=1', '--report', report];
      for (let i = 0; i < 2; i++) expect((await cli(...args)).status).to.equal(0);
      expect(readFileSync(report, 'utf8')).to.include(
        `<code class="command">iommu-bounce replay &#39;${join(folder, 'x &amp; y.trace.txt')}&#39; --params iommu.strict=1</code>`,
      );
      expect(readFileSync(report, 'utf8')).to.match(
        /^<!doctype html>[^]*<meta name="generator" content="iommu-bounce \d+\.\d+\.\d+"/,
      );
      const other = join(folder, 'other.html');
      writeFileSync(other, '<p>mine</p>');
      const { status, out, err } = await cli('replay', file, '--report', other);
      expect(status).to.equal(2);
      expect(out).to.equal('');
      expect(err).to.match(/other\.html: is no report of this command/);
      expect(readFileSync(other, 'utf8')).to.equal('<p>mine</p>');
    });
  });

  type Wrong = readonly [string, (folder: string) => string[], RegExp];
  const wrong: readonly Wrong[] = [
    ['no file', () => [], /missing required argument/],
    ['a missing file', () => ['none.txt'], /none\.txt: no such file/],
    ['--patches 7', (f) => [f, '--patches', '7'], /--patches: expected a number from 0 to 4/],
    ['--patches x', (f) => [f, '--patches', ''], /--patches: expected a number from 0 to 4/],
    [
      'another driver',
      (f) => [f, '--driver', 'intel'],
      /--driver: expected virtio or table, got 'intel'/,
    ],
    ['--differences', (f) => [f, '--differences', '-1'], /--differences: expected a whole number/],
    [
      'an unknown parameter',
      (f) => [f, '--params', 'iommu.strict=1 quiet'],
      /--params: unknown 'quiet'/,
    ],
    ['a bad value', (f) => [f, '--params', 'io_buffer_pool.class_sizes=256'], /class_sizes.*256/],
    ...[104_858, 50_000_000].map((slots): Wrong => [
      `${String(slots)} slots, which no kmalloc holds`,
      (f) => [f, '--params', `io_buffer_pool.num_slots=${String(slots)}`],
      /0000:00:05\.0 keeps its platform DMA ops.*order 1\d/,
    ]),
    [
      'words for init',
      (f) => [f, '--params', 'iommu.strict=1 -- single'],
      /--params: unknown 'single'/,
    ],
    [
      'a missing .config',
      (f) => [f, '--config', 'none'],
      /none: no such file, expected a \.config/,
    ],
    [
      'a report in a file',
      (f) => [f, '--report', join(f, 'r.html')],
      /r\.html: its folder .* cannot be made/,
    ],
    ['an unknown option', (f) => [f, '--nonsense'], /unknown option/],
  ];
  for (const [what, args, message] of wrong)
    it(`refuses ${what} with one line and status 2`, async () => {
      await withFolder(async (folder) => {
        const file = join(folder, 'x.trace.txt');
        writeFileSync(file, SMALL);
        const { status, out, err } = await cli('replay', ...args(file));
        expect(status).to.equal(2);
        expect(out).to.equal('');
        expect(err).to.match(/^iommu-bounce: [^\n]+\n$/);
        expect(err).to.match(message);
      });
    });

  const files: readonly [string, Buffer | string, RegExp][] = [
    ['an empty file', '', /is empty/],
    ['a truncated .gz', gzipSync(SMALL).subarray(0, 60), /ends in the middle/],
    ['a binary file', Buffer.from([0, 1, 2, 3, 0, 0, 7]), /binary/],
    ['facts instead of a trace', '{\n "trace": "x"\n}\n', /:2: not a capture/],
    ['another text', 'one\ntwo\n', /:1: not a capture: expected a line like/],
  ];
  for (const [what, content, message] of files)
    it(`refuses ${what} with one line and status 2`, async () => {
      await withFolder(async (folder) => {
        const file = join(folder, 'x.trace.txt.gz');
        writeFileSync(file, content);
        for (const more of [[], ['--json']]) {
          const { status, out, err } = await cli('replay', file, ...more);
          expect(status).to.equal(2);
          expect(out).to.equal('');
          expect(err).to.match(/^iommu-bounce: [^\n]+x\.trace\.txt\.gz[^\n]+\n$/);
          expect(err).to.match(message);
        }
      });
    });

  it('refuses files of two boots of the patched kernel', async () => {
    await withFolder(async (folder) => {
      const paths = [1, 2].map((seed) => {
        const path = join(folder, `${String(seed)}.trace.txt`);
        const options = { numSlots: 4, classes: [4096], depth: 4 };
        const machine = new ModelMachine({ seed, ...options, bursts: [{ calls: 9, idleMs: 1 }] });
        writeFileSync(path, machine.run().text());
        return path;
      });
      const { status, err } = await cli('replay', ...paths);
      expect(status).to.equal(2);
      expect(err).to.include('expected files that follow each other in one boot');
    });
  });
});
