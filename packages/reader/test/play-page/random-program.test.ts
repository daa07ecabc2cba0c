// SPDX-License-Identifier: GPL-2.0-only
// Random programs on the port: they run to their end, and each question about them has the port's answer.

import { expect } from 'chai';
import fc from 'fast-check';
import type { Frame } from '../../src/play/frame';
import type { Steps } from '../../src/play/contract';
import { type Question, questionFor } from '../../src/play/predict';
import { randomProgram } from '../../src/play/random-program';
import { sizeText } from '../../src/words';
import { programSteps } from './play-file';

const LONG = process.env['TEST_LONG'] === '1';
const seeds = fc.nat(2 ** 32 - 1);

function framesOf(steps: Steps): Frame[] {
  return Array.from({ length: steps.length + 1 }, (_, i) => steps.frame(i));
}

/** What is right, told from the frames in another way than the question was made. */
function rightBy(kind: Question['kind'], before: Frame, after: Frame): RegExp {
  const ids = new Set(before.mappings.map(({ id }) => id));
  const made = after.mappings.find(({ id }) => !ids.has(id));
  const classOf = (at: NonNullable<(typeof after.mappings)[0]['slot']>) =>
    after.pools[at.pool]?.classes[at.klass];
  switch (kind) {
    case 'requests': {
      const requests = after.counts.requests - before.counts.requests;
      return requests === 0 ? /^none$/ : new RegExp(`^${String(requests)} requests?$`);
    }
    case 'slot': {
      if (!made?.slot) return /^none/;
      const size = sizeText(classOf(made.slot)?.bufferSize ?? 0);
      return new RegExp(`^slot ${String(made.slot.slot)} of the ${size} class, from the `);
    }
    case 'served': {
      if (!made) return /the call fails$/;
      if (!made.slot) return /^no: /;
      const { state } = before.pools[made.slot.pool]?.classes[made.slot.klass]?.slots[
        made.slot.slot
      ] ?? { state: 'lost' };
      return state === 'empty' ? /with an empty slot/ : /with a cached slot/;
    }
    case 'copy': {
      const ways = new Set(after.copies.map(({ from }) => from));
      if (ways.size !== 1) return ways.size === 0 ? /^nothing/ : /^both/;
      return ways.has('original') ? /to the bounce buffer$/ : /^from the bounce buffer/;
    }
    case 'after-unmap': {
      const [gone] = after.ended;
      const at = gone?.dmaAddress ?? -1;
      const found = after.ranges.find(({ iova, size }) => at >= iova && at < iova + size);
      const words = { RO: /^read$/, WO: /^write$/, RW: /^read and write$/ };
      return found ? words[found.access] : /^nothing/;
    }
    case 'unwanted': {
      const bytes = after.ranges.reduce((sum, r) => sum + (r.wanted ? 0 : r.size), 0);
      return bytes === 0 ? /^nothing$/ : new RegExp(`^${sizeText(bytes)}$`);
    }
    case 'evicted': {
      const empty = (frame: Frame): number =>
        frame.pools.flatMap((pool) => pool.classes).reduce((sum, c) => sum + c.empty.length, 0);
      return new RegExp(`^${String(empty(after) - empty(before))}$`);
    }
    case 'old': {
      const slots = after.pools.flatMap((pool) => pool.classes).flatMap((one) => one.slots);
      return new RegExp(`^${String(slots.filter(({ old }) => old).length)}$`);
    }
  }
}

describe('randomProgram', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(randomProgram(5)).to.deep.equal(randomProgram(5));
    expect(randomProgram(5)).not.to.deep.equal(randomProgram(6));
  });

  it('runs on the port to its end, and leaves nothing mapped or cached @long', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const frames = framesOf(programSteps(randomProgram(seed)));
        for (const { result } of frames) expect(result).not.to.match(/oops|not run|fault/);
        const last = frames.at(-1);
        expect(last?.mappings).to.deep.equal([]);
        expect(last?.ranges.filter(({ wanted }) => !wanted)).to.deep.equal([]);
      }),
      { numRuns: LONG ? 8 : 3 },
    );
  }).timeout(60_000);

  it('has questions whose right choice is what the port does, and no other @long-only', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(seeds, seeds, (seed, quiz) => {
        const frames = framesOf(programSteps(randomProgram(seed)));
        for (const [i, after] of frames.slice(1).entries()) {
          const before = frames[i];
          const one = before && questionFor(before, after, quiz, 'request');
          if (!before || !one) continue;
          kinds.add(one.kind);
          const right = rightBy(one.kind, before, after);
          const fitting = one.choices.filter((choice) => right.test(choice));
          expect(fitting, `${one.text} (step ${String(i + 1)})`).to.deep.equal([
            one.choices[one.right],
          ]);
        }
      }),
      { numRuns: 8 },
    );
    expect([...kinds].sort()).to.deep.equal([
      ...['after-unmap', 'copy', 'evicted', 'old', 'requests', 'served', 'slot', 'unwanted'],
    ]);
  }).timeout(60_000);
});
