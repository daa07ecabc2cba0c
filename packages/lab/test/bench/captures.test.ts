// SPDX-License-Identifier: GPL-2.0-only
// The captures of the benchmark: understood in each layout, and the same calls in all.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Assembler, readTrace } from '@iommu-bounce/dma-trace';
import { CAPTURE_LAYOUTS, type CaptureLayout, captureText } from '../../src/bench/captures';
import { formatRates } from '../../src/bench/format-rate';
import { withFolder } from '../commands/run-cli';

const EVENTS = 400;

describe('the captures of the benchmark', () => {
  const told = (layout: CaptureLayout): Promise<object> =>
    withFolder(async (folder) => {
      const file = join(folder, 'x.trace.txt');
      writeFileSync(file, [...captureText(layout, EVENTS)].join(''));
      const reader = readTrace(file);
      const assembler = new Assembler(null);
      assembler.beginFile(file);
      let bytes = 0;
      const take = (steps: ReturnType<Assembler['add']>): void => {
        for (const step of steps) if (step.kind === 'map') bytes += step.mapping?.size ?? 0;
      };
      for await (const events of reader.batches()) take(assembler.add(events));
      take(assembler.finish());
      const { counters } = reader;
      expect(counters.unparsed, layout).to.equal(0);
      expect(counters.backwards, layout).to.equal(0);
      expect(counters.events).to.be.within(EVENTS, EVENTS + 200);
      const { mapCalls, unmapCalls, unpairedUnmaps, stillMapped, iommuMaps, matchedMaps } =
        assembler.counts;
      expect([unmapCalls, iommuMaps, matchedMaps], layout).to.deep.equal(Array(3).fill(mapCalls));
      expect([unpairedUnmaps, stillMapped], layout).to.deep.equal([0, 0]);
      return { mapCalls, bytes };
    });

  it('are understood, and have the same calls in each layout', async () => {
    const ftrace = await told('ftrace');
    for (const layout of CAPTURE_LAYOUTS)
      if (layout !== 'fprobe') expect(await told(layout), layout).to.deep.equal(ftrace);
    // A request has five lines there, not four.
    await told('fprobe');
  });

  it('are the same for the same seed only', () => {
    const text = (seed: number): string => [...captureText('perf', EVENTS, seed)].join('');
    expect(text(1)).to.equal(text(1));
    expect(text(1)).to.not.equal(text(2));
  });
});

describe('formatRates', function () {
  this.timeout(60_000);

  it('parses against lines, and replays against parsing, in each layout @long-only', async () => {
    const rates = await formatRates(EVENTS, 1);
    for (const { layout, step, events, events_per_s, ratio, to } of rates) {
      expect(events).to.equal(EVENTS);
      expect(Number.isFinite(events_per_s), `${layout} ${step}`).to.equal(true);
      expect(Number.isFinite(ratio), `${layout} ${step}`).to.equal(to !== null);
    }
    const compared = (other: string): CaptureLayout[] =>
      rates.filter(({ to }) => to === other).map(({ layout }) => layout);
    expect(new Set(compared('lines'))).to.deep.equal(new Set(CAPTURE_LAYOUTS));
    expect(new Set(compared('parse'))).to.deep.equal(new Set(CAPTURE_LAYOUTS));
  });
});
