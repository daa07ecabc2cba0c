// SPDX-License-Identifier: GPL-2.0-only
// The model of the pool decides as the ported pool does: on recorded traces, and on random ones.

import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { findFacts } from '@iommu-bounce/dma-trace';
import { random } from '@iommu-bounce/linux-shim/testing';
import { type PoolOutcome, type PoolSizes, PoolModel } from '@iommu-bounce/simulation';
import { AdviseLoad } from '../../src/compare/advise-load';
import { replaySession } from '../../src/compare/session';
import { RECORDINGS, fixtures, skipWithout, withFolder } from '../commands/run-cli';
import { TraceWriter } from '../replay/helpers';

const LONG = process.env['TEST_LONG'] === '1';
/** Of another kernel, and of one with the series, whose pool had other sizes. */
const FEW = /virtio\.nvme-mixed|bursts|swiotlb\.ftrace/;
/** Each recording with one of them, by turns; the few with all. */
const CHOICES: readonly PoolSizes[] = [
  { classSizes: 37, numSlots: 1024 },
  { classSizes: 1, numSlots: 2 },
  { classSizes: 7, numSlots: 16 },
  { classSizes: 255, numSlots: 4 },
];

const base = {
  ...{ config: null, mostDifferences: 0, compares: false },
  progress: () => undefined,
} as const;

async function loadOf(file: string): Promise<AdviseLoad> {
  let load: AdviseLoad | null = null;
  const files = [{ file, ...(await findFacts(file)) }];
  await replaySession(files, { ...base, patches: [0], params: null }, (lane, _, clock) => {
    load = new AdviseLoad(lane, clock);
    lane.observers.push(load);
  });
  const made = load as AdviseLoad | null;
  if (!made) throw new Error('no machine was made');
  made.finish();
  return made;
}

type Decisions = Pick<
  PoolOutcome,
  'hits' | 'fills' | 'tooBig' | 'full' | 'fillFailed' | 'evictions' | 'peakBytes'
>;

/** What the port decides; null where its replay follows what a recorded pool did. */
async function portOf(
  file: string,
  { classSizes, numSlots }: PoolSizes,
): Promise<Decisions | null> {
  const session = await replaySession([{ file, ...(await findFacts(file)) }], {
    ...base,
    patches: [4],
    params: `io_buffer_pool.class_sizes=${String(classSizes)} io_buffer_pool.num_slots=${String(numSlots)}`,
  });
  if (session.survey.hasDecisions && session.whatIf === null) return null;
  const counts = session.lanes[0]?.lane.figures.total();
  if (!counts) throw new Error('nothing was replayed');
  return {
    hits: counts.pool_hits,
    fills: counts.pool_fills,
    tooBig: counts.fallbacks_by_reason.too_big,
    full: counts.fallbacks_by_reason.full,
    fillFailed: counts.fallbacks_by_reason.fill_failed,
    evictions: counts.evictions,
    peakBytes: counts.peak_bounce_bytes,
  };
}

/** Of the choices, how many were compared, no more than `most`. */
async function compare(file: string, choices = CHOICES, most = Infinity): Promise<number> {
  const load = await loadOf(file);
  const model = new PoolModel(load.pool, load.firstJiffies);
  let compared = 0;
  for (const sizes of choices) {
    if (compared === most) break;
    const port = await portOf(file, sizes);
    if (!port) continue;
    compared++;
    const { hits, fills, tooBig, full, fillFailed, evictions, peakBytes } = model.run(sizes);
    const own = { hits, fills, tooBig, full, fillFailed, evictions, peakBytes };
    expect(own, `${basename(file)} ${JSON.stringify(sizes)}`).to.deep.equal(port);
  }
  return compared;
}

function tracesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.txt(\.gz)?$/.test(name) && !/^formats-|bpftrace|trace_pipe/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

describe('PoolModel', function () {
  this.timeout(LONG ? 1_200_000 : 120_000);

  for (const folder of ['traces', 'traces/series', 'traces/formats'])
    it(`decides as the port does: ${folder} @long`, async function () {
      if (!LONG) this.skip();
      skipWithout(folder, this);
      let compared = 0;
      for (const [i, file] of tracesIn(join(RECORDINGS, folder)).entries()) {
        const isWhole = FEW.test(basename(file));
        const first = i % CHOICES.length;
        compared += isWhole
          ? await compare(file)
          : await compare(file, [...CHOICES.slice(first), ...CHOICES.slice(0, first)], 1);
      }
      expect(compared).to.be.above(0);
    });

  it('decides as the port does on the traces of this repository @long-only', async () => {
    const folder = join(fixtures, 'traces');
    const files = readdirSync(folder).filter((name) => /net-rx.*\.trace\.txt\.gz$/.test(name));
    expect(files).not.to.deep.equal([]);
    for (const file of files) expect(await compare(join(folder, file))).to.equal(CHOICES.length);
  });

  for (const seed of LONG ? Array.from({ length: 5 }, (_, i) => i + 1) : [1])
    it(`decides as the port does on a random load, seed ${String(seed)} @long`, () =>
      withFolder(async (folder) => {
        const file = join(folder, 'x.trace.txt');
        writeFileSync(file, randomTrace(seed));
        expect(await compare(file)).to.equal(CHOICES.length);
      }));
});

interface Live {
  readonly dma: number;
  readonly size: number;
  readonly device: string;
  readonly dir: string;
}

const DEVICES = ['0000:00:05.0', '0000:00:06.0'] as const;
const DIRECTIONS = ['FROM_DEVICE', 'TO_DEVICE', 'BIDIRECTIONAL'] as const;

/** Pages and lists of all sizes and directions, and pauses in which the eviction worker runs. */
function randomTrace(seed: number): string {
  const source = random(seed);
  const below = (n: number): number => source.below(n);
  const writer = new TraceWriter();
  const live: Live[] = [];
  const lists: { readonly dma: number; readonly entries: (readonly [number, number])[] }[] = [];
  let dma = 0xf000_0000;
  let phys = 0x1_0000_0000;
  for (let i = 0; i < 600; i++) {
    const what = below(10);
    if (what < 4) {
      const size = 1 + below(2 ** (1 + below(20)));
      const offset = below(2) * below(4096);
      dma -= 2 ** 21;
      phys += 2 ** 21;
      const device = source.pick(DEVICES);
      const dir = source.pick(DIRECTIONS);
      writer.mapPage(dma + offset, phys + offset, size, device, dir);
      live.push({ dma: dma + offset, size, device, dir });
    } else if (what < 5) {
      dma -= 2 ** 21;
      phys += 2 ** 21;
      const entries = Array.from(
        { length: 1 + below(6) },
        (_, n) => [phys + n * 8192, 4096] as const,
      );
      writer.mapSg(dma, entries);
      lists.push({ dma, entries });
    } else if (what < 8 && live.length > 0) {
      const [one] = live.splice(below(live.length), 1);
      if (one) writer.unmapPage(one.dma, one.size, one.device, one.dir);
    } else if (what < 9 && lists.length > 0) {
      const [one] = lists.splice(below(lists.length), 1);
      if (one) writer.unmapSg(one.dma, one.entries);
    } else if (below(12) === 0) writer.wait(below(12_000));
  }
  return writer.text;
}
