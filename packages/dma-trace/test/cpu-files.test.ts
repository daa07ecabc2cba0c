// SPDX-License-Identifier: GPL-2.0-only
// Files of the CPUs of one recording: grouped, merged, and their losses counted once.

import { expect } from 'chai';
import { findRecordings, readCpuFiles, readTrace, recordingCounters } from '../src';
import { TempFiles, mapLine } from './temp-files';

/** Files by recording. */
const grouped = async (files: readonly string[]): Promise<(readonly string[])[]> =>
  (await findRecordings(files)).map((one) => one.files);

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
    expect(await grouped(files)).to.deep.equal([files]);
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

  for (const other of ['7/16', '6/17'])
    it(`are not those of another recording, which counts ${other} events`, async () => {
      const header = `# tracer: nop\n# entries-in-buffer/entries-written: ${other}   #P:2\n`;
      const stranger = await temp.write('stranger', header + mapLine(1, 1) + mapLine(3, 1));
      const [first = ''] = files;
      expect(await grouped([first, stranger])).to.deep.equal([[first], [stranger]]);
    });

  /** Files without a header, of the CPUs and the microseconds given. */
  const bare = async (
    all: readonly (readonly [cpu: number, times: number[]])[],
  ): Promise<string[]> =>
    Promise.all(
      all.map(([cpu, times], i) =>
        temp.write(`bare${String(i)}`, times.map((us) => mapLine(us, cpu)).join('')),
      ),
    );

  it('are told by their lines if they have no header, and this is said', async () => {
    const pipes = await bare([
      [0, [0, 20]],
      [1, [10, 30]],
    ]);
    expect(await findRecordings(pipes)).to.deep.equal([{ files: pipes, byContent: true }]);
    expect(await findRecordings(files)).to.deep.equal([{ files, byContent: false }]);
    const [pipe = ''] = pipes;
    const header = '# tracer: nop\n# entries-in-buffer/entries-written: 6/16   #P:2\n';
    const withHeader = await temp.write('header', header + mapLine(5, 1));
    expect(await findRecordings([withHeader, pipe])).to.deep.equal([
      { files: [withHeader, pipe], byContent: true },
    ]);
  });

  it('are told by their lines, too, if each header counts its own file alone', async () => {
    const own = (name: string, cpu: number): Promise<string> =>
      temp.write(name, `# entries-in-buffer/entries-written: 1/1   #P:2\n${mapLine(5, cpu)}`);
    const both = [await own('own0', 0), await own('own1', 1)];
    expect(await findRecordings(both)).to.deep.equal([{ files: both, byContent: true }]);
    const [whole = ''] = files;
    expect(await grouped([whole, both[1] ?? ''])).to.have.lengthOf(2);
  });

  it('are joined by one that is there all the time, whatever their order', async () => {
    const all = await bare([
      [1, [0, 10]],
      [2, [20, 30]],
      [3, [50, 60]],
      [0, [5, 25]],
    ]);
    const [a = '', b = '', c = '', d = ''] = all;
    expect(await grouped(all)).to.deep.equal([[a, b, d], [c]]);
    expect(await grouped([d, c, b, a])).to.deep.equal([[d, b, a], [c]]);
  });

  it('are not of one recording if two have lines of one CPU, or one has lines of two', async () => {
    const all = await bare([
      [0, [0, 20]],
      [0, [10, 30]],
    ]);
    expect(await grouped(all)).to.deep.equal(all.map((file) => [file]));
    const both = await temp.write('both', mapLine(0, 0) + mapLine(5, 1));
    expect(await grouped([both, ...all.slice(1)])).to.have.lengthOf(2);
    const [, later = ''] = all;
    const before = await temp.write('before', mapLine(0, 1) + mapLine(5, 1));
    expect(await grouped([before, later])).to.deep.equal([[before], [later]]);
  });

  it('are not of one recording if other tools printed them', async () => {
    const [pipe = ''] = await bare([[0, [0, 20]]]);
    const perf = await temp.write(
      'perf',
      'fio 1 [001] 0.000010: iommu:map: IOMMU: iova=0x1000 paddr=0x2000 size=4096\n',
    );
    expect(await grouped([pipe, perf])).to.deep.equal([[pipe], [perf]]);
  });

  it('are not looked for if there is one file: it is not read', async () => {
    expect(await grouped(['there/is/none'])).to.deep.equal([['there/is/none']]);
  });
});
