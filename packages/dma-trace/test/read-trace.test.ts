// SPDX-License-Identifier: GPL-2.0-only
// The streaming reader on small files: what it counts and what it refuses.
import { mkdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { TraceError, newCounters, readTrace, type TraceEvent, type TraceReader } from '../src';
import { TempFiles, failure, mapLine } from './temp-files';

async function all(reader: TraceReader): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  for await (const event of reader) events.push(event);
  return events;
}

const HEADER = '# tracer: nop\n#\n# entries-in-buffer/entries-written: 3/10   #P:2\n#\n';

/** One line of ftrace text, compressed by zstd 1.5 and xz 5.4. */
const ZSTD = Buffer.from(
  'KLUv/SSPpQIAMsQPF5A7Bwi/5kp3afQLw3AlcpvbMjhenwIXgEA8WCV6zjbOtbic/D8PfdsDn/VgzCissTHWvLqVk/' +
    '+IVw4JvsUBCSDQ85yl4KI0o/HYu2ZlzrEBIxp9fg==',
  'base64',
);
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ACOAFFdABBsiMaTj8h3VAv9Rvb40uRcWtcq1Q/NgddWxOBe0Kl5A9wgjS' +
    'gGmu7oh8nP2ND0E6b77J3MjJgaRFPzN35zAfUS/bZlNqOJuuon5QKsPdQAAAAAAAB+R7gzjoLf3QABbY8BAAAAf4g1' +
    '/LHEZ/sCAAAAAARZWg==',
  'base64',
);

describe('readTrace', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  it('yields events with their line numbers and collects the header', async () => {
    const reader = readTrace(await temp.write('a', HEADER + mapLine(5) + mapLine(6, 1)));
    const events = await all(reader);
    expect(events.map((event) => event.line)).to.deep.equal([5, 6]);
    expect(reader.header).to.deep.equal({ tracer: 'nop', cpus: 2, entries: 3 });
    expect(reader.counters).to.deep.equal({ ...newCounters(), lines: 6, events: 2, dropped: 7 });
  });

  it('takes the two lines that old kernels print of one full swiotlb for one', async () => {
    const full = (size: number): string =>
      `[  437.548691] dwc3 38200000.dwc3: swiotlb buffer is full (sz: ${String(size)} bytes)\n`;
    const failed =
      '[  437.555402] DMA: Out of SW-IOMMU space for 16384 bytes at device 38200000.dwc3\n';
    const times = async (...lines: string[]): Promise<number> => {
      const events = await all(readTrace(await temp.write('log', lines.join(''))));
      expect(events).to.have.length(lines.length);
      return events.filter((one) => one.kind === 'kernelLog' && one.topic === 'swiotlbFull').length;
    };
    expect(await times(full(16384), failed, full(16384), failed)).to.equal(2);
    expect(await times(failed, failed)).to.equal(2);
    expect(await times(full(8192), failed)).to.equal(2);
    expect(await times(full(16384), failed.replace('38200000', '4'))).to.equal(2);
    expect(
      await times(full(16384), ...Array<string>(5).fill('[  437.550000] usb: x\n'), failed),
    ).to.equal(2);
  });

  it('knows gzip by its first bytes, not by the name', async () => {
    const text = HEADER + mapLine(5);
    expect(await all(readTrace(await temp.write('a.txt', gzipSync(text))))).to.have.length(1);
    expect(await all(readTrace(await temp.write('a.gz', text)))).to.have.length(1);
  });

  for (const [kind, bytes] of [
    ['zstd', ZSTD],
    ['xz', XZ],
  ] as const)
    it(`knows ${kind} by its first bytes, one or several frames`, async () => {
      expect(await all(readTrace(await temp.write('a.gz', bytes)))).to.have.length(1);
      const both = Buffer.concat([bytes, bytes]);
      expect(await all(readTrace(await temp.write('a.txt', both)))).to.have.length(2);
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

  it('reads the first line behind a byte order mark', async () => {
    const reader = readTrace(await temp.write('a', `\ufeff${mapLine(1)}${mapLine(2)}`));
    expect(await all(reader)).to.have.length(2);
    expect(reader.counters.unparsed).to.equal(0);
    const header = '\ufeff# entries-in-buffer/entries-written: 6/16   #P:2\n';
    const withHeader = readTrace(await temp.write('b', header + mapLine(1)));
    await all(withHeader);
    expect(withHeader.counters.dropped).to.equal(10);
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
    it('events that tp_printk put into the log, and says what to record', async () => {
      const text =
        '[   40.000002] dma_map_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=ffdb0000 size=32768 phys_addr=650f000 attrs=\n';
      const refused = await failure(all(readTrace(await temp.write('log', text))));
      expect(refused).to.match(
        /:1: is an event that tp_printk put .* \/sys\/kernel\/tracing\/trace /,
      );
    });

    it('the quoted-printable text of a mail', async () => {
      const encoded = (text: string): string => text.replaceAll('=', '=3D');
      const fault =
        '[   12.345678] DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault ad=\ndr 0xfff00000 [fault reason 0x05] PTE Write access is not set\n';
      const map = encoded(mapLine(5)).trimEnd();
      for (const [text, line] of [
        [fault, 1],
        [`${mapLine(4)}${map}\n`, 2],
        [`Hello\n${map.slice(0, 90)}=\n${map.slice(90)}\n`, 2],
      ] as const) {
        const refused = await failure(all(readTrace(await temp.write('mail', text))));
        expect(refused).to.match(new RegExp(`:${String(line)}: is quoted-printable .*quopri -d`));
      }
      const plain =
        '[   12.345678] DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set\nattr=3D\n';
      expect(await all(readTrace(await temp.write('log', mapLine(5) + plain)))).to.have.length(2);
    });

    const cases: [string, string | Buffer, string | RegExp][] = [
      ['an empty file', '', /^is empty; expected a capture: ftrace text, .* or a kernel log$/],
      ['a gzip of nothing', gzipSync(''), /^has no event; expected a capture: /],
      ['a header alone', HEADER, /^has no event; expected a capture: /],
      [
        'prose',
        'Dear Sir,\n',
        /^not a capture: expected a line like '.*' of ftrace, .*, got 'Dear Sir,'$/,
      ],
      [
        'a gzip cut short',
        gzipSync(mapLine(1).repeat(5000)).subarray(0, 200),
        'the gzip data ends in the middle; expected a whole .gz file',
      ],
      [
        'a damaged gzip',
        // The length at the end of the file does not fit.
        Buffer.concat([gzipSync(mapLine(1)).subarray(0, -4), Buffer.alloc(4, 0xff)]),
        'the gzip data is damaged at or before byte 91; expected a whole .gz file',
      ],
      [
        'a binary file',
        Buffer.from([...Array(5000).keys()].map((i) => (i * 7919) % 256)),
        /^is a binary file; expected a capture: /,
      ],
      ['a bzip2', 'BZh91AY&SY', /^is compressed with bzip2; expected plain, .gz, .zst or .xz text/],
      [
        'a zstd cut short',
        ZSTD.subarray(0, 40),
        /^the zstd data ends in the middle; .*\.zst file$/,
      ],
      ['an xz cut short', XZ.subarray(0, 40), /^the xz data ends in the middle; .*\.xz file$/],
      [
        'a damaged xz',
        Buffer.concat([XZ.subarray(0, 30), Buffer.alloc(8, 0x55), XZ.subarray(38)]),
        /^the xz data is damaged at or before byte \d+; expected a whole .xz file$/,
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
        `TraceError: ${temp.path('none')}: no such file; expected a capture: ftrace text, \`trace-cmd report\`, \`perf script\`, the output of dma*.bt or a kernel log`,
      );
      expect(String(await failure(all(readTrace(temp.path('folder')))))).to.include(
        'folder: is a folder; expected a file',
      );
    });
  });
});
