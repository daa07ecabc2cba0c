// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import fc from 'fast-check';
import { FrameArena } from '../../src/calls/frame-arena';

describe('FrameArena', () => {
  it('keeps alignment, and a page free behind each window', () => {
    const run = fc.record({ pfn: fc.nat(2 ** 24), pages: fc.integer({ min: 1, max: 700 }) });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 60 }), fc.array(fc.boolean()), (runs, frees) => {
        const arena = new FrameArena(1, 2 ** 30);
        const taken: { start: number; pages: number; give: () => void }[] = [];
        runs.forEach(({ pfn, pages }, i) => {
          const wanted = { phys: pfn * 4096, pages };
          const start = arena.take(wanted);
          const kept = Math.min(512, 2 ** Math.ceil(Math.log2(pages)));
          expect(start % kept).to.equal(pfn % kept);
          for (const other of taken)
            expect(start > other.start + other.pages || start + pages < other.start).to.equal(true);
          taken.push({
            start,
            pages,
            give: () => {
              arena.put(wanted, start);
            },
          });
          if (frees[i] === true) taken.shift()?.give();
        });
      }),
    );
  });

  it('hands the same window out again, so that it does not grow', () => {
    const arena = new FrameArena(1, 2 ** 20);
    const run = { phys: 0x7000, pages: 3 };
    arena.put(run, arena.take(run));
    const used = arena.used;
    for (let i = 0; i < 1000; i++) arena.put(run, arena.take(run));
    expect(arena.used).to.equal(used);
  });

  it('says when there is no room', () => {
    const arena = new FrameArena(1, 4);
    expect(arena.take({ phys: 0, pages: 1 })).to.be.above(0);
    expect(arena.take({ phys: 0, pages: 64 })).to.equal(-1);
  });
});
