// SPDX-License-Identifier: GPL-2.0-only
// `advise`: what it promises is what a replay with it counts; captures of every kind; kernel logs; bad input.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AdviseDocument, ReplayDocument } from '@iommu-bounce/lab';
import { preset } from '@iommu-bounce/simulation';
import { advise } from '../../src/compare';
import { cli, cliOn, expectFits, fixtures, withFolder } from '../commands/run-cli';
import { TraceWriter } from '../replay/helpers';

const NET = join(fixtures, 'traces/virtio.net-rx.trace.txt.gz');
const SERIES = join(fixtures, 'traces/series/iobuf-def.bursts.trace.txt.gz');
const LONG = process.env['TEST_LONG'] === '1';

async function adviceOn(...args: string[]): Promise<AdviseDocument> {
  const { status, out, err } = await cli('advise', ...args, '--json');
  expect(err).to.equal('');
  expect(status).to.equal(0);
  return JSON.parse(out) as AdviseDocument;
}

/** The advice on a text. */
function adviceOnText(text: string, ...args: string[]): Promise<AdviseDocument> {
  return withFolder((folder) => {
    const file = join(folder, 'x.trace.txt');
    writeFileSync(file, text);
    return adviceOn(file, ...args);
  });
}

interface Loaded {
  readonly maps: number;
  readonly inFlight: number;
  readonly sizes: readonly number[];
  readonly device?: string;
  readonly unmaps?: boolean;
}

/** Pages that are mapped and, when so many are in flight, unmapped again. */
function load(writer: TraceWriter, { maps, inFlight, sizes, device, unmaps = true }: Loaded): void {
  const live: (readonly [number, number])[] = [];
  for (let i = 0; i < maps; i++) {
    const size = sizes[i % sizes.length] ?? 4096;
    const dma = 0x8000_0000 + i * 2 ** 20;
    writer.mapPage(dma, 0x10_0000_0000 + i * 2 ** 20, size, device);
    live.push([dma, size]);
    if (live.length < inFlight) continue;
    const [first = [0, 0]] = live.splice(0, 1);
    if (unmaps) writer.unmapPage(first[0], first[1], device);
  }
  if (unmaps) for (const [dma, size] of live) writer.unmapPage(dma, size, device);
}

function traceOf(...loads: readonly Loaded[]): string {
  const writer = new TraceWriter();
  for (const one of loads) load(writer, one);
  return writer.text;
}

describe('advise', function () {
  this.timeout(400_000);

  const recorded = [
    ['a plain kernel', NET],
    ['a kernel with the series', SERIES],
  ] as const;
  for (const [name, capture] of LONG ? recorded : ([['a written capture', null]] as const))
    it(`gives what it promised: ${name} @long`, () =>
      withFolder(async (folder) => {
        const file = capture ?? join(folder, 'x.trace.txt');
        const sizes = [1024, 4096, 8192, 65536, 4096];
        if (capture === null) writeFileSync(file, traceOf({ maps: 240, inFlight: 12, sizes }));
        const { front, serve, usual, recommendation } = await adviceOn(file, '--serve', '99,60');
        const choices = [...front, ...serve.map(({ choice }) => choice), recommendation?.choice];
        expect(front.length).to.be.above(2);
        const [first, last] = [choices.at(0), choices.at(-1)];
        for (const choice of LONG ? [first, last] : [last]) {
          if (!choice) throw new Error('nothing was advised');
          const { out } = await cli('replay', file, '--params', choice.params, '--json');
          const replayed = (JSON.parse(out) as ReplayDocument).states.find((s) => s.patches === 4);
          expect(replayed).to.deep.include({
            pool_hits: choice.pool_hits,
            pool_fills: choice.pool_fills,
            fallbacks: choice.fallbacks,
            fallbacks_by_reason: choice.fallbacks_by_reason,
            peak_bounce_bytes: choice.peak_bounce_bytes,
            evictions: choice.evictions,
            copied_bytes: choice.copied_bytes,
            iommu_maps: choice.iommu_maps,
            iommu_unmaps: choice.iommu_unmaps,
          });
        }
        for (const goal of serve)
          expect(goal.choice?.served_share).to.be.at.least(goal.wanted_share);
        expect(recommendation?.choice.memory_bytes).to.be.below(usual?.memory_bytes ?? 0);
      }));

  it('confirms its choices in one reading of the capture @long-only', async () => {
    const text = traceOf({ maps: 120, inFlight: 8, sizes: [1024, 4096, 16384, 65536] });
    const steps: string[] = [];
    const adviseOn = (file: string): Promise<unknown> =>
      advise([file], {
        ...{ pathOf: (one) => one, recordedOn: null, facts: null, serve: [99, 60], memory: null },
        costs: () => ({ preset: 'laptop-virtio', costs: preset('laptop-virtio') }),
        progress: (what) => steps.push(what),
      });
    await withFolder((folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, text);
      return adviseOn(LONG ? SERIES : file);
    });
    const replays = new Set(steps.filter((what) => /^replays? \d/.test(what)));
    expect(replays).to.have.property('size', 1);
    expect([...replays][0]).to.match(/^replays 1 to (\d+) of \1$/);
  });

  it('begins with the advice, then says what the capture lacks', async () => {
    const { status, out } = await cliOn({ columns: 80 }, 'advise', NET);
    expect(status).to.equal(0);
    expect(out.replaceAll(/\s+/g, ' ')).to.match(
      /^io_buffer_pool\.class_sizes=\d+ io_buffer_pool\.num_slots=\d+ serves 99\.\d % of [\d,]+ mappings with at most [\d.]+ MiB; default classes: 100\.0 % with [\d.]+ MiB\. Losses/,
    );
    expectFits(out, 80);
    for (const title of ['Recommendation', 'Pareto front', 'Pin or bounce', 'swiotlb', 'Lazy mode'])
      expect(out).to.match(new RegExp(`^${title}`, 'm'));
  });

  it('serves most within --memory, and says if nothing fits @long-only', async () => {
    const many = traceOf({ maps: 160, inFlight: 40, sizes: [4096, 16384] });
    const { within, recommendation } = await adviceOnText(many, '--memory', '300k');
    expect(within?.choice?.memory_bytes).to.be.within(1, 300 * 1024);
    expect(recommendation?.choice).to.deep.equal(within?.choice);
    const few = traceOf({ maps: 60, inFlight: 8, sizes: [4096, 16384] });
    const small = await adviceOnText(few, '--memory', '1k');
    expect(small.recommendation).to.equal(null);
    expect(small.within).to.deep.include({ choice: null });
    expect(small.advice).to.match(
      /^No pool fits in 1 KiB: the smallest for these .* takes \d+ KiB/,
    );
  });

  it('takes tiny mappings, huge ones, and both @long-only', async () => {
    const tiny = await adviceOnText(traceOf({ maps: 120, inFlight: 8, sizes: [60] }));
    expect(tiny.recommendation?.choice).to.include({
      class_sizes: 1,
      num_slots: 8,
      served_share: 1,
    });
    const huge = await adviceOnText(traceOf({ maps: 50, inFlight: 4, sizes: [2 ** 20] }));
    expect(huge).to.include({ mappings: 50, mappings_servable: 0, recommendation: null });
    expect(huge.advice).to.match(
      /^No pool serves these 50 mappings: .* 512 KiB, and every one is larger/,
    );
    expect(huge.swiotlb?.too_large).to.equal(50);
    expect(huge.bounce.every((row) => row.mappings_to_bounce === 0)).to.equal(true);
    const both = await adviceOnText(traceOf({ maps: 120, inFlight: 8, sizes: [4096, 2 ** 20] }));
    expect(both.serve[0]).to.include({ wanted_share: 0.99, reached: false });
    expect(both.recommendation?.choice.served_share).to.equal(0.5);
    expect(both.advice).to.include('99 % cannot be served: 60 mappings are larger than 512 KiB');
  });

  it('says what missing unmaps and few mappings do to it', async () => {
    const found = await adviceOnText(
      traceOf({ maps: 150, inFlight: 1000, sizes: [4096], unmaps: false }),
    );
    expect(found.recommendation?.choice.num_slots).to.equal(149);
    expect(found.uncertain.join('\n'))
      .to.include('150 mappings only')
      .and.to.include('150 mappings never unmapped');
    expect(found.flush_queues).to.deep.equal([]);
  });

  it('says that calls which failed are in no figure, and how many lines of the log it does not show', async () => {
    const writer = new TraceWriter();
    load(writer, { maps: 120, inFlight: 8, sizes: [4096] });
    for (let i = 0; i < 7; i++)
      writer
        .line(
          'console: [    5.000000] nvme 0000:00:05.0: swiotlb buffer is full (sz: 65536 bytes), total 2048 (slots), used 2040 (slots)',
        )
        .line(
          'dma_map_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=ffffffffffffffff size=65536 phys_addr=100000 attrs=',
        );
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, writer.text);
      const { out } = await cli('advise', file);
      const text = out.replaceAll(/\s+/g, ' ');
      expect(text)
        .to.include('of 120 mappings')
        .and.include('7 map calls failed on the recorded machine and are left out')
        .and.include('… and 2 more');
    });
  });

  it('names no rest of a swiotlb area that is full at the peak @long-only', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      const words = async (sizes: readonly number[]): Promise<string> => {
        writeFileSync(file, traceOf({ maps: 128, inFlight: 64, sizes }));
        return (await cli('advise', file)).out.replaceAll(/\s+/g, ' ');
      };
      expect(await words([4096])).to.include('128 slots are in use at most. ');
      expect(await words([2048])).to.include(
        'in use at most; the rest goes to alignment and gaps.',
      );
    });
  });

  it('counts slots for every device, though one of eight is busy @long-only', async () => {
    const device = (i: number): string => `0000:00:0${String(i)}.0`;
    const idle = Array.from({ length: 7 }, (_, i) => i + 1).map((i) => ({
      ...{ maps: 1, inFlight: 1, sizes: [4096], device: device(i) },
    }));
    const busy = { maps: 300, inFlight: 20, sizes: [16384], device: device(0) };
    const { recommendation, serve } = await adviceOnText(traceOf(busy, ...idle), '--serve', '97.7');
    // Buffers that were busy at a time, and an array of slots for each of the eight.
    expect(serve[0]?.reached).to.equal(true);
    const choice = recommendation?.choice;
    expect(choice?.num_slots).to.be.within(19, 20);
    const classes = choice?.class_sizes === 4 ? 1 : 2;
    expect(choice?.array_bytes).to.equal(8 * classes * 40 * (choice?.num_slots ?? 0));
  });

  it('holds the recommendation against strict, lazy and the default classes', async () => {
    const text = traceOf({ maps: 200, inFlight: 8, sizes: [4096] });
    const { cpu, verdict, usual, recommendation } = await adviceOnText(text);
    expect(cpu.map(({ kernel }) => kernel)).to.deep.equal([
      'strict',
      'lazy',
      'usual',
      'recommended',
    ]);
    const [strict, lazy, own, advised] = cpu;
    expect(strict?.ns).to.equal(verdict?.before.ns);
    expect(advised).to.include({ ns: verdict?.series.ns, recommended_wins: null });
    expect(strict?.recommended_wins).to.equal(verdict?.series_wins);
    expect([own?.params, advised?.params]).to.deep.equal([
      usual?.params,
      recommendation?.choice.params,
    ]);
    // Lazy mode waits for no UNMAP request.
    expect(lazy?.ns).to.be.below(strict?.ns ?? 0);
    const lazyCapture = await withFolder(async (folder) => {
      writeFileSync(join(folder, 'x.trace.txt'), text);
      writeFileSync(join(folder, 'x.facts.json'), '{"kernel_cmdline": "iommu.strict=0"}');
      return adviceOn(join(folder, 'x.trace.txt'));
    });
    expect(lazyCapture.cpu.slice(0, 2).map(({ ns }) => ns)).to.deep.equal([strict?.ns, lazy?.ns]);
  });

  it('says which virtio-iommu its row of lazy mode has, and of other IOMMUs nothing of the kind', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, traceOf({ maps: 200, inFlight: 8, sizes: [4096] }));
      for (const [name, says] of [
        ['laptop-virtio', true],
        ['bare-metal-vtd', false],
      ] as const) {
        const { out } = await cliOn({ columns: 200 }, 'advise', file, '--preset', name);
        const row = out.split('\n').find((line) => line.startsWith('│ before the series, lazy'));
        expect(row, name).to.include('iommu.strict=0 ');
        expect(row?.includes('with virtio-iommu of v6.8'), name).to.equal(says);
      }
    }));

  it('does not advise a pool where copying costs more @long-only', async () => {
    const text = traceOf({ maps: 300, inFlight: 8, sizes: [131072] });
    const found = await adviceOnText(text, '--preset', 'bare-metal-vtd');
    expect(found.advice).to.match(
      /^Bouncing does not pay here: [\d.]+ µs of CPU per map and unmap/,
    );
    expect(found.recommendation).to.deep.include({
      ...{ pays: false, command_line: 'io_buffer_pool.num_slots=0' },
      config: ['# CONFIG_IOMMU_IO_BUFFER is not set'],
    });
    expect(found.bounce).to.have.length(1);
    expect(found.bounce[0]).to.include({ bounce: 'below', mappings_to_bounce: 0 });
    const mixed = traceOf({ maps: 400, inFlight: 8, sizes: [1024, 131072] });
    const partly = await adviceOnText(mixed, '--preset', 'bare-metal-vtd');
    expect(partly.only_what_pays?.class_sizes).to.equal(1);
    expect(partly.advice).to.include('copying pays up to 4 KiB only');
    expect(partly.bounce[0]?.mappings_to_bounce).to.equal(200);
    const few = traceOf({ maps: 80, inFlight: 8, sizes: [1024, 131072] });
    const unsure = await adviceOnText(few, '--preset', 'bare-metal-vtd');
    expect(unsure.verdict?.break_even[0]?.mappings_dearer).to.equal(40);
    expect(unsure.only_what_pays).to.equal(null);
  });

  it('prices a piece that is not aligned by its MAP requests, in both places that do @long-only', async () => {
    const costs = {
      ...{ vmexitNs: 700, vmmRequestNs: 200, vfioMapNs: 300, vfioUnmapNs: 300 },
      ...{ pinNs: 100, unpinNs: 100, copyColdBytesPerS: 5e9 },
    };
    const set = Object.entries(costs).flatMap(([name, n]) => ['--set', `${name}=${String(n)}`]);
    const at = async (offset: number): Promise<AdviseDocument> => {
      const writer = new TraceWriter();
      for (let i = 0; i < 120; i++) {
        writer.mapPage(0x8000_0000, 0x10_0000_0000 + i * 2 ** 20 + offset, 65536);
        writer.unmapPage(0x8000_0000, 65536);
      }
      return adviceOnText(writer.text, ...set);
    };
    const aligned = await at(0);
    expect(aligned.verdict?.break_even[0]).to.include({ mappings_cheaper: 0, pays_up_to: 0 });
    expect(aligned.bounce[0]).to.include({ bounce: 'below', mappings_to_bounce: 0 });
    // The kernel asks for each page of it.
    const unaligned = await at(4096);
    expect(unaligned.verdict?.break_even[0]).to.include({
      mappings_cheaper: 120,
      pays_up_to: 65536,
    });
    expect(unaligned.bounce[0]).to.include({ bounce: 'always', mappings_to_bounce: 120 });
  });

  it('says that flush queues lack the unmaps of what was mapped before @long-only', async () => {
    const writer = new TraceWriter();
    for (let i = 0; i < 20; i++) writer.unmapPage(0x9000_0000 + i * 4096, 4096);
    load(writer, { maps: 60, inFlight: 8, sizes: [4096] });
    const { flush_queues: rows, uncertain } = await adviceOnText(writer.text);
    expect(rows[0]?.unmaps).to.equal(60);
    expect(uncertain.join('\n')).to.include(
      'Flush queues of lazy mode are without these unmaps: they hold more entries than is said.',
    );
  });

  it('writes a page with the plot, once over its own and never over another file', async () => {
    await withFolder(async (folder) => {
      const [file, trace] = [join(folder, 'a.html'), join(folder, 'x.trace.txt')];
      writeFileSync(trace, traceOf({ maps: 60, inFlight: 8, sizes: [4096, 16384] }));
      expect((await cli('advise', trace, '--report', file)).status).to.equal(0);
      const page = readFileSync(file, 'utf8');
      expect(page).to.include('"kind":"points"').and.to.include('id="section-front"');
      expect((await cli('advise', trace, '--report', file)).status).to.equal(0);
      expect(readFileSync(file, 'utf8')).to.equal(page);
      writeFileSync(file, 'mine');
      expect((await cli('advise', trace, '--report', file)).status).to.equal(2);
    });
  });

  describe('of a kernel log', () => {
    const full = (seconds: number, used: number, size = 4096): string =>
      `[  ${String(seconds)}.000000] nvme 0000:01:00.0: swiotlb buffer is full (sz: ${String(size)} bytes), total 32768 (slots), used ${String(used)} (slots)\n`;
    const causes = async (text: string): Promise<string[]> =>
      (await adviceOnText(text)).swiotlb_full.map(
        ({ cause, count }) => `${cause} ${String(count)}`,
      );

    it('says which cause a full swiotlb has', async () => {
      expect(await causes(full(100, 100, 524288))).to.deep.equal(['too_large 1']);
      expect(await causes(full(100, 1024, 65536))).to.deep.equal(['fragmented 1']);
      expect(await causes(full(100, 200, 65536))).to.deep.equal(['run_free 1']);
      expect(await causes(full(100, 32768))).to.deep.equal(['full 1']);
      const leak = [0, 4, 8, 12, 16].map((i) => full(100 + i, 32767 + i / 16)).join('');
      expect(await causes(leak.replaceAll(/used 32767\.\d+/g, 'used 32767'))).to.deep.equal([
        'leaked 5',
      ]);
    });

    it('gives the least swiotlb= as its advice', async () => {
      const { advice } = await adviceOnText(full(100, 32760, 65536));
      expect(advice).to.equal(
        'A kernel log without DMA calls: swiotlb was full 1 time: 1 full in truth; needs swiotlb=32896 at least (32,792 slots in use and asked for).',
      );
    });

    it('counts lines that the rate limit of the kernel left out', async () => {
      const left = '[  101.000000] swiotlb_tbl_map_single: 41 callbacks suppressed\n';
      const document = await adviceOnText(`${full(100, 32768)}${left}`);
      expect(document.swiotlb_full_suppressed).to.equal(41);
      expect(document.swiotlb_full[0]?.count).to.equal(1);
      expect(document.advice).to.include(
        "swiotlb was full at least 42 times: 1 full in truth and 41 of unknown cause, which the kernel's rate limit left out;",
      );
      expect((await adviceOnText(full(100, 32768))).swiotlb_full_suppressed).to.equal(0);
    });

    it('does not advise a larger area where a run was free', async () => {
      const { advice } = await adviceOnText(full(100, 0, 65536));
      expect(advice).to.match(/1 with a run free by its numbers; a run of .* was free/);
      expect(advice).not.to.match(/swiotlb=/);
      expect((await adviceOnText(full(100, 1024, 65536))).advice).to.include('swiotlb=65536');
    });

    it('knows that what is longer than a slot begins at a whole page', async () => {
      // 32 slots at 2, 6, 10 … spoil every run of three slots that begins at a page.
      const small = (used: number): string =>
        full(100, used, 6144).replace('total 32768', 'total 128');
      expect(await causes(small(31))).to.deep.equal(['run_free 1']);
      expect(await causes(small(32))).to.deep.equal(['fragmented 1']);
    });

    it('does not take an area that is always full for a leak without a doubt', async () => {
      const busy = [0, 5, 10, 15, 20].map((i) => full(100 + i, 32768)).join('');
      const { swiotlb_full: rows } = await adviceOnText(busy);
      expect(rows[0]?.advice).to.include('or a load of one size keeps the area full');
    });

    it('does not round a size to the limit that it exceeds', async () => {
      const { advice, swiotlb_full: rows } = await adviceOnText(full(100, 100, 262145));
      expect(rows[0]?.cause).to.equal('too_large');
      expect(advice).to.include('at most 256 KiB, and 262,145 bytes were asked for');
    });

    it('tells a missing area from a small one', async () => {
      const text = full(100, 0).replace('total 32768', 'total 0');
      const { swiotlb_full: rows } = await adviceOnText(text);
      expect(rows[0]?.advice).to.match(
        /^there is no area at all \(total 0 slots\): remove swiotlb=noforce/,
      );
      expect(rows[0]?.cause).to.equal('full');
      expect(
        (await adviceOnText(full(1, 0, 0).replace('total 32768', 'total 0'))).advice,
      ).not.to.include('swiotlb=0');
    });

    it('names the kernels whose line has no numbers', async () => {
      const text = '[  100.000000] nvme 0000:01:00.0: swiotlb buffer is full (sz: 4096 bytes)\n';
      const { swiotlb_full: rows } = await adviceOnText(text);
      expect(rows[0]).to.include({ cause: 'unknown', slots: null });
      expect(rows[0]?.advice).to.include('Linux up to 5.0 prints none');
    });

    it('says which of its lines it does not understand, alone and beside a capture', async () => {
      const text = `${full(100, 32768)}garbage\n`;
      const { captures } = await adviceOnText(text);
      expect(captures.map(({ losses }) => losses.lines_not_understood.count)).to.deep.equal([1]);
      await withFolder(async (folder) => {
        const [log, trace] = [join(folder, 'dmesg.txt'), join(folder, 'x.trace.txt')];
        writeFileSync(log, text);
        writeFileSync(trace, traceOf({ maps: 60, inFlight: 8, sizes: [4096] }));
        const alone = await cli('advise', log);
        expect(alone.out).to.match(/\n1 line not understood: .*\n.*dmesg\.txt:2: garbage\n/);
        const both = await cli('advise', trace, log);
        expect(both.out).to.match(/dmesg\.txt:2: garbage\n/);
      });
    });

    it('has nothing to say of a log about other things', async () => {
      const { advice, swiotlb_full: rows } = await adviceOnText(
        '[    1.000000] Linux version 6.1\n',
      );
      expect(advice).to.match(/none of its 1 line is about a full swiotlb/);
      expect(rows).to.deep.equal([]);
    });

    it('is read beside a capture, whose calls may show the leak @long-only', async () => {
      await withFolder(async (folder) => {
        const [log, trace] = [join(folder, 'log.txt'), join(folder, 'x.trace.txt')];
        writeFileSync(log, full(100, 32768));
        const device = '0000:01:00.0';
        const held = { maps: 300, inFlight: 1000, sizes: [131072], device, unmaps: false };
        writeFileSync(trace, traceOf(held));
        const found = await adviceOn(log, trace);
        expect(found).to.include({ mappings: 300, boots: 1 });
        expect(found.swiotlb_full[0]).to.include({ cause: 'leaked', first_place: `${log}:1` });
        writeFileSync(trace, traceOf({ ...held, unmaps: true }));
        expect((await adviceOn(log, trace)).swiotlb_full[0]?.cause).to.equal('full');
      });
    });
  });

  for (const [args, message] of [
    [['--serve', '0'], /--serve: expected percent above 0 and up to 100, .* got '0'/],
    [['--serve', '99,101'], /--serve: expected percent/],
    [['--memory', 'much'], /--memory: expected a size, e\.g\. 512k or 4M, got 'much'/],
    [['--memory', '0k'], /--memory: expected more than nothing, got '0k'/],
    [['--recorded-on', 'x'], /--recorded-on: expected one of/],
    [['--preset', 'x'], /--preset: /],
    [[NET], /is given twice/],
  ] as const)
    it(`refuses ${args.join(' ')} in one line`, async () => {
      const { status, out, err } = await cli('advise', NET, ...args);
      expect(status).to.equal(2);
      expect(out).to.equal('');
      expect(err)
        .to.match(message)
        .and.match(/^[^\n]*\n$/);
    });
});

describe('docs/advise.md @long', function () {
  this.timeout(400_000);
  const page = readFileSync(join(fixtures, '../docs/advise.md'), 'utf8');

  it('shows what the command prints', async function () {
    if (!LONG) this.skip();
    const example = /^```text\n((?:.|\n)*?)^```$/m.exec(page)?.[1] ?? '';
    const [, typed = ''] = /^npx iommu-bounce advise (.*)$/m.exec(page) ?? [];
    const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
    expect(example).not.to.equal('');
    const { out } = await cli('advise', join(fixtures, '..', typed));
    expect(words(out)).to.include(words(example));
  });
});
