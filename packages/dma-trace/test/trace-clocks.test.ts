// SPDX-License-Identifier: GPL-2.0-only
// Trace clocks and trace_options that give other times than seconds.
import { expect } from 'chai';
import {
  LineAnonymiser,
  LineParser,
  RenamingSurvey,
  TraceError,
  type TraceEvent,
  type TraceReader,
  drawFrom,
  parseLine,
  readTrace,
} from '../src';
import { TempFiles, failure } from './temp-files';

const MAP =
  'dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=1000 size=512 phys_addr=9000000 attrs=';
const LATENCY_HEADER = [
  '# tracer: nop',
  '#',
  '# nop latency trace v1.1.5 on 6.12.95',
  '# --------------------------------------------------------------------',
  '# latency: 0 us, #3/10, CPU#1 | (M:preempt VP:0, KP:0, SP:0 HP:0 #P:4)',
  '#    -----------------',
  '#    | task: -0 (uid:0 nice:0 policy:0 rt_prio:0)',
  '#    -----------------',
  '#',
  '#                    _------=> CPU#            ',
  '#                   / _-----=> irqs-off/BH-disabled',
  '#                  | / _----=> need-resched    ',
  '#                  || / _---=> hardirq/softirq ',
  '#                  ||| / _--=> preempt-depth   ',
  '#                  |||| / _-=> migrate-disable ',
  '#                  ||||| /     delay           ',
  '#  cmd     pid     |||||| time  |   caller     ',
  '#     \\   /        ||||||  \\    |    /       ',
];

describe('times', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  async function read(
    lines: readonly string[],
  ): Promise<{ reader: TraceReader; events: TraceEvent[] }> {
    const reader = readTrace(await temp.write('a', `${lines.join('\n')}\n`));
    const events: TraceEvent[] = [];
    for await (const event of reader) events.push(event);
    return { reader, events };
  }

  it('of latency-format are microseconds', async () => {
    const { reader, events } = await read([
      ...LATENCY_HEADER,
      `  <idle>-0         0dNh3.    7us : ${MAP}`,
      `kworker/-1234567   3.....  123us+: ${MAP}`,
      `     fio-77      112d..2. 4567us!: ${MAP}`,
    ]);
    expect(reader.counters).to.include({ events: 3, unparsed: 0, dropped: 7 });
    expect(reader.header).to.deep.equal({ tracer: 'nop', cpus: 4, entries: 3 });
    expect(reader.format).to.equal('ftrace');
    expect(events[0]).to.include({ comm: '<idle>', pid: 0, cpu: 0, flags: 'dNh3.', timeNs: 7e3 });
    expect(events[1]).to.include({ comm: 'kworker/', pid: 1234567, cpu: 3, timeNs: 123e3 });
    expect(events[2]).to.include({ cpu: 112, flags: 'd..2.', timeNs: 4567e3, kind: 'mapPage' });
  });

  it('of mono_raw, boot and tai are seconds', () => {
    for (const time of ['  12345.678901', '1764414306.123456'])
      expect(parseLine(` fio-7 [000] ..... ${time}: ${MAP}`, 1)).to.include({ kind: 'mapPage' });
  });

  const lines = (times: readonly (number | string)[]): string[] =>
    times.map((time) => `     fio-7       [000] .....   ${String(time).padStart(12)}: ${MAP}`);
  const few = Array.from({ length: 20 }, (_, i) => i);

  it('of uptime are hundredths of a second', async () => {
    const { reader, events } = await read([
      '# tracer: nop',
      ...lines(few.map((i) => 4711 + (i >> 2))),
    ]);
    expect(reader.counters).to.include({ events: 20, unparsed: 0, tickNs: 1e7 });
    expect(events.map((event) => 'comm' in event && event.timeNs)).to.deep.equal(
      few.map((i) => (4711 + (i >> 2)) * 1e7),
    );
  });

  it('of counter and x86-tsc are none: the line says so', async () => {
    const refusal = async (times: readonly number[]): Promise<string> => {
      const error = await failure(read(lines(times)));
      expect(error).to.be.instanceOf(TraceError);
      return (error as TraceError).message;
    };
    expect(await refusal(few.map((i) => 100 + i))).to.match(
      /:1: the time 100 is a whole number without a unit, of the trace clock counter; expected seconds: `echo mono > trace_clock` before recording$/,
    );
    expect(await refusal(few.map((i) => 1e12 + i * 12345))).to.match(/ clock x86-tsc; /);
    expect(await refusal([1, 2])).to.match(/ clock counter, uptime or x86-tsc; /);
  });

  it('are kept by LineAnonymiser', () => {
    const survey = new RenamingSurvey();
    const uptime = lines(few.map((i) => 4711 + (i >> 2)));
    const parser = new LineParser();
    parser.look(uptime.join('\n'));
    const read = uptime.map((text, i) => parser.parse(text, i + 1));
    for (const event of read) if (event !== null && event !== 'unparsed') survey.event(event);
    const by = new LineAnonymiser(survey.finish(drawFrom('seed')));
    by.look(uptime.join('\n'));
    const written = uptime.map((text) => by.line(text));
    expect(written[7]).to.match(/ \[000\] \.{5} +4712: dma_map_page: /);
    expect(by.figures).to.include({ rewritten: 20, failed: 0 });
    const latency = by.line(`     fio-77      112d..2. 4567us!: ${MAP}`);
    expect(latency).to.match(/-\d+ +112d\.\.2\. 4567us!: dma_map_page: /);
    expect(latency).to.not.match(/fio|0000:01:00/);
  });
});
