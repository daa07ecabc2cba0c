// SPDX-License-Identifier: GPL-2.0-only
// The pool of threads: what fails is tried again, what dies loses nothing; rows come in the order of points.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import type { Engine, PointOutcome, PointTask } from '../../src/sweep/engine';
import { LocalPool } from '../../src/sweep/pool';
import type { Point, Points } from '../../src/sweep/points';
import { sweep } from '../../src/sweep/run';
import { withFolder } from '../commands/run-cli';

const STUB = join(__dirname, 'stub-worker.cjs');

async function outcomes(...what: string[]): Promise<readonly (readonly [PointOutcome, number])[]> {
  return withFolder(async (folder) => {
    const pool = await LocalPool.start(2, STUB);
    try {
      const file = (i: number): string => join(folder, String(i));
      const all = await Promise.all(
        what.map((one, i) => pool.run({ hash: String(i), args: [one, file(i)], columns: [] })),
      );
      return all.map((outcome, i) => [outcome, statSync(file(i)).size] as const);
    } finally {
      await pool.close();
    }
  });
}

const row = (what: string): PointOutcome => ({ row: { status: 0, values: [what] } });

describe('the pool of threads', () => {
  it('runs a point again that fails, and gives up after three tries', async () => {
    expect(await outcomes('fine', 'fails', 'fails-twice', 'fine')).to.deep.equal([
      [row('fine'), 1],
      [{ error: 'no way', tries: 3 }, 3],
      [row('fails-twice'), 3],
      [row('fine'), 1],
    ]);
  });

  it('loses nothing when a thread dies in the middle', async () => {
    const what = ['fine', 'dies-once', 'fine', 'fine', 'dies-once', 'fine'];
    const all = await outcomes(...what);
    expect(all.map(([outcome]) => outcome)).to.deep.equal(what.map(row));
    expect(all.map(([, tries]) => tries)).to.deep.equal([1, 2, 1, 1, 2, 1]);
  });

  it('reports a point that kills each thread, and runs the others', async () => {
    const all = await outcomes('dies', 'fine', 'dies', 'fine', 'fine', 'fine');
    expect(all[0]).to.deep.equal([{ error: 'worker exited with code: 9', tries: 3 }, 3]);
    for (const i of [1, 3, 4, 5]) expect(all[i]).to.deep.equal([row('fine'), 1]);
  });

  it('says where the bundle of its threads is missing', async () => {
    const none = join(__dirname, 'none.cjs');
    expect(existsSync(none)).to.equal(false);
    const error = await LocalPool.start(1, none).catch((reason: unknown) => reason);
    expect(String(error)).to.include('the package is not built');
  });
});

/** Points without a spec: only their number counts. */
function numbered(count: number, made: (index: number) => void = () => undefined): Points {
  return {
    *from(from = 0): Generator<Point> {
      for (let index = from; index < count; index++) {
        made(index);
        yield { index, values: [], args: [String(index)], hash: String(index) };
      }
    },
  } as Partial<Points> as Points;
}

/** Ends points in any order. */
function slow(depth: number, run: (task: PointTask) => Promise<PointOutcome>): Engine {
  return { depth, run, close: () => Promise.resolve() };
}

describe('a sweep', () => {
  it('writes in the order of points, and takes few points ahead of the one it waits for', async () => {
    const seed = 11;
    const next = random(seed);
    const written: number[] = [];
    let [running, most, ahead] = [0, 0, 0];
    await sweep({
      points: numbered(500, (index) => {
        ahead = Math.max(ahead, index - written.length);
      }),
      columns: [],
      engine: slow(3, async ({ hash }) => {
        most = Math.max(most, ++running);
        const ticks = hash === '7' ? 400 : next.below(5);
        for (let i = 0; i < ticks; i++) await new Promise(setImmediate);
        running--;
        return row(hash);
      }),
      from: 0,
      add: ({ index }, outcome) => {
        expect(outcome).to.deep.equal(row(String(index)));
        written.push(index);
      },
      progress: (added) => {
        expect(added).to.equal(written.length);
      },
    });
    expect(written, `seed ${String(seed)}`).to.deep.equal(Array.from({ length: 500 }, (_, i) => i));
    expect(most).to.equal(3);
    // Point 7 is slow: what comes after it waits, but not without end.
    expect(ahead).to.be.within(50, 3 * 32);
  });

  it('stops at the first row that cannot be written', async () => {
    let started = 0;
    const error = await sweep({
      points: numbered(100),
      columns: [],
      engine: slow(2, ({ hash }) => {
        started++;
        return Promise.resolve(row(hash));
      }),
      from: 10,
      add: ({ index }) => {
        if (index === 20) throw new Error('full');
      },
      progress: () => undefined,
    }).catch((reason: unknown) => reason);
    expect(String(error)).to.equal('Error: full');
    expect(started).to.be.within(11, 13);
  });
});
