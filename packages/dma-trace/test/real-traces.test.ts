// SPDX-License-Identifier: GPL-2.0-only
// The recorded traces of test-fixtures/traces, held against the facts beside them: all with TEST_LONG=1.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { findFacts, orderTraces, parseLine, readTrace, type TraceEvent } from '../src';
import { formatEvent, isPrintable } from './format-event';

const LONG = process.env['TEST_LONG'] === '1';
/** Pages, lists, every event of the pool, and a trace of events alone. */
const FEW = /net-rx|nvme-read-128k|intel|iobuf-def\.(bursts|read-128k|randrw-1m)|plain-/;
const TRACES = join(__dirname, '../../../test-fixtures/traces');
const files = readdirSync(TRACES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.trace.txt.gz') && (LONG || FEW.test(name)))
  .sort();

/** The name under which the facts count an event; they leave out the marks of the recording script. */
function countedAs(event: TraceEvent): string | null {
  switch (event.kind) {
    case 'iommuMap':
      return 'map';
    case 'iommuUnmap':
      return 'unmap';
    case 'mapPage':
      return 'dma_map_page';
    case 'unmapPage':
      return 'dma_unmap_page';
    case 'mapSg':
      return 'dma_map_sg';
    case 'unmapSg':
      return 'dma_unmap_sg';
    case 'dmaAlloc':
      return 'dma_alloc';
    case 'dmaFree':
      return 'dma_free';
    case 'marker':
      return null;
    case 'obsPoolTooBig':
      return 'obs_pool_toobig';
    default:
      return event.kind.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
  }
}

describe('the recorded traces', function () {
  this.timeout(20_000);

  it('are there @long', () => {
    expect(files).to.have.length.of.at.least(LONG ? 26 : 10);
  });

  for (const name of files)
    it(`read whole, with the events that their facts count: ${name} @long`, async () => {
      const file = join(TRACES, name);
      const { facts } = await findFacts(file);
      const reader = readTrace(file);
      const counts = new Map<string, number>();
      for await (const event of reader) {
        const kind = countedAs(event);
        if (kind !== null) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
      expect(reader.counters).to.include({
        unparsed: 0,
        dropped: 0,
        lost: 0,
        backwards: 0,
        unterminated: false,
      });
      expect(reader.header).to.include({ tracer: 'nop', cpus: 2 });
      expect(facts?.eventCounts).to.deep.equal(counts);
      expect([facts?.overrun ?? 0, facts?.dropped ?? 0]).to.deep.equal([0, 0]);
    });

  for (const name of files)
    it(`lose nothing in the reading: every line prints back as it was: ${name} @long`, () => {
      const lines = gunzipSync(readFileSync(join(TRACES, name)))
        .toString()
        .split('\n');
      let compared = 0;
      lines.forEach((text, i) => {
        const event = parseLine(text, i + 1);
        if (event === null || event === 'unparsed' || !isPrintable(event)) return;
        const newer = / - 0x| nents=/.test(text);
        compared++;
        if (formatEvent(event, 'ftrace', newer) !== text)
          expect(formatEvent(event, 'ftrace', newer)).to.equal(text);
      });
      expect(compared).to.be.above(lines.length / 2);
    });

  it('of one boot come into the order in which they were recorded @long-only', async () => {
    const boot = readdirSync(join(TRACES, 'series')).filter((name) =>
      /^iobuf-def.*\.gz$/.test(name),
    );
    const ordered = await orderTraces(boot.map((name) => join(TRACES, 'series', name)).reverse());
    expect(
      ordered.map(({ file }) => basename(file, '.trace.txt.gz').slice('iobuf-def.'.length)),
    ).to.deep.equal([
      'read-4k',
      'read-16k',
      'read-64k',
      'read-128k',
      'randwrite-4k',
      'mixed',
      'randrw-512',
      'randrw-1m',
      'bursts',
      'net',
    ]);
    expect(ordered.map(({ facts }) => facts?.poolClasses.length)).to.deep.equal(
      ordered.map(() => 9),
    );
  });
});
