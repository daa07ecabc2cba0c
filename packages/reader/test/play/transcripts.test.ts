// SPDX-License-Identifier: GPL-2.0-only
// Transcripts, stepped: each step gives what `verify` has after it.

import { expect } from 'chai';
import { type OpOutcome, TranscriptRun, parseTranscript, pool_of } from '@iommu-bounce/integration';
import { io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';
import type { Frame, RangeFrame } from '../../src/play/frame';
import { Playback } from '../../src/play/playback';
import { transcriptRecording } from '../../src/play/transcript-recording';
import { ReadError } from '../../src/read-error';
import { coveringTranscripts } from './covering';
import { expectSound, transcriptNamed } from './fixtures';

const LONG = process.env['TEST_LONG'] === '1';
/** Longer ones do little that these do not; `npm test` takes some of the short ones. */
const PLAYED = LONG
  ? coveringTranscripts(100_000)
  : coveringTranscripts(20_000).filter((_, i) => i % 3 === 0);
/** A table is walked leaf by leaf, so not after each step. */
const TABLE_STRIDE = 40;

/** What the lists of the pool hold, by the frame and by the port. */
function expectPools(frame: Frame, run: TranscriptRun): void {
  const pool = run.domain.iova_cookie === null ? null : pool_of(run.domain);
  const stats = pool ? io_buffer_pool_stats(pool) : null;
  const classes = frame.pools[0]?.classes.map((one) => ({
    buffer_size: one.bufferSize,
    iova_base: one.iovaBase,
    ro: one.cachedRo.length,
    wo: one.cachedWo.length,
    rw: one.cachedRw.length,
    empty: one.empty.length,
    old: one.slots.filter(({ old }) => old).length,
  }));
  expect(classes ?? null).to.deep.equal(stats);
}

/** Neighbours of equal permission as one: as the table has them. */
function merged(ranges: readonly RangeFrame[]): unknown[] {
  const all: { iova: number; size: number; access: string }[] = [];
  for (const { iova, size, access } of ranges) {
    const last = all.at(-1);
    if (last?.access === access && last.iova + last.size === iova) last.size += size;
    else all.push({ iova, size, access });
  }
  return all;
}

function tableOf(run: TranscriptRun): unknown[] {
  const all: { iova: number; size: number; access: string }[] = [];
  for (const { iova, size, prot } of run.iommu.ranges(run.domain)) {
    const access = { 1: 'RO', 2: 'WO', 3: 'RW' }[prot & 3];
    if (access === undefined) continue;
    const last = all.at(-1);
    if (last?.access === access && last.iova + last.size === iova) last.size += size;
    else all.push({ iova, size, access });
  }
  return all;
}

/** Addresses that the port gave, as the frame tells them. */
function expectResult(frame: Frame, outcome: OpOutcome): void {
  if ('died' in outcome) {
    expect(frame.result).to.equal(`oops: ${outcome.died.message}`);
    return;
  }
  const { ret, dma } = outcome.observed;
  if (/^map_page|^alloc_coherent/.test(outcome.op.name) && typeof ret === 'number')
    expect(frame.result).to.match(new RegExp(`^0x${ret.toString(16)}\\b`));
  if (outcome.op.name === 'map_sg') {
    const id = outcome.op.fields['id'];
    const mapping = frame.mappings.find((one) => one.id === id);
    expect(mapping?.segments ?? []).to.deep.equal(dma);
  }
}

describe('a transcript played back', () => {
  for (const { name, text } of PLAYED)
    it(`gives what verify gives, step by step: ${name} @long`, function () {
      this.timeout(600_000);
      const playback = new Playback(transcriptRecording(text, 'x.jsonl'));
      const run = new TranscriptRun(parseTranscript(text));
      const { length } = playback;
      // Drivers that break the lists on purpose.
      const keepsLists = !/quirk|rcache-depot/.test(name);
      expect(length).to.equal(run.transcript.ops.length);
      for (let step = 1; step <= length; step++) {
        const outcome = run.step();
        const frame = playback.frame(step);
        expect(frame.step).to.equal(step);
        expect(frame.difference).to.equal(null);
        expectResult(frame, outcome);
        if ('died' in outcome) continue;
        expectPools(frame, run);
        if (keepsLists) expectSound(frame);
        expect(frame.mappings.map(({ id }) => id)).to.have.members([...run.mappings.keys()]);
        if (step % TABLE_STRIDE === 0 || step === length)
          expect(merged(frame.ranges)).to.deep.equal(tableOf(run));
      }
    });

  it('shows a recorded difference', () => {
    const { text } = transcriptNamed('unit/01-first-map-allocates-slot.jsonl');
    const wrong = text.replace(/("op":"map_page".*"ret":)(\d+)/, (_, before: string, ret: string) =>
      [before, String(Number(ret) + 4096)].join(''),
    );
    const playback = new Playback(transcriptRecording(wrong, 'x.jsonl'));
    const differences = Array.from({ length: playback.length }, (_, i) => playback.frame(i + 1))
      .map(({ difference }) => difference)
      .filter((one) => one !== null);
    expect(differences).to.have.length(1);
    expect(differences[0]).to.match(/^ret: recorded \d+, the port \d+$/);
  });

  it('refuses what is no transcript, by line', () => {
    const { text } = transcriptNamed('unit/01-first-map-allocates-slot.jsonl');
    const [header = ''] = text.split('\n');
    for (const [bad, message] of [
      ['', 'x.jsonl:1: the file is empty'],
      [`${header}\n{"op":"nothing"}\n`, 'x.jsonl:2: unknown op'],
    ] as const)
      expect(() => transcriptRecording(bad, 'x.jsonl')).to.throw(ReadError, message);
    const dangling = `${header}\n{"op":"unmap_page","id":7,"iommu":[]}\n`;
    const playback = new Playback(transcriptRecording(dangling, 'x.jsonl'));
    expect(() => playback.frame(1)).to.throw(ReadError, 'x.jsonl:2: unmap_page: nothing is mapped');
  });

  it('counts calls of the driver for both machines, and no exits', () => {
    const playback = new Playback(
      transcriptRecording(
        transcriptNamed('unit/02-reuse-from-cache-maps-nothing.jsonl').text,
        'x.jsonl',
      ),
    );
    const { counts, countsWithout } = playback.frame(playback.length);
    expect(counts.exits).to.equal(null);
    expect(countsWithout.exits).to.equal(null);
    expect(counts.requests).to.be.below(countsWithout.requests);
    expect(counts.copiedBytes).to.be.above(0);
    expect(countsWithout.copiedBytes).to.equal(0);
  });
});
