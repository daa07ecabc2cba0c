// SPDX-License-Identifier: GPL-2.0-only
// A piece of a trace as a program: which calls it has, what it leaves out, and what the port makes of it.

import { join } from 'node:path';
import { expect } from 'chai';
import { Assembler, type Step, parseLine, readTrace } from '@iommu-bounce/dma-trace';
import { callRecording } from '../../src/play/call-recording';
import { Playback } from '../../src/play/playback';
import { TraceCalls, type TraceRange } from '../../src/play/trace-calls';
import { ReadError } from '../../src/read-error';
import { expectSound } from './fixtures';

const LONG = process.env['TEST_LONG'] === '1';
const TRACES = join(__dirname, '../../../../test-fixtures/traces');

async function stepsOf(file: string): Promise<Step[]> {
  const assembler = new Assembler(null);
  const steps: Step[] = [];
  for await (const events of readTrace(join(TRACES, file)).batches())
    steps.push(...assembler.add(events));
  return [...steps, ...assembler.finish()];
}

function piece(steps: readonly Step[], range: TraceRange): ReturnType<TraceCalls['finish']> {
  const trace = new TraceCalls(range);
  for (const step of steps) trace.add(step);
  return trace.finish(false);
}

/** Steps of ftrace lines that begin behind the time stamp. */
function stepsOfLines(...lines: readonly string[]): Step[] {
  const assembler = new Assembler(null);
  const events = lines.flatMap((text, i) => {
    const event = parseLine(`  fio-1 [000] ..... ${String(i + 1)}.000000: ${text}`, i + 1);
    return event === null || event === 'unparsed' ? [] : [event];
  });
  expect(events).to.have.length(lines.length);
  return [...assembler.add(events), ...assembler.finish()];
}

const map = (addr: string, phys: string, size = 4096): string =>
  `dma_map_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=${addr} size=${String(size)} phys_addr=${phys} attrs=`;
const unmap = (addr: string, size = 4096): string =>
  `dma_unmap_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=${addr} size=${String(size)} attrs=`;

describe('TraceCalls', () => {
  it('keeps calls, times and offsets, and pairs an unmap with its map', () => {
    const { program, about } = piece(
      stepsOfLines(
        map('fff00000', '1da4000'),
        map('fff01010', '1da5010', 64),
        unmap('fff00000'),
        map('fff00000', '1da4000'),
      ),
      { skip: 0, calls: 10 },
    );
    expect(program.calls.map(({ call }) => call)).to.deep.equal([
      'map_page',
      'map_page',
      'unmap',
      'map_page',
    ]);
    expect(program.calls.map(({ afterMs }) => afterMs ?? 0)).to.deep.equal([0, 1000, 1000, 1000]);
    const [first, second, third] = program.calls;
    expect(second).to.include({ offset: 16, length: 64, dir: 2, device: '0000:00:05.0' });
    expect(third).to.include({ id: first && 'id' in first ? first.id : -1 });
    expect(about).to.match(/^4 calls of a recorded machine, from call 1 /);
    expect(about).not.to.include('Left out');
  });

  it('says what it leaves out of a piece from the middle', () => {
    const { program, about } = piece(
      stepsOfLines(
        map('fff00000', '1da4000'),
        map('fff01000', '1da5000'),
        unmap('fff00000'),
        map('fff02000', '1da6000'),
        unmap('fff02000'),
      ),
      { skip: 1, calls: 2 },
    );
    expect(program.calls.map(({ call }) => call)).to.deep.equal(['map_page', 'map_page']);
    expect(about).to.include(
      '1 calls before this piece; 1 unmaps and syncs of mappings that were made before',
    );
    expect(about).to.include('may have more calls');
  });

  it('refuses a range without a call', () => {
    expect(() => piece(stepsOfLines(map('fff00000', '1da4000')), { skip: 5, calls: 1 })).to.throw(
      ReadError,
      'has no call that could be played after 5 calls; it has 1',
    );
  });

  it('makes the requests that the recorded kernel made, on the machine without the pool', async () => {
    // Of single pages, each of which is one request.
    const steps = await stepsOf('virtio.nvme-read-4k.trace.txt.gz');
    const { program } = piece(steps, { skip: 0, calls: 600 });
    const made = new Set<unknown>();
    let recorded = 0;
    let seen = 0;
    for (const step of steps) {
      if (seen === program.calls.length) break;
      if (step.kind === 'map' && step.mapping && !step.mapping.failed) {
        made.add(step.mapping);
        recorded += step.mapping.maps.length;
        seen++;
      } else if (step.kind === 'unmap' && made.has(step.mapping)) {
        recorded += step.recorded.length;
        seen++;
      } else if (step.kind === 'sync' && made.has(step.mapping)) seen++;
    }
    const playback = new Playback(callRecording(program));
    const { counts, countsWithout } = playback.frame(playback.length);
    expect(recorded).to.be.above(300);
    expect(countsWithout.requests).to.equal(recorded);
    expect(counts.requests).to.be.below(recorded);
  }).timeout(60_000);

  const pieces = ['series/iobuf-def.net', 'virtio.nvme-mixed', 'virtio.nvme-read-64k'];
  for (const file of LONG ? pieces : pieces.slice(0, 1))
    it(`plays a piece of ${file} with sound frames @long-only`, async () => {
      const steps = await stepsOf(`${file}.trace.txt.gz`);
      const { program } = piece(steps, { skip: 300, calls: 200 });
      const playback = new Playback(callRecording(program));
      for (let step = 0; step <= playback.length; step += 9) {
        const frame = playback.frame(step);
        expect(frame.result).not.to.match(/^oops/);
        expectSound(frame);
      }
      expect(playback.frame(playback.length).counts.copiedBytes).to.be.above(0);
    }).timeout(60_000);
});
