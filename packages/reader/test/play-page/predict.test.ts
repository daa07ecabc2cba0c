// SPDX-License-Identifier: GPL-2.0-only
// "Predict": each question has one right choice, and it is what the next frame shows.

import { expect } from 'chai';
import fc from 'fast-check';
import type { Access, Frame, SlotFrame } from '../../src/play/frame';
import { type Question, questionFor } from '../../src/play/predict';
import { randomFrom } from '../../src/play/random';
import { IOVA_BASE, frame, klass, mapping, pool, range } from './hand-frames';

const READ = { state: 'in-use', access: 'RO' } as const;
const CACHED = { state: 'cached', access: 'RO' } as const;
const MAP = 'dma_map_page(dev 0, buf 1, 4096, DMA_TO_DEVICE)';

/** All questions that there are about a step, by their kind. */
function questions(before: Frame, after: Frame): Map<string, Question> {
  const found = new Map<string, Question>();
  for (let seed = 0; seed < 200; seed++) {
    const one = questionFor(before, after, seed, 'request');
    if (one) found.set(one.kind, one);
  }
  return found;
}

function rightOf(found: Map<string, Question>, kind: string): string | undefined {
  const one = found.get(kind);
  return one?.choices[one.right];
}

const slots = fc.dictionary(
  fc.nat(7).map(String),
  fc.record({
    state: fc.constantFrom<SlotFrame['state'][]>('in-use', 'cached', 'empty', 'lost'),
    access: fc.constantFrom<Access[]>('RO', 'WO', 'RW'),
    old: fc.boolean(),
  }),
);
const someFrame = (step: number): fc.Arbitrary<Frame> =>
  fc
    .record({
      used: slots,
      call: fc.constantFrom(
        MAP,
        'dma_unmap_page(mapping 0)',
        'dma_sync_single_for_cpu()',
        '5 ms pass',
      ),
      time: fc.nat(9),
      requests: fc.nat(4),
      without: fc.nat(4),
      copies: fc.array(
        fc.record({ from: fc.constantFrom('original', 'bounce'), bytes: fc.nat(9) }),
      ),
      ids: fc.uniqueArray(fc.nat(5)),
      bounced: fc.boolean(),
      slot: fc.option(fc.nat(7), { nil: null }),
      ranges: fc.uniqueArray(fc.nat(7)),
      wanted: fc.boolean(),
    })
    .map((r) =>
      frame(step, {
        call: r.call,
        timeMs: step * 10 + r.time,
        pools: [pool(klass(8, r.used))],
        mappings: r.ids.map((id) =>
          mapping(id, {
            bounced: r.bounced,
            slot: r.slot === null ? null : { pool: 0, klass: 0, slot: r.slot },
          }),
        ),
        ended: r.ids.slice(0, 1).map((id) => mapping(id)),
        ranges: r.ranges.map((i) => range(IOVA_BASE + i * 4096, 4096, { wanted: r.wanted })),
        copies: r.copies,
        counts: { requests: step * 5 + r.requests, exits: null, copiedBytes: 0 },
        countsWithout: { requests: step * 5 + r.without, exits: null, copiedBytes: 0 },
      }),
    );

describe('questionFor', () => {
  it('has different choices, one of them right, and the same ones for the same seed', () => {
    const seeds = fc.nat(2 ** 32 - 1);
    fc.assert(
      fc.property(someFrame(1), someFrame(2), seeds, (before, after, seed) => {
        const one = questionFor(before, after, seed, 'request');
        expect(questionFor(before, after, seed, 'request')).to.deep.equal(one);
        if (one === null) return;
        expect(new Set(one.choices).size).to.equal(one.choices.length);
        expect(one.choices.length).to.be.within(2, 4);
        expect(one.right).to.be.within(0, one.choices.length - 1);
      }),
    );
  });

  it('asks nothing where there is no pool', () => {
    expect(questions(frame(0), frame(1, { call: MAP, mappings: [mapping(0)] })).size).to.equal(0);
  });

  it('asks about a map from the empty list', () => {
    const before = frame(0, { pools: [pool(klass(8))] });
    const after = frame(1, {
      call: MAP,
      pools: [pool(klass(8, { 0: READ }))],
      mappings: [mapping(0)],
      ranges: [range(IOVA_BASE, 4096)],
      copies: [{ from: 'original', bytes: 4096 }],
      counts: { requests: 1, exits: 1, copiedBytes: 4096 },
    });
    const found = questions(before, after);
    expect([...found.keys()].sort()).to.deep.equal([
      'copy',
      'requests',
      'served',
      'slot',
      'unwanted',
    ]);
    expect(rightOf(found, 'slot')).to.equal('slot 0 of the 4 KiB class, from the empty list');
    expect(rightOf(found, 'served')).to.match(/^yes, with an empty slot/);
    expect(rightOf(found, 'requests')).to.equal('1 request');
    expect(rightOf(found, 'copy')).to.equal('from the driver’s memory to the bounce buffer');
    expect(rightOf(found, 'unwanted')).to.equal('nothing');
  });

  it('asks about a map from a cache, and one that falls back', () => {
    const before = frame(1, {
      pools: [pool(klass(2, { 0: READ, 1: CACHED }))],
      mappings: [mapping(0)],
    });
    const cached = frame(2, {
      call: MAP,
      pools: [pool(klass(2, { 0: READ, 1: READ }))],
      mappings: [mapping(0), mapping(1, { slot: { pool: 0, klass: 0, slot: 1 } })],
    });
    expect(rightOf(questions(before, cached), 'slot')).to.equal(
      'slot 1 of the 4 KiB class, from the cached RO list',
    );
    expect(rightOf(questions(before, cached), 'served')).to.match(/^yes, with a cached slot/);
    const direct = frame(2, {
      call: MAP,
      pools: before.pools,
      mappings: [mapping(0), mapping(1, { bounced: false, slot: null })],
    });
    expect(rightOf(questions(before, direct), 'slot')).to.match(/^none/);
    expect(rightOf(questions(before, direct), 'served')).to.match(/^no: an ordinary mapping/);
    const failed = frame(2, { call: MAP, pools: before.pools, mappings: before.mappings });
    expect(rightOf(questions(before, failed), 'served')).to.match(/the call fails/);
  });

  it('asks what the device can do after an unmap', () => {
    const before = frame(1, {
      pools: [pool(klass(8, { 0: READ }))],
      mappings: [mapping(0)],
      ranges: [range(IOVA_BASE, 4096)],
    });
    const after = frame(2, {
      call: 'dma_unmap_page(mapping 0)',
      pools: [pool(klass(8, { 0: CACHED }))],
      ended: [mapping(0)],
      ranges: [range(IOVA_BASE, 4096, { wanted: false })],
    });
    expect(rightOf(questions(before, after), 'after-unmap')).to.equal('read');
    expect(rightOf(questions(before, after), 'unwanted')).to.equal('4 KiB');
    const gone = { ...after, ranges: [] };
    expect(rightOf(questions(before, gone), 'after-unmap')).to.equal('nothing: the access faults');
  });

  it('asks what time does', () => {
    const before = frame(1, {
      pools: [pool(klass(8, { 0: { ...CACHED, old: true }, 1: CACHED }))],
    });
    const after = frame(2, {
      call: '5000 ms pass',
      timeMs: 5000,
      pools: [pool(klass(8, { 1: { ...CACHED, old: true } }))],
      counts: { requests: 1, exits: 1, copiedBytes: 0 },
    });
    const found = questions(before, after);
    expect(rightOf(found, 'evicted')).to.equal('1');
    expect(rightOf(found, 'old')).to.equal('1');
    expect(rightOf(found, 'requests')).to.equal('1 request');
  });
});

describe('randomFrom', () => {
  it('is the same for the same seeds, and spreads', () => {
    const draw = (...seeds: number[]): number[] => {
      const random = randomFrom(...seeds);
      return Array.from({ length: 20 }, () => random.below(1000));
    };
    expect(draw(1, 2)).to.deep.equal(draw(1, 2));
    expect(draw(1, 2)).not.to.deep.equal(draw(2, 1));
    expect(new Set(draw(7)).size).to.be.above(15);
    const random = randomFrom(3);
    const drawn = Array.from({ length: 4000 }, () => random.below(4));
    for (let i = 0; i < 4; i++) expect(drawn.filter((n) => n === i).length).to.be.within(850, 1150);
  });

  it('shuffles without losing or doubling', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(), (list, seed) => {
        const byValue = (a: number, b: number): number => a - b;
        expect(randomFrom(seed).shuffled(list).sort(byValue)).to.deep.equal(
          [...list].sort(byValue),
        );
      }),
    );
    expect(() => randomFrom(1).pick([])).to.throw(RangeError, 'the list is empty');
  });
});
