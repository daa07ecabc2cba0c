// SPDX-License-Identifier: GPL-2.0-only
// Lines that one file has twice: two readings in one file, a capture with a part of itself.

import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { TraceError, type TraceCounters, readTrace } from '../src';
import { TempFiles, failure, mapLine } from './temp-files';

const HEAD = '# tracer: nop\n#\n';
/** Lines of microseconds. */
const lines = (from: number, to: number, cpu = 0): string =>
  Array.from({ length: to - from }, (_, i) => mapLine(from + i, cpu)).join('');
const log = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) => `[    1.${String(from + i).padStart(6, '0')}] a\n`,
  ).join('');
const dated = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) => `Nov 29 11:05:${String(from + i)} box kernel: a\n`,
  ).join('');

describe('lines that one file has twice', () => {
  const temp = new TempFiles();
  before(() => temp.make());
  after(() => temp.remove());

  let files = 0;
  async function read(content: string | Buffer): Promise<TraceCounters> {
    const reader = readTrace(await temp.write(`file${String(files++)}`, content));
    let events = 0;
    for await (const batch of reader.batches()) events += batch.length;
    expect(events).to.equal(reader.counters.events + reader.counters.logLines);
    return reader.counters;
  }
  async function refusal(content: string | Buffer): Promise<string> {
    const error = await failure(read(content));
    expect(error).to.be.instanceOf(TraceError);
    return (error as TraceError).message.replace(/^.*?file\d+:/, '');
  }
  const CUT = 'expected each line once: cut them off';

  it('are named and refused where it is all of it', async () => {
    const all = HEAD + lines(0, 50);
    const told = `55: lines 55 to 104 repeat lines 3 to 52; ${CUT}`;
    expect(await refusal(all + all)).to.equal(told);
    expect(await refusal(gzipSync(all + all))).to.equal(told);
    expect(await refusal(all + all + all)).to.equal(told);
  });

  it('are refused where a second reading goes on, or begins within the first', async () => {
    expect(await refusal(lines(0, 50) + HEAD + lines(0, 90))).to.equal(
      `53: lines 53 to 102 repeat lines 1 to 50; ${CUT}`,
    );
    expect(await refusal(lines(0, 50) + HEAD + lines(40, 90))).to.equal(
      `53: lines 53 to 62 repeat lines 41 to 50; ${CUT}`,
    );
    expect(await refusal(lines(0, 50) + lines(40, 50))).to.equal(
      `51: lines 51 to 60 repeat lines 41 to 50; ${CUT}`,
    );
    expect(await refusal(lines(0, 50) + lines(20, 30) + lines(60, 70))).to.equal(
      `51: lines 51 to 60 repeat lines 21 to 30; ${CUT}`,
    );
  });

  it('are refused where the file of a CPU is behind that of all', async () => {
    const pairs = Array.from({ length: 30 }, (_, i) => mapLine(i, 0) + mapLine(i, 1)).join('');
    expect(await refusal(pairs + lines(0, 30, 1))).to.equal(
      `61: 30 lines, from 61 to 90, are also among lines 2 to 60; ${CUT}`,
    );
  });

  it('are refused in a kernel log, with uptimes or dates', async () => {
    expect(await refusal(log(0, 9) + log(0, 9))).to.equal(
      `10: lines 10 to 18 repeat lines 1 to 9; ${CUT}`,
    );
    expect(await refusal(dated(10, 19) + dated(10, 25))).to.equal(
      `10: lines 10 to 18 repeat lines 1 to 9; ${CUT}`,
    );
  });

  it('are found among many other steps of the clock', async () => {
    const steps = Array.from({ length: 400 }, (_, i) => mapLine(10 + i * 2) + mapLine(5 + i * 2));
    const all = steps.join('') + lines(900, 950);
    expect(await refusal(all + all)).to.match(/ repeat lines 1 to 850; /);
  });

  it('are counted where it is a single call of a translated device', async () => {
    const unmap = mapLine(60).replace(
      /: map: .*/,
      ': dma_unmap_page: nvme dir=TO_DEVICE dma_addr=fff00000 size=512 attrs=',
    );
    expect(await read(lines(0, 50) + unmap.repeat(2))).to.include({ events: 52, repeated: 1 });
    expect(await read(lines(0, 50) + mapLine(60).repeat(2))).to.include({ repeated: 1 });
    // All count, and the first three are named; what is there three times is something else.
    const twice = [61, 62, 63, 64].map((i) => mapLine(i).repeat(2)).join('');
    const all = lines(0, 50) + mapLine(60).repeat(3) + twice + mapLine(65).repeat(3);
    expect(await read(all)).to.deep.include({ repeated: 4, repeatedLines: [55, 57, 59] });
    // Without a translation the same memory may be mapped, and unmapped, twice within a microsecond.
    expect(await read(HEAD + unmap.repeat(2))).to.include({ events: 2, repeated: 0 });
  });

  it('are refused where a file and its copy were sorted', async () => {
    const twins = Array.from({ length: 20 }, (_, i) => mapLine(i).repeat(2)).join('');
    expect(await refusal(HEAD + twins)).to.equal(
      '4: the line is the one above it, and so are half of the lines of the file; expected each line once: `sort -u` in place of `sort`',
    );
    // The same at the same microsecond, a few times.
    expect(await read(lines(0, 50) + mapLine(60).repeat(9))).to.include({
      events: 59,
      repeated: 0,
    });
  });

  it('are counted where they are few', async () => {
    const counters = await read(lines(0, 50) + lines(20, 23) + lines(60, 70) + lines(30, 31));
    expect(counters).to.deep.include({ repeated: 4, repeatedLines: [51, 64], backwards: 2 });
  });

  it('are no others: a clock that steps back, the logs of two boots, the same fault again', async () => {
    expect(await read(lines(0, 50) + lines(20, 60, 1))).to.include({ repeated: 0 });
    expect(await read(lines(10, 50) + lines(0, 9))).to.include({ repeated: 0, backwards: 1 });
    const boot = '[    0.000000] a\n'.repeat(30);
    expect(await read(`${boot}[    0.000004] b\n${boot}[    0.000005] b\n`)).to.include({
      repeated: 0,
    });
    const faults = ['a', 'b', 'c', 'd', 'e'].map((text) => `Nov 29 11:05:06 box kernel: ${text}\n`);
    expect(await read(faults.join('').repeat(4))).to.include({ repeated: 0, logLines: 20 });
    expect(
      await read('DMAR: [DMA Write] Request device [01:00.0] fault addr 1000\n'.repeat(9)),
    ).to.include({ repeated: 0, logLines: 9 });
  });
});
