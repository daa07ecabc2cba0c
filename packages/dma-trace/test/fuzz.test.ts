// SPDX-License-Identifier: GPL-2.0-only
// Damaged captures of every format: each is read with its faults counted, or refused in one line. Never a crash, never a hang.
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, pipeline } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { Assembler, TraceError, readTrace, type TraceCounters } from '../src';
import { TempFiles } from './temp-files';

const LONG = process.env['TEST_LONG'] === '1';
const RUNS = LONG ? 1000 : 60;
const FOLDER = join(__dirname, '../../../test-fixtures/formats');
const captures = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => readFileSync(join(FOLDER, name)));

/** What happens to a file. Places are shares of its length, so that they fit every file. */
const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const fault = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: share }),
  fc.record({ kind: fc.constant('remove' as const), at: share, length: fc.nat(400) }),
  fc.record({
    kind: fc.constant('double' as const),
    at: share,
    times: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ kind: fc.constant('swap' as const), at: share, to: share }),
  fc.record({
    kind: fc.constant('blob' as const),
    at: share,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  }),
  fc.record({ kind: fc.constant('change' as const), at: share, byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('clock' as const), at: share }),
  fc.record({ kind: fc.constant('zip' as const), at: share }),
);
type Fault = typeof fault extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Buffer, one: Fault): Buffer {
  const at = Math.floor(one.at * bytes.length);
  const lines = bytes.toString('latin1').split('\n');
  const line = Math.floor(one.at * lines.length);
  const joined = (): Buffer => Buffer.from(lines.join('\n'), 'latin1');
  switch (one.kind) {
    case 'cut':
      return bytes.subarray(0, at);
    case 'remove':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + one.length)]);
    case 'double':
      lines.splice(line, 0, ...Array<string>(one.times).fill(lines[line] ?? ''));
      return joined();
    case 'swap': {
      const [moved = ''] = lines.splice(line, 1);
      lines.splice(Math.floor(one.to * lines.length), 0, moved);
      return joined();
    }
    case 'blob':
      return Buffer.concat([bytes.subarray(0, at), one.bytes, bytes.subarray(at)]);
    case 'change': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at] = one.byte;
      return copy;
    }
    case 'clock':
      return Buffer.from(
        lines
          .map((text, i) => (i < line ? text : text.replace(/ \d+\.(?=\d{6})/, ' 1.')))
          .join('\n'),
        'latin1',
      );
    case 'zip': {
      const zipped = gzipSync(bytes);
      return zipped.subarray(0, Math.max(2, Math.floor(one.at * zipped.length)));
    }
  }
}

/** Reads it to the end, calls and all; the error that refused it, or the counters. */
async function read(path: string): Promise<TraceCounters | TraceError> {
  const reader = readTrace(path);
  const assembler = new Assembler(null);
  try {
    for await (const batch of reader.batches()) assembler.add(batch);
    assembler.finish();
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
  return reader.counters;
}

describe('damaged captures', function () {
  this.timeout(LONG ? 300_000 : 30_000);
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  it(`are read or refused in one line: ${String(RUNS)} of them @long`, async () => {
    let refused = 0;
    let counted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...captures),
        fc.array(fault, { minLength: 1, maxLength: 4 }),
        async (capture, faults) => {
          const path = temp.path('damaged');
          await writeFile(path, faults.reduce(damaged, capture));
          const result = await read(path);
          if (result instanceof TraceError) {
            refused++;
            expect(result.message).not.to.match(/\p{Cc}/u);
            expect(result.message.startsWith(path)).to.equal(true);
            return;
          }
          expect(result.unparsedLines.length).to.equal(Math.min(3, result.unparsed));
          expect(result.events + result.logLines).to.be.above(0);
          if (result.unparsed + result.backwards > 0) counted++;
        },
      ),
      { numRuns: RUNS, seed: 2021_07 },
    );
    expect(refused, 'refused').to.be.above(0);
    expect(counted, 'read with faults').to.be.above(0);
  });

  it('count each line that a blob hides', async () => {
    const [first = Buffer.alloc(0)] = captures;
    const lines = first.toString().trimEnd().split('\n');
    const whole = await read(await temp.write('whole', `${lines.join('\n')}\n`));
    lines[lines.length - 2] = '\x00\x01\x02 not text';
    const hidden = await read(await temp.write('hidden', `${lines.join('\n')}\n`));
    if (whole instanceof TraceError || hidden instanceof TraceError) throw new Error('not read');
    expect(hidden).to.include({ unparsed: 1, events: whole.events - 1 });
  });

  it(`refuse one line of ${LONG ? '1 GB' : '64 MB'}, in little memory @long`, async () => {
    const block = Buffer.alloc(1 << 20, 'x');
    const count = LONG ? 1024 : 64;
    const path = temp.path('line.gz');
    const { createWriteStream } = await import('node:fs');
    await new Promise<void>((done, failed) => {
      const blocks = Readable.from(Array<Buffer>(count).fill(block));
      pipeline(
        blocks,
        createGzip({ level: 1 }),
        new PassThrough(),
        createWriteStream(path),
        (error) => {
          if (error) failed(error);
          else done();
        },
      );
    });
    global.gc?.();
    const before = process.memoryUsage().rss;
    const error = await read(path);
    if (!(error instanceof TraceError)) throw new Error('was read');
    expect(error.message).to.match(/:1: not a capture: .*, got 'x{120}…'$/);
    expect(process.memoryUsage().rss - before).to.be.below(48 * 2 ** 20);
  });
});
