// SPDX-License-Identifier: GPL-2.0-only
// Runs and episodes against plain arrays that have an entry for each byte.

import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { KINDS } from '@iommu-bounce/safety';
import { Exposures } from '../../src/oracle/exposures';
import { Runs } from '../../src/oracle/runs';

const PAGE = 4096;

describe('Runs', () => {
  it('are what an array with an entry for each byte is', () => {
    const source = random(0x5afe);
    const runs = new Runs(0);
    const bytes = new Array<number>(PAGE).fill(0);
    for (let i = 0; i < 2000; i++) {
      const from = source.below(PAGE);
      const to = Math.min(PAGE, from + source.below(source.chance(80) ? 64 : PAGE));
      const value = source.below(4);
      runs.set(from, to, value);
      bytes.fill(value, from, to);
      if (i % 50 !== 0) continue;
      const all = bytes.map((_, at) => runs.at(at));
      expect(all, source.toString()).to.deep.equal(bytes);
      expect(
        runs.list.values
          .slice(0, runs.list.count)
          .some((one, at, all) => at > 0 && one === all[at - 1]),
        'neighbours differ',
      ).to.equal(false);
    }
  });
});

describe('Exposures', () => {
  it('count what a byte-by-byte account counts', () => {
    const source = random(0xb17e);
    const exposures = new Exposures();
    const kinds = new Array<number>(PAGE).fill(0);
    const since = new Array<number>(PAGE).fill(0);
    const bytes = new Float64Array(KINDS);
    const byteNs = new Float64Array(KINDS);
    const longest = new Float64Array(KINDS);
    let now = 0;
    const close = (at: number): void => {
      const [kind = 0, ns] = [kinds[at], now - (since[at] ?? 0)];
      if (kind === 0 || ns === 0) return;
      bytes[kind] = (bytes[kind] ?? 0) + 1;
      byteNs[kind] = (byteNs[kind] ?? 0) + ns;
      longest[kind] = Math.max(longest[kind] ?? 0, ns);
    };
    const target = new Runs(0);
    for (let i = 0; i < 400; i++) {
      now += source.below(3);
      const from = source.below(PAGE);
      target.set(from, Math.min(PAGE, from + source.below(500)), source.below(4));
      exposures.set(7, target.list, now);
      for (let at = 0; at < PAGE; at++) {
        const kind = target.at(at);
        if (kinds[at] === kind) continue;
        close(at);
        kinds[at] = kind;
        since[at] = now;
      }
      if (source.chance(20)) {
        const first = source.below(PAGE);
        const end = Math.min(PAGE, first + source.below(500));
        exposures.recast(7, first, end, 2, 3);
        for (let at = first; at < end; at++) if (kinds[at] === 2) kinds[at] = 3;
      }
      expect(exposures.now()).to.equal(kinds.filter((kind) => kind !== 0).length);
    }
    now += 5;
    for (let at = 0; at < PAGE; at++) close(at);
    exposures.finish(now);
    expect([...exposures.bytes], source.toString()).to.deep.equal([...bytes]);
    expect([...exposures.byteNs], source.toString()).to.deep.equal([...byteNs]);
    expect([...exposures.longest], source.toString()).to.deep.equal([...longest]);
    expect(exposures.area).to.equal(byteNs.reduce((sum, ns) => sum + ns, 0));
  });

  it('do not break an episode of bytes whose kind stays', () => {
    const exposures = new Exposures();
    const target = new Runs(0);
    target.set(0, 100, 2);
    exposures.set(1, target.list, 10);
    target.set(0, 50, 3);
    exposures.set(1, target.list, 20);
    exposures.finish(40);
    expect([exposures.bytes[2], exposures.longest[2], exposures.byteNs[2]]).to.deep.equal([
      100,
      30,
      50 * 10 + 50 * 30,
    ]);
    expect([exposures.bytes[3], exposures.longest[3]]).to.deep.equal([50, 20]);
  });
});
