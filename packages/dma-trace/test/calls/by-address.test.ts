// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import fc from 'fast-check';
import { ByAddress } from '../../src/calls/by-address';
import { Chain, type Linked } from '../../src/calls/chain';

/** Few, so that they come again: pages, addresses within them, above 4 GiB, and at the end of all addresses. */
const address = fc.oneof(
  fc.nat(40).map((n) => n * 4096),
  fc.nat(40).map((n) => 2 ** 32 * n + 0xfff00000),
  fc.nat(9),
  fc.constant(2 ** 64 - 2048),
);

const step = fc.record({ address, put: fc.boolean(), value: fc.nat(1000) });

describe('ByAddress', () => {
  it('does what a Map does, in the same order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const map = new Map<number, number>();
        const ours = new ByAddress<number>();
        for (const { address: at, put, value } of steps) {
          expect(ours.get(at)).to.equal(map.get(at));
          expect(ours.has(at)).to.equal(map.has(at));
          if (put) {
            map.set(at, value);
            ours.set(at, value);
          } else expect(ours.delete(at)).to.equal(map.delete(at));
          expect(ours.size).to.equal(map.size);
        }
        expect([...ours.keys()]).to.deep.equal([...map.keys()]);
        expect([...ours.values()]).to.deep.equal([...map.values()]);
        for (const [at, value] of map) expect(ours.get(at)).to.equal(value);
      }),
    );
  });

  it('lets the entry at hand be deleted', () => {
    const ours = new ByAddress<number>();
    for (let i = 0; i < 50; i++) ours.set(i * 4096, i);
    const seen: number[] = [];
    for (const at of ours.keys()) {
      seen.push(at / 4096);
      if (at % 8192 === 0) ours.delete(at);
    }
    expect(seen).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
    expect(ours.size).to.equal(25);
  });
});

interface One extends Linked<One> {
  readonly value: number;
}

describe('Chain', () => {
  it('keeps the order of those that stay, and lets go of those that do not', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (choices) => {
        const chain = new Chain<One>();
        const expected: One[] = [];
        choices.forEach((choice, value) => {
          if (choice % 3 > 0 || expected.length === 0) {
            const one: One = { value, before: null, after: null };
            chain.add(one);
            expected.push(one);
            return;
          }
          const [gone] = expected.splice(choice % expected.length, 1) as [One];
          chain.remove(gone);
          expect([gone.before, gone.after]).to.deep.equal([null, null]);
        });
        expect([...chain].map(({ value }) => value)).to.deep.equal(expected.map((o) => o.value));
        expect(chain.size).to.equal(expected.length);
        expect(chain.first).to.equal(expected[0] ?? null);
      }),
    );
  });
});
