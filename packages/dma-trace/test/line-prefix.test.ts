// SPDX-License-Identifier: GPL-2.0-only
// Captures out of mails, greps and journals: what stands in front of a line is no part of it.
import { expect } from 'chai';
import {
  LineAnonymiser,
  LineParser,
  RenamingSurvey,
  type TraceCounters,
  drawFrom,
  parseLine,
  readTrace,
} from '../src';
import { TempFiles, failure } from './temp-files';

const EVENT =
  '[000] .....    10.000005: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x10000000 size=4096';
const PADDED = `             fio-266     ${EVENT}`;
const LINES = ['# tracer: nop', '#           TASK-PID', PADDED, PADDED.trim()];
const PERF =
  '             fio   266 [000]    10.000005: iommu:map: IOMMU: iova=0x1000 - 0x2000 paddr=0x10000000 size=4096';
const FULL =
  'nvme 0000:01:00.0: swiotlb buffer is full (sz: 8192 bytes), total 512 (slots), used 7 (slots)';
const LOG = `[   12.345678] ${FULL}`;

const PREFIXES: [string, string][] = [
  ['a reply', '> '],
  ['a reply to a reply', '> > '],
  ['a reply to a reply, the other way', '>> '],
  ['a list', '- '],
  ['a diff', '+'],
  ['cat -n', '    17\t'],
  ['grep -n', '17:'],
  ['grep -H', 'trace.txt:'],
  ['grep -H -n', '/tmp/my.trace:17:'],
  ['docker logs -t', '2026-11-30T07:21:16.123456789Z '],
  ['the log of a container', '2026-11-30T07:21:16.123456789+01:00 stdout F '],
  ['docker compose logs', 'worker-1  | '],
  ['kubectl logs --prefix', '[pod/nvme-x7k2p/fio] '],
  ['a reply to a grep', '> trace.txt:17:'],
];
const OF_TRACES: [string, string][] = [
  ['journalctl', 'Nov 30 07:21:16 box fio-trace[123]: '],
  ['journalctl -o short-iso', '2026-11-30T07:21:16+0000 box fio-trace[123]: '],
  ['ts', 'Nov 30 07:21:16 '],
  ['dmesg', '[   12.345678] '],
  ['dmesg -T', '[Mon Nov 30 07:21:16 2026] '],
];

async function readAll(file: string): Promise<TraceCounters> {
  const reader = readTrace(file);
  let events = 0;
  for await (const batch of reader.batches()) events += batch.length;
  expect(events).to.equal(reader.counters.events);
  return reader.counters;
}

describe('a prefix', () => {
  it('of an oops that dumps the buffer is none either', () => {
    const line = `     fio-266     0..... 10000005us : ${EVENT.slice(EVENT.indexOf('map:'))}`;
    for (const prefix of ['[   40.000002] ', '<4>[   40.000002][  T266] ', '> [   40.000002] '])
      expect(parseLine(prefix + line, 1), prefix).to.deep.equal(parseLine(line, 1));
    expect(parseLine(line, 1)).to.include({ kind: 'iommuMap', timeNs: 10_000_005_000, pid: 266 });
  });

  for (const [name, prefix] of [...PREFIXES, ...OF_TRACES])
    it(`of ${name} is no part of a line of a trace`, () => {
      for (const line of [...LINES, PERF])
        expect(parseLine(prefix + line, 3), line).to.deep.equal(parseLine(line, 3));
    });

  for (const [name, prefix] of PREFIXES)
    it(`of ${name} is no part of a line of the kernel log`, () => {
      for (const line of [LOG, FULL, `Nov 29 11:05:06 box kernel: ${FULL}`])
        expect(parseLine(prefix + line, 3), line).to.deep.equal(parseLine(line, 3));
    });

  it('of tags that journals keep is none of a line of the kernel log', () => {
    expect(parseLine(`kernel: ${LOG}`, 3)).to.deep.equal(parseLine(LOG, 3));
  });

  it('that is not known leaves a line that is not understood', () => {
    for (const prefix of ['trace.txt-17-', 'line 17, as I said: ', '#17 in the file: ', '| '])
      expect(parseLine(prefix + PADDED, 3), prefix).to.be.oneOf(['unparsed', null]);
  });

  it('is not what a name of a task only looks like', () => {
    for (const comm of ['kworker/0:1', 'irq/26-0000:01:', 'a:b c', '-bash'])
      for (const line of [` ${comm}-77 ${EVENT}`, `${comm}-77 ${EVENT}`])
        expect(parseLine(line, 3), line).to.include({ kind: 'iommuMap', comm, pid: 77 });
  });

  it('leaves text alone that is no line of a capture', () => {
    for (const text of ['> Hi all,', '- one', '17: a line', 'a.txt: b', '> foo: bar: baz'])
      expect(parseLine(text, 3), text).to.equal('unparsed');
  });

  describe('of a file', () => {
    const temp = new TempFiles();
    beforeEach(() => temp.make());
    afterEach(() => temp.remove());

    for (const prefix of ['> ', '12:', 'Nov 30 07:21:16 box cat[7]: '])
      it(`leaves its header and its tasks: '${prefix}'`, async () => {
        const header = '# tracer: nop\n#\n# entries-in-buffer/entries-written: 3/10   #P:2\n#\n';
        const text = `${header}${`${PADDED}\n`.repeat(3)}`;
        const file = await temp.write('a', text.replace(/^/gm, prefix).slice(0, -prefix.length));
        const reader = readTrace(file);
        for await (const event of reader) expect(event).to.include({ comm: 'fio', pid: 266 });
        expect(reader.header).to.deep.equal({ tracer: 'nop', cpus: 2, entries: 3 });
        expect(reader.counters).to.include({ events: 3, unparsed: 0, dropped: 7 });
      });
  });

  describe('of grep -n', () => {
    const temp = new TempFiles();
    beforeEach(() => temp.make());
    afterEach(() => temp.remove());

    const commsOf = async (lines: readonly string[]): Promise<string[]> => {
      const comms: string[] = [];
      for await (const event of readTrace(await temp.write('a', `${lines.join('\n')}\n`)))
        comms.push('comm' in event ? event.comm : event.kind);
      return comms;
    };
    const TASKS = ['12-77', '12:30-78', '12:30-78', '7:x-79', 'fio-80'];
    const EVENTS = TASKS.map((task) => `${task} ${EVENT}`);
    const COMMS = ['12', '12:30', '12:30', '7:x', 'fio'];

    it('is told from names of tasks by all lines', async () => {
      expect(await commsOf(EVENTS)).to.deep.equal(COMMS);
      expect(await commsOf(EVENTS.slice(1, 3))).to.deep.equal(['12:30', '12:30']);
      for (const front of ['', '> ', 'my.trace:'])
        expect(
          await commsOf(EVENTS.map((text, i) => `${front}${String(i + 9)}:${text}`)),
        ).to.deep.equal(COMMS);
    });

    it('is told where mail or a header is in front', async () => {
      const mail = ['Hi,', '', 'the trace:', '# tracer: nop'];
      expect(await commsOf([...mail, ...EVENTS])).to.deep.equal(COMMS);
    });

    it('is a number still where it can be no part of a name', async () => {
      const lines = [PADDED, PADDED, PADDED].map((text) => `12:${text}`);
      expect(await commsOf(lines)).to.deep.equal(['fio', 'fio', 'fio']);
    });
  });

  describe('of trace-cmd report with guests', () => {
    const temp = new TempFiles();
    beforeEach(() => temp.make());
    afterEach(() => temp.remove());

    const lines = (names: readonly string[], cpus: readonly string[]): string =>
      names
        .map((name, i) => `${name}: ${PADDED.replace('[000]', `[${cpus[i] ?? '000'}]`)}\n`)
        .join('')
        .repeat(3);

    it('is refused where two machines have the same CPUs', async () => {
      for (const names of [
        ['host', 'vm1'],
        ['   host', 'guest-1'],
      ])
        expect(
          String(await failure(readAll(await temp.write('a', lines(names, ['000', '000']))))),
        ).to.match(
          /a: has lines of several machines or files, 'host' and '(?:vm1|guest-1)', with the same CPUs; expected one recording/,
        );
    });

    it('is no part of a task where they have others', async () => {
      const file = await temp.write('a', lines(['a.cpu0', 'a.cpu1'], ['000', '001']));
      expect(await readAll(file)).to.include({ events: 6, unparsed: 0 });
    });
  });

  it('is left out by LineAnonymiser, with the host that it names', () => {
    const event = `Nov 30 07:21:16 secret-host cat[7]: ${PADDED}`;
    const message = `              job-7 [000] ..... 12.345678: console: [   12.345678][  T4711] ${FULL}`;
    const survey = new RenamingSurvey();
    for (const text of [event, message]) {
      const read = parseLine(text, 1);
      if (read !== null && read !== 'unparsed') survey.event(read);
    }
    const by = new LineAnonymiser(survey.finish(drawFrom('seed')));
    const line = by.line(event);
    expect(line).to.not.match(/secret|Nov|fio/);
    expect(new LineParser().parse(line, 1)).to.include({ kind: 'iommuMap', size: 4096 });
    const log = by.line(message);
    expect(log).to.not.match(/4711|nvme/);
    expect(by.figures.failed).to.equal(0);
  });
});
