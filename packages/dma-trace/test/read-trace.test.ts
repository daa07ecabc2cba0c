// SPDX-License-Identifier: GPL-2.0-only
// The streaming reader on small files: what it counts and what it refuses.
import { mkdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { TraceError, readTrace, type TraceEvent, type TraceReader } from '../src';
import { TempFiles, failure, mapLine } from './temp-files';

async function all(reader: TraceReader): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  for await (const event of reader) events.push(event);
  return events;
}

const HEADER = '# tracer: nop\n#\n# entries-in-buffer/entries-written: 3/10   #P:2\n#\n';

describe('readTrace', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  it('yields events with their line numbers and collects the header', async () => {
    const reader = readTrace(await temp.write('a', HEADER + mapLine(5) + mapLine(6, 1)));
    const events = await all(reader);
    expect(events.map((event) => event.line)).to.deep.equal([5, 6]);
    expect(reader.header).to.deep.equal({ tracer: 'nop', cpus: 2 });
    expect(reader.counters).to.deep.equal({
      lines: 6,
      events: 2,
      unparsed: 0,
      unparsedLines: [],
      firstUnparsed: null,
      dropped: 7,
      lost: 0,
      logLines: 0,
      backwards: 0,
      late: 0,
      unterminated: false,
    });
  });

  it('knows gzip by its first bytes, not by the name', async () => {
    const text = HEADER + mapLine(5);
    expect(await all(readTrace(await temp.write('a.txt', gzipSync(text))))).to.have.length(1);
    expect(await all(readTrace(await temp.write('a.gz', text)))).to.have.length(1);
  });

  it('reads several gzip members as one text', async () => {
    const members = Buffer.concat([gzipSync(mapLine(1)), gzipSync(mapLine(2))]);
    expect(await all(readTrace(await temp.write('a.gz', members)))).to.have.length(2);
  });

  it('reads lines that lie across the blocks of the file', async () => {
    const lines = 20_000;
    let text = '';
    for (let i = 0; i < lines; i++) text += mapLine(i);
    const reader = readTrace(await temp.write('a', text));
    expect(await all(reader)).to.have.length(lines);
    expect(reader.counters).to.include({ lines, unparsed: 0 });
  });

  it('counts lines that are no event and keeps the first, escaped and cut', async () => {
    const strange = `<script>\x1b[31m\0${'x'.repeat(500)}`;
    const text = `${mapLine(1)}${strange}\nwhat?\n${mapLine(2)}`;
    const reader = readTrace(await temp.write('a', text));
    expect(await all(reader)).to.have.length(2);
    expect(reader.counters.unparsed).to.equal(2);
    expect(reader.counters.firstUnparsed?.line).to.equal(2);
    expect(reader.counters.firstUnparsed?.text).to.match(/^<script>\\x1b\[31m\\x00x+…$/);
    expect(reader.counters.firstUnparsed?.text.length).to.be.below(140);
  });

  it('passes over a line of many megabytes without keeping it', async () => {
    const text = `${mapLine(1)}${'x'.repeat(5_000_000)}\n${mapLine(2)}`;
    const reader = readTrace(await temp.write('a', text));
    expect((await all(reader)).map((event) => event.line)).to.deep.equal([1, 3]);
    expect(reader.counters).to.include({ lines: 3, unparsed: 1 });
  });

  it('reads CRLF lines', async () => {
    const text = (HEADER + mapLine(1) + mapLine(2)).replaceAll('\n', '\r\n');
    const reader = readTrace(await temp.write('a', text));
    expect(await all(reader)).to.have.length(2);
    expect(reader.counters).to.include({ unparsed: 0, dropped: 7 });
  });

  it('says when the last line has no end', async () => {
    const reader = readTrace(await temp.write('a', mapLine(1) + mapLine(2).slice(0, -1)));
    expect(await all(reader)).to.have.length(2);
    expect(reader.counters.unterminated).to.equal(true);
  });

  it('adds up lost events and yields each report of them', async () => {
    const text = `${mapLine(1)}CPU:0 [LOST 41 EVENTS]\nCPU:1 [LOST EVENTS]\n${mapLine(2)}`;
    const reader = readTrace(await temp.write('a', text));
    expect((await all(reader)).map((event) => event.kind)).to.deep.equal([
      'iommuMap',
      'lost',
      'lost',
      'iommuMap',
    ]);
    expect(reader.counters.lost).to.equal(42);
  });

  it('counts time running backwards on one CPU, not between CPUs', async () => {
    const text = mapLine(10) + mapLine(5, 1) + mapLine(9) + mapLine(9) + mapLine(6, 1);
    const reader = readTrace(await temp.write('a', text));
    await all(reader);
    expect(reader.counters.backwards).to.equal(1);
  });

  it('lets go of the file when the reading stops early', async () => {
    const text = mapLine(1).repeat(50_000);
    for await (const event of readTrace(await temp.write('a.gz', gzipSync(text)))) {
      expect(event.line).to.equal(1);
      break;
    }
  });

  describe('refuses', () => {
    const cases: [string, string | Buffer, string | RegExp][] = [
      ['an empty file', '', 'is empty; expected an ftrace text'],
      ['a gzip of nothing', gzipSync(''), 'has no event; expected an ftrace text with events'],
      ['a header alone', HEADER, 'has no event; expected an ftrace text with events'],
      ['prose', 'Dear Sir,\n', /^not an ftrace text: expected a line like '.*', got 'Dear Sir,'$/],
      [
        'a gzip cut short',
        gzipSync(mapLine(1).repeat(5000)).subarray(0, 200),
        'the gzip data ends in the middle; expected a whole .gz file',
      ],
      [
        'a damaged gzip',
        // The length at the end of the file does not fit.
        Buffer.concat([gzipSync(mapLine(1)).subarray(0, -4), Buffer.alloc(4, 0xff)]),
        'the gzip data is damaged; expected a whole .gz file',
      ],
      [
        'a binary file',
        Buffer.from([...Array(5000).keys()].map((i) => (i * 7919) % 256)),
        'is a binary file; expected an ftrace text',
      ],
      ['a trace.dat', '\x17\x08\x44tracing6\0', /^is a binary trace.dat; .*trace-cmd report/],
      ['a perf.data', 'PERFILE2h\0\0', /^is a binary perf.data; .*perf script/],
    ];
    for (const [what, content, reason] of cases)
      it(what, async () => {
        const file = await temp.write('a', content);
        const error = await failure(all(readTrace(file)));
        expect(error).to.be.instanceOf(TraceError);
        if (!(error instanceof TraceError)) return;
        if (typeof reason === 'string') expect(error.reason).to.equal(reason);
        else expect(error.reason).to.match(reason);
        expect(error.message.startsWith(file)).to.equal(true);
        expect(error.message).not.to.include('\n');
      });

    it('a missing file and a folder', async () => {
      await mkdir(temp.path('folder'));
      expect(String(await failure(all(readTrace(temp.path('none')))))).to.equal(
        `TraceError: ${temp.path('none')}: no such file; expected an ftrace text, plain or .gz`,
      );
      expect(String(await failure(all(readTrace(temp.path('folder')))))).to.include(
        'folder: is a folder; expected a file',
      );
    });
  });
});
