// SPDX-License-Identifier: GPL-2.0-only
// Files of the CPUs of one recording: grouped, merged, and their losses counted once.

import { expect } from 'chai';
import { groupCpuFiles, readCpuFiles, readTrace, recordingCounters } from '../src';
import { TempFiles, mapLine } from './temp-files';

describe('files of the CPUs of one recording', () => {
  const temp = new TempFiles();
  let files: string[] = [];

  before(async () => {
    await temp.make();
    // Each header counts the events of both CPUs: 6 are left of 16.
    const header = '# tracer: nop\n# entries-in-buffer/entries-written: 6/16   #P:2\n';
    const lines = (cpu: number): string => [0, 2, 4].map((us) => mapLine(us + cpu, cpu)).join('');
    files = await Promise.all(
      [0, 1].map((cpu) => temp.write(`cpu${String(cpu)}`, header + lines(cpu))),
    );
  });
  after(() => temp.remove());

  it('are one group, and one capture in the order of time', async () => {
    expect(await groupCpuFiles(files)).to.deep.equal([files]);
    const times: number[] = [];
    for await (const { events } of readCpuFiles(files.map((file) => readTrace(file))))
      times.push(...events.flatMap((event) => ('timeNs' in event ? [event.timeNs ?? NaN] : [])));
    expect(times).to.deep.equal([0, 1000, 2000, 3000, 4000, 5000]);
  });

  it('count once what was overwritten, and each reader keeps its own counters', async () => {
    const readers = files.map((file) => readTrace(file));
    for await (const batch of readCpuFiles(readers)) expect(batch.events).to.not.deep.equal([]);
    expect(recordingCounters(readers).map(({ dropped }) => dropped)).to.deep.equal([10, 0]);
    expect(readers.map(({ counters }) => counters.dropped)).to.deep.equal([10, 10]);
  });

  it('count it once, too, for who stops early', async () => {
    const readers = files.map((file) => readTrace(file));
    for await (const { events } of readCpuFiles(readers)) if (events.length > 0) break;
    expect(recordingCounters(readers).map(({ dropped }) => dropped)).to.deep.equal([10, 0]);
  });

  it('are not looked for if there is one file: it is not read', async () => {
    expect(await groupCpuFiles(['there/is/none'])).to.deep.equal([['there/is/none']]);
  });
});
