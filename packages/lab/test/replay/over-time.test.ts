// SPDX-License-Identifier: GPL-2.0-only
// What a replay keeps of the time: requests, what is mapped, bounce memory, sizes and lifetimes; and how a page shows it.

import { expect } from 'chai';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { type OverTimeFigures, replayTraces } from '../../src/compare';
import { overTimeParts } from '../../src/reports/over-time';
import { report } from '../../src/reports';
import { withFolder } from '../commands/run-cli';
import { TraceWriter } from './helpers';

const DEVICE = '0000:00:05.0';
const total = (values: readonly number[]): number => values.reduce((sum, n) => sum + n, 0);

async function figuresOf(text: string): Promise<OverTimeFigures> {
  return withFolder(async (folder) => {
    const file = join(folder, 'x.trace.txt');
    writeFileSync(file, text);
    const boots: OverTimeFigures[] = [];
    await replayTraces([file], {
      ...{ patches: [0, 4], config: null, params: null, mostDifferences: 10 },
      progress: () => undefined,
      overTime: (boot) => boots.push(boot),
    });
    expect(boots.length).to.equal(1);
    return boots[0] as OverTimeFigures;
  });
}

/** Two buffers, the second mapped while the first is; then nothing for so long that the pool gives its memory back. */
const TWO = new TraceWriter()
  .mapPage(0xfff00000, 0x10000000, 4096)
  .mapPage(0xffe00000, 0x20000000, 2000, DEVICE, 'TO_DEVICE')
  .unmapPage(0xfff00000, 4096)
  .wait(2)
  .unmapPage(0xffe00000, 2000, DEVICE, 'TO_DEVICE')
  .wait(15_000)
  .mapPage(0xffe00000, 0x20000000, 4096).text;

describe('a replay over time', () => {
  it('counts recorded requests and those of each kernel, each in its bin', async () => {
    const { recorded, states, width_ns: width } = await figuresOf(TWO);
    expect(total(recorded)).to.equal(5);
    const [before, series] = states;
    expect([before?.patches, series?.patches]).to.deep.equal([0, 4]);
    expect(total(before?.requests ?? [])).to.equal(5);
    // Two buffers are filled, and given back; the third mapping fills again.
    expect(total(series?.requests ?? [])).to.equal(5);
    expect(recorded.length * width).to.be.within(15e9, 31e9);
    expect(before?.requests).to.deep.equal(recorded);
  });

  it('has what is mapped, and what bounces: the pool gives it back between 5 and 11 s later', async () => {
    const { mappings, bytes, devices, states, width_ns: width } = await figuresOf(TWO);
    expect([Math.max(...mappings.most), Math.max(...bytes.most)]).to.deep.equal([2, 6096]);
    expect([mappings.last.at(-1), bytes.last.at(-1)]).to.deep.equal([1, 4096]);
    expect(mappings.most[Math.floor(mappings.most.length / 2)]).to.equal(0);
    const [before, series] = states.map(({ bounce }) => bounce.most);
    expect(Math.max(...(before ?? []))).to.equal(0);
    expect(Math.max(...(series ?? []))).to.equal(8192);
    const gone = (series ?? []).indexOf(0) * width;
    expect(gone).to.be.within(5e9, 11e9);
    expect(devices.map(({ device }) => device)).to.deep.equal([DEVICE]);
    expect(devices[0]?.states[1]?.bounce.most).to.deep.equal(series);
  });

  it('has sizes and lifetimes by direction', async () => {
    const { devices } = await figuresOf(TWO);
    const [one] = devices;
    expect(one?.maps).to.equal(3);
    expect(one?.sizes).to.deep.equal([
      { direction: 'TO_DEVICE', limits: [2048], counts: [1], median: 2048 },
      { direction: 'FROM_DEVICE', limits: [4096], counts: [2], median: 4096 },
    ]);
    expect(one?.lifetimes).to.deep.equal([
      { direction: 'TO_DEVICE', limits: [2_048_000], counts: [1], median: 2_048_000 },
      { direction: 'FROM_DEVICE', limits: [32_000], counts: [1], median: 32_000 },
    ]);
  });

  it('knows no lifetime of a mapping whose unmap is not in the capture', async () => {
    const again = new TraceWriter()
      .mapPage(0xfff00000, 0x10000000)
      .mapPage(0xfff00000, 0x20000000)
      .unmapPage(0xfff00000).text;
    const { devices, mappings } = await figuresOf(again);
    expect(devices[0]?.lifetimes.map(({ counts }) => counts)).to.deep.equal([[1]]);
    expect(Math.max(...mappings.most)).to.equal(1);
  });

  it('keeps 32 devices apart, and puts the others together', async () => {
    const writer = new TraceWriter();
    for (let i = 0; i < 40; i++)
      writer.mapPage(0xfff00000 - i * 0x10000, 0x10000000 + i * 0x10000, 4096, `dev${String(i)}`);
    const { devices } = await figuresOf(writer.text);
    expect([devices.length, devices.at(-1)?.device, devices.at(-1)?.maps]).to.deep.equal([
      33,
      null,
      8,
    ]);
  });

  it('is on the page as plots with tables, names escaped; not without plots', async () => {
    const hostile = '</script><script>alert(1)</script>';
    const writer = new TraceWriter();
    writer
      .mapPage(0xfff00000, 0x10000000, 4096, `"${hostile}'&`)
      .unmapPage(0xfff00000, 4096, `"${hostile}'&`);
    const figures = await figuresOf(writer.text);
    const { sections, views } = overTimeParts([figures], 't', 3);
    expect(sections.map(({ id }) => id)).to.deep.equal(['over-time', 'over-time-devices']);
    const text = sections.map(({ body }) => body.text).join('');
    expect(text).to.include('steps back 3 times').and.not.to.include('<script');
    for (const { id } of views.filter(({ series }) =>
      series.some((one) => one.values.some(Boolean)),
    ))
      expect(text).to.include(`id="${id}"`);
    expect(overTimeParts([], 't')).to.deep.equal({ sections: [], views: [] });
    expect(report([], 'x')).not.to.include('uPlot');
  });
});
