// SPDX-License-Identifier: GPL-2.0-only
// Forward, back and at random: the same frames, whatever was asked before, and with few of them kept.

import { expect } from 'chai';
import fc from 'fast-check';
import { callRecording } from '../../src/play/call-recording';
import type { Frame } from '../../src/play/frame';
import { Playback } from '../../src/play/playback';
import { randomProgram } from '../../src/play/random-program';
import type { Recording } from '../../src/play/recording';
import { scenarios } from '../../src/play/scenarios';
import { transcriptRecording } from '../../src/play/transcript-recording';
import { expectSound, textOf, transcriptNamed } from './fixtures';

const LONG = process.env['TEST_LONG'] === '1';

/** Every frame, of one execution from the first to the last step. */
function allFrames(recording: Recording): string[] {
  const { run, first } = recording.begin();
  const frames: Frame[] = [first];
  while (run.at < recording.length) frames.push(run.step());
  return frames.map(textOf);
}

/** So few that each walk has to execute again and again. */
const TIGHT = { mostWeight: 2000, mostRuns: 2, window: 5 };

const RECORDINGS: readonly (readonly [string, () => Recording])[] = [
  ...['unit/06-slots-exhausted-falls-back.jsonl', 'random/004.jsonl'].map(
    (name) => [name, () => transcriptRecording(transcriptNamed(name).text, 'x.jsonl')] as const,
  ),
  ...(LONG ? scenarios : scenarios.slice(0, 4)).map(
    (one) => [one.name, () => callRecording(one)] as const,
  ),
];

describe('Playback', () => {
  for (const [name, make] of RECORDINGS)
    it(`gives the same frames on any walk: ${name} @long`, () => {
      const recording = make();
      const expected = allFrames(recording);
      const walk = fc.array(
        fc.oneof(
          fc.record({ to: fc.nat(recording.length) }),
          fc.record({ by: fc.integer({ min: -12, max: 12 }) }),
        ),
        { maxLength: 25 },
      );
      fc.assert(
        fc.property(walk, (moves) => {
          const playback = new Playback(recording, TIGHT);
          let at = 0;
          for (const move of moves) {
            const wanted = 'to' in move ? move.to : at + move.by;
            at = Math.min(Math.max(wanted, 0), recording.length);
            expect(textOf(playback.frame(at))).to.equal(expected[at]);
          }
        }),
        { numRuns: LONG ? 6 : 2 },
      );
    }).timeout(400_000);

  it('goes back through a recording with few executions @long-only', () => {
    const recording = transcriptRecording(transcriptNamed('random/004.jsonl').text, 'x.jsonl');
    let begun = 0;
    const counted: Recording = {
      ...recording,
      begin: () => {
        begun++;
        return recording.begin();
      },
    };
    const playback = new Playback(counted, { window: 50 });
    playback.frame(recording.length);
    for (let step = recording.length; step >= 0; step--) playback.frame(step);
    expect(begun).to.be.at.most(3 + recording.length / 50);
  }).timeout(60_000);

  it('refuses steps that are not there', () => {
    const [scenario] = scenarios;
    if (!scenario) throw new Error('no scenario');
    const playback = new Playback(callRecording(scenario));
    for (const step of [-1, 0.5, playback.length + 1, NaN])
      expect(() => playback.frame(step)).to.throw(RangeError, `expected 0 to`);
  });

  it('has sound frames of random programs @long', () => {
    fc.assert(
      fc.property(fc.nat(1e6), (seed) => {
        const playback = new Playback(callRecording(randomProgram(seed)));
        for (let step = 0; step <= playback.length; step++) expectSound(playback.frame(step));
      }),
      { numRuns: LONG ? 40 : 4 },
    );
  }).timeout(400_000);

  it('fails at a step that cannot be done each time it is asked for, and not before it @long-only', () => {
    const lines = transcriptNamed('random/003.jsonl').text.split('\n');
    const first = lines.findIndex((line) => line.includes('"map_page"'));
    const text = lines.filter((_, i) => i !== first).join('\n');
    const recording = transcriptRecording(text, 'x.jsonl');
    const [message] = [() => new Playback(recording).frame(recording.length)].map(messageOf);
    expect(message).to.match(/^x\.jsonl:\d+: /);
    const last = Array.from({ length: recording.length }, (_, i) => i).find(
      (step) => messageOf(() => new Playback(recording).frame(step + 1)) !== null,
    );
    const playback = new Playback(recording);
    expect(playback.frame(last ?? 0).step).to.equal(last);
    for (const step of [1, 1, 2, 1])
      expect(messageOf(() => playback.frame((last ?? 0) + step))).to.equal(message);
    expect(playback.frame(last ?? 0).step).to.equal(last);
  });
});

/** What a call throws; null if it does not. */
function messageOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
