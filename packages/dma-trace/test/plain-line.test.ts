// SPDX-License-Identifier: GPL-2.0-only
// Lines out of web pages, terminals and wikis.
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  LineAnonymiser,
  LineParser,
  RenamingSurvey,
  type TraceCounters,
  drawFrom,
  newCounters,
  parseLine,
  readTrace,
} from '../src';
import { TempFiles } from './temp-files';

const MAP = '[000] d.h1.    10.000005: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x10000000 size=4096';
const IDLE = `          <idle>-0       ${MAP}`;
const PROBE =
  ' fio-7 [001] .....    10.000006: dma_iova_link: (dma_iova_link+0x4/0x2c0) name="0000:01:00.0" addr=0x1000 state=0x7 phys=0x2000 offset=0 size=4096 dir=1 attrs=0x0';
const FAULT =
  '[   12.345678] DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set';
const html = (text: string): string =>
  text.replace(/[<>&"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[c] ?? '&quot;');

describe('a line', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  async function countersOf(text: string): Promise<TraceCounters> {
    const reader = readTrace(await temp.write('a', text));
    let events = 0;
    for await (const event of reader) events += event.line > 0 ? 1 : 0;
    expect(events).to.be.above(0);
    return reader.counters;
  }

  it('of a web page has entities for characters', async () => {
    for (const text of [IDLE, PROBE, `> ${IDLE}`, `> > fio-7 ${MAP}`, `<4>${FAULT}`]) {
      expect(html(text), text).not.to.equal(text);
      expect(parseLine(html(text), 3), text).to.deep.equal(parseLine(text, 3));
      expect(parseLine(text, 3), text).not.to.equal('unparsed');
    }
    const lines = ['# tracer: nop', IDLE, ` fio-7 ${MAP}`, IDLE, 'a &lt; b'];
    expect(await countersOf(`${lines.map(html).join('\n')}\n`)).to.include({
      ...{ decoded: 2, events: 3, unparsed: 1 },
    });
  });

  it('is not decoded where nothing has to be', async () => {
    const marker = ` fio-7 [000] .....  1.000001: tracing_mark_write: a &lt; b`;
    expect(parseLine(marker, 1)).to.include({ kind: 'marker', text: 'a &lt; b' });
    expect(await countersOf(`${marker}\n`)).to.deep.equal({
      ...newCounters(),
      lines: 1,
      events: 1,
    });
  });

  it('of a wiki or a mail has tabs for blanks', () => {
    for (const text of [IDLE, PROBE, FAULT]) {
      expect(parseLine(`\t${text.trim()}`, 3), text).to.deep.equal(parseLine(text, 3));
      const tabbed = text.trim().replace(/ +/g, '\t');
      if (text !== FAULT) expect(parseLine(tabbed, 3), tabbed).to.deep.equal(parseLine(text, 3));
    }
  });

  it('of a terminal has colours, and one return more', () => {
    for (const text of [IDLE, PROBE, FAULT]) {
      const coloured = `\x1b]0;root@box\x07\x1b[1;32m${text.replace(/ (?=\S+: )/, ' \x1b[0m\x1b[33m')}\x1b[m\x1b[K\r\r`;
      expect(parseLine(coloured, 3), text).to.deep.equal(parseLine(text, 3));
    }
  });

  it('of another program in a journal is none of the kernel', async () => {
    const parser = new LineParser();
    for (const [text, program] of [
      ['Nov 29 11:05:06 box systemd[1]: Started Journal Service.', 'systemd'],
      ['Nov 29 11:05:06.123456 box sshd[4711]: Accepted publickey for x', 'sshd'],
      ['2026-11-29T11:05:06+0100 box CRON[12]: (root) CMD (true)', 'CRON'],
      ['> Nov 29 11:05:06 box NetworkManager[77]: <info>  [1.2] device', 'NetworkManager'],
      ['1764414306.123456 box dbus-daemon[5]: [system] x', 'dbus-daemon'],
    ] as const) {
      expect(parser.parse(text, 1), text).to.equal(null);
      expect(parser.program, text).to.equal(program);
    }
    for (const text of ['Hello 29 11:05:06', 'Nov 29 11:05:06 box: x', 'the kernel: x'])
      expect(parser.parse(text, 1), text).to.equal('unparsed');
    const counters = await countersOf(
      `Nov 29 11:05:06 box kernel: a\nNov 29 11:05:06 box systemd[1]: b\ngarbage\nNov 29 11:05:07 box systemd[1]: c\n`,
    );
    expect(counters).to.deep.include({
      ...{ logLines: 1, unparsed: 1, programLines: 2, programs: ['systemd'] },
    });
  });

  it('of a tracer in a journal is not understood where it is none', () => {
    const text = `Nov 29 11:05:06 box cat[7]: ${IDLE.replace('IOMMU', 'x')}`;
    expect(parseLine(text, 1)).to.equal('unparsed');
  });

  it('that is indented is a comment, too', async () => {
    const header = ['# tracer: nop', '# entries-in-buffer/entries-written: 1/3   #P:2', IDLE];
    for (const front of ['    ', '\t', '\u00a0\u00a0'])
      expect(await countersOf(`${header.map((text) => front + text).join('\n')}\n`)).to.include({
        events: 1,
        unparsed: 0,
        dropped: 2,
      });
  });

  it('of a page has no-break spaces, and ends with a break', () => {
    expect(parseLine(IDLE.replaceAll(' ', '\u00a0'), 3)).to.deep.equal(parseLine(IDLE, 3));
    const page = `${html(IDLE).replaceAll(' ', '&nbsp;')}<br>`;
    expect(parseLine(page, 3)).to.deep.equal(parseLine(IDLE, 3));
  });

  it('was drawn over the prompt of a pager', () => {
    expect(parseLine(`\x1b[7m(END)\x1b[27m\x1b[K\r\x1b[K${IDLE}`, 3)).to.deep.equal(
      parseLine(IDLE, 3),
    );
  });

  it('in UTF-16 is read as in UTF-8', async () => {
    const text = `# tracer: nop\r\n${`${IDLE}\r\n`.repeat(9000)}`;
    const le = Buffer.from(text, 'utf16le');
    const be = Buffer.from(le).swap16();
    for (const bytes of [
      Buffer.concat([Buffer.from([0xff, 0xfe]), le]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), be]),
      le,
      be,
      gzipSync(le),
    ]) {
      const reader = readTrace(await temp.write('a', bytes));
      let bytesOfLines = 0;
      for await (const event of reader) bytesOfLines += event.kind === 'iommuMap' ? event.size : 0;
      expect(bytesOfLines).to.equal(9000 * 4096);
      expect(reader.counters).to.include({ lines: 9001, unparsed: 0 });
    }
  });

  it('in UTF-16 that ends within a character is not read as whole', async () => {
    const le = Buffer.from(`# tracer: nop\n${IDLE}\n`, 'utf16le');
    const reader = readTrace(await temp.write('a', Buffer.concat([le, Buffer.from([0x31])])));
    for await (const event of reader) expect(event.kind).to.equal('iommuMap');
    expect(reader.counters).to.include({ lines: 3, unparsed: 1 });
  });

  it('that stands alone around a paste is nothing', () => {
    for (const fence of [
      '```',
      '````shell',
      '> ```',
      '~~~',
      '<pre>',
      '</code>',
      '[/code]',
      '{noformat}',
    ])
      expect(parseLine(fence, 1), fence).to.equal(null);
    for (const text of ['```fio-266', '``', '<pre>x', 'a ```', '{code'])
      expect(parseLine(text.replace('fio', 'f o'), 1), text).to.equal('unparsed');
  });

  it('of dmesg -J and of journalctl -o json-pretty are each the line of the message', () => {
    const MESSAGE = FAULT.slice('[   12.345678] '.length);
    const shown = JSON.stringify(MESSAGE);
    const read = (text: string): unknown[] => {
      const parser = new LineParser();
      return text.split('\n').flatMap((line, i) => parser.parse(line, i + 1) ?? []);
    };
    const fault = { topic: 'fault', timeNs: 12_345_678_000, device: '0000:01:00.0', text: MESSAGE };
    const dmesg = read(
      `{\n   "dmesg": [\n      {\n         "pri": 3,\n         "time":    12.345678,\n         "msg": ${shown}\n      },{\n         "pri": 6,\n         "time":    13.000000,\n         "msg": "eth0: up"\n      }\n   ]\n}`,
    );
    expect(dmesg).to.have.length(2);
    expect(dmesg[0]).to.include({ ...fault, line: 6 });
    expect(dmesg[1]).to.include({ topic: 'other', timeNs: 13e9, text: 'eth0: up' });
    const entry = (name: string, more: string): string =>
      `{\n\t"_SOURCE_MONOTONIC_TIMESTAMP" : "12345678",\n\t"_TRANSPORT" : "${name}",\n\t"SYSLOG_IDENTIFIER" : "${name}",\n\t"PRIORITY" : "3",\n\t"MESSAGE" : ${shown}${more}\n}`;
    const journal = read(
      [entry('kernel', ''), entry('stdout', ''), entry('kernel', ',\n\t"_BOOT_ID" : "12"')].join(
        '\n',
      ),
    );
    expect(journal).to.have.length(2);
    for (const [i, line] of [6, 20].entries()) expect(journal[i]).to.include({ ...fault, line });
    // Braces alone are no structure of other text.
    expect(read('}\nmy notes\n"a" : 1')).to.deep.equal(['unparsed', 'unparsed', 'unparsed']);
    expect(read('{\nmy notes\n  "a" : 1')).to.deep.equal(['unparsed', 'unparsed']);
  });

  it('of journalctl -o json is one of dmesg', () => {
    const json = (fields: object): string => JSON.stringify({ PRIORITY: '3', ...fields });
    const parser = new LineParser();
    const [, message = ''] = FAULT.split('] ', 2);
    const MESSAGE = FAULT.slice(FAULT.indexOf(message));
    const kernel = { _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel', MESSAGE };
    expect(
      parser.parse(json({ ...kernel, _SOURCE_MONOTONIC_TIMESTAMP: '12345678' }), 3),
    ).to.deep.equal(parseLine(FAULT, 3));
    expect(parser.parse(json(kernel), 3)).to.include({
      topic: 'fault',
      timeNs: null,
      text: MESSAGE,
    });
    expect(parser.parse(json({ SYSLOG_IDENTIFIER: 'sshd', MESSAGE }), 3)).to.equal(null);
    expect(parser.program).to.equal('sshd');
    expect(parser.parse('{"MESSAGE"', 3)).to.equal('unparsed');
    expect(parser.parse('-- Boot 0123456789abcdef --', 3)).to.equal(null);
  });

  it('of perf script without the name of the event is not understood', () => {
    expect(parseLine(`fio   266 [000]  1.000001: ${MAP.slice(MAP.indexOf('IOMMU'))}`, 1)).to.equal(
      'unparsed',
    );
  });

  it('is anonymised as it is read', () => {
    const survey = new RenamingSurvey();
    const given = [
      html(IDLE),
      '\x1b[1mNov 29 11:05:06 secret sshd[7]: secret\x1b[m',
      `\t${PROBE.trim()}`,
      '{"_HOSTNAME":"secret","SYSLOG_IDENTIFIER":"secretd","MESSAGE":"11:05:06 secret"}',
      '{"_PID":1234,"MESSAGE":"secret","SYSLOG_IDENTIFIER":"secretd"}',
    ];
    for (const text of given) {
      const read = parseLine(text, 1);
      if (read !== null && read !== 'unparsed') survey.event(read);
    }
    const by = new LineAnonymiser(survey.finish(drawFrom('seed')));
    const lines = given.map((text) => by.line(text));
    expect(lines[0]).to.match(/^ +<idle>-0 +\[000\]/);
    expect(lines[1]).to.equal('Nov 29 11:05:06 host program: (left out)');
    expect(lines[2]).to.match(/dma_iova_link/);
    expect(lines.join('\n')).not.to.match(/secret|0000:01:00|&/);
    expect(by.figures).to.include({ rewritten: 2, comments: 3, failed: 0, notUnderstood: 0 });
    const parser = new LineParser();
    for (const line of [lines[1], lines[3], lines[4]]) {
      expect(parser.parse(line ?? '', 1)).to.equal(null);
      expect(parser.program).to.equal('program');
    }
  });
});
