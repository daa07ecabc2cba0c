// SPDX-License-Identifier: GPL-2.0-only
// The searches beside the findings: whatever order their pieces end in, they find the same.

import { expect } from 'chai';
import { type SearchPart, type SearchTask, runSearchTask, runSearches } from '../../src';

/** Takes long for none of them: what a task finds follows from the task. */
function found(task: SearchTask): SearchPart {
  if (task.search === 'operations')
    return { count: 1000 + (task.seed % 7), failures: task.seed === 9 ? ['broken'] : [] };
  const failures = [`finding 17: ${task.scenario.slice(0, 1)}`];
  return task.search === 'faults'
    ? { count: task.pairs, failures }
    : { count: task.limit, failures: [] };
}

/** Ends the tasks in an order that a seed draws. */
function disordered(
  seed: number,
  ran: SearchTask[] = [],
): (task: SearchTask) => Promise<SearchPart> {
  const waiting: (() => void)[] = [];
  let state = seed;
  return async (task) => {
    ran.push(task);
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      setImmediate(() => {
        state = (state * 1103515245 + 12345) % 2 ** 31;
        waiting.splice(state % waiting.length, 1)[0]?.();
      });
    });
    return found(task);
  };
}

describe('runSearches', () => {
  it('finds the same whatever order the tasks end in, and however many run at once', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const options = { seconds: 30, seed: 1 };
    const one = await runSearches(found, options);
    for (const atOnce of [2, 3, 16, 200])
      expect(
        await runSearches(disordered(seed), { ...options, atOnce }),
        `seed ${String(seed)}, ${String(atOnce)} at once`,
      ).to.deep.equal(one);
  });

  it('counts operations up to the first failure, and leaves out what was tried behind it', async () => {
    const { kind, count, failures } = (await runSearches(found, { seconds: 90, seed: 6 }))[0] ?? {};
    // Seeds 6, 7, 8 and 9.
    expect([kind, count]).to.deep.equal(['operations', 1006 + 1000 + 1001 + 1002]);
    expect(failures).to.deep.equal([
      'checkModel({ seed: 6, operations: 90000, stage: 4 }): broken',
    ]);
  });

  it('stops when as many operations were tried as are wanted', async () => {
    const ran: SearchTask[] = [];
    const [operations] = await runSearches(disordered(1, ran), { seconds: 3, seed: 10 });
    expect(operations?.count).to.be.within(3000, 4010);
    expect(ran.filter(({ search }) => search === 'operations')).to.have.length(3);
  });

  it('counts a failure of several scenarios in one line', async () => {
    const [, faults] = await runSearches(found, { seconds: 3, seed: 10 });
    expect(faults?.failures).to.include('finding 17: p, in 2 of the runs'); // plug, pages
  });

  it('draws what checkModel draws, 32 bits of seed round', async () => {
    const seeds: number[] = [];
    await runSearches(
      (task) => {
        if (task.search === 'operations') seeds.push(task.seed);
        return { count: 1000, failures: [] };
      },
      { seconds: 6, seed: 2 ** 31 - 1 },
    );
    expect(seeds.slice(0, 2)).to.deep.equal([2 ** 31 - 1, -(2 ** 31)]);
    expect(runSearchTask({ search: 'operations', seed: seeds[1] ?? 0 }).count).to.be.greaterThan(1);
  });

  it('tells how much is done, up to all of it', async () => {
    const shares: number[] = [];
    await runSearches(found, {
      ...{ seconds: 30, seed: 10, atOnce: 4 },
      progress: (_, share) => shares.push(share),
    });
    expect(shares).to.deep.equal([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).to.be.closeTo(1, 1e-9);
  });

  it('knows no other scenario', () => {
    expect(() => runSearchTask({ search: 'faults', scenario: 'x', pairs: 0 })).to.throw(
      "'x' is no scenario of faults",
    );
  });
});
