// SPDX-License-Identifier: GPL-2.0-only
// Populations of a calibration as points of an engine: wherever they run, the calibration is the same to the byte.

import { existsSync } from 'node:fs';
import { expect } from 'chai';
import sinon from 'sinon';
import {
  CALIBRATION,
  type Calibration,
  type Chain,
  type ChainTask,
  Walk,
  calibrate,
  calibrateOn,
} from '@iommu-bounce/simulation';
import { chainOf, chainPoint, rowOf, runChainPoint } from '../../src/sweep/chain-point';
import type { PointOutcome, PointRow } from '../../src/sweep/engine';
import { LocalPool, WORKER_FILE } from '../../src/sweep/pool';
import { type CliResult, cli } from '../commands/run-cli';
import { stubPool } from './stub-pool';

const LONG = process.env['TEST_LONG'] === '1';

/** As threads and Redis give it back. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('a population as a point', () => {
  it('comes back as it was, to the last bit', () => {
    const chain: Chain = {
      ...{ walkers: 2, arrived: 1, triedWanted: 30, foundWanted: 7, tried: 1e9 },
      places: Float64Array.of(0.1 + 0.2, 5e-324, 1e300, Math.PI),
    };
    const back = chainOf(sent(rowOf(chain)));
    expect(back).to.deep.equal(chain);
  });

  it('that found nothing says so in its row, and is not tried again', () => {
    const chain: Chain = { best: { vmexitNs: 1234.5 }, excess: 0.1 + 0.2 };
    const row = rowOf(chain);
    expect(row.status).to.equal(1);
    expect(chainOf(sent(row))).to.deep.equal(chain);
  });
});

describe('iommu-bounce calibrate', () => {
  for (const [args, message] of [
    [['--jobs', '0'], "--jobs: expected a whole number from 1 to 1024, got '0'"],
    [['--jobs', '-1'], "--jobs: expected a whole number from 1 to 1024, got '-1'"],
    [['--queue', 'redis://127.0.0.1:1'], '--queue: no Redis can be used at 127.0.0.1:1'],
    [['--queue', 'nowhere'], '--queue: expected redis://HOST:PORT'],
    [['--queue', 'redis://h', '--jobs', '2'], '--jobs: with --queue workers run them'],
  ] as const)
    it(`ends with status 2: ${args.join(' ')}`, async () => {
      const { status, out, err } = await cli('calibrate', ...args);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.include(message);
      expect(err.split('\n')).to.have.length(2);
    });

  it('prints what populations found that a pool ran, each with a seed of its own', async () => {
    const asked: ChainTask[] = [];
    const { status, out, err } = await onEngine((task) => {
      asked.push(task);
      return Promise.resolve({ row: rowOf({ best: { vmexitNs: 1 }, excess: asked.length }) });
    }, '--jobs=3');
    expect([status, out]).to.deep.equal([1, '']);
    expect(err).to.match(/the best is out by 1\.00; another --seed may find one\n$/);
    // Four of all figures and four of two columns, whose seed is the next one.
    expect(asked.map(({ from }) => from.length)).to.deep.equal([4, 4, 4, 4, 2, 2, 2, 2]);
    expect(new Set(asked.map(({ seed }) => seed)).size).to.equal(8);
  });

  if (LONG)
    it('says of a failed search the same for any number of threads @long', async () => {
      // With a short search nobody arrives.
      const anneal = sinon.stub(Walk.prototype, 'anneal');
      anneal.callsFake(function (this: Walk, sweeps) {
        return anneal.wrappedMethod.call(this, sweeps / 150);
      });
      try {
        const one = await cli('calibrate', '--sets', '100', '--seed', '3', '--jobs', '1');
        expect([one.status, one.out]).to.deep.equal([1, '']);
        expect(one.err).to.match(/the best is out by \d+\.\d\d; another --seed may find one\n$/);
        const three = await onEngine(
          (task) => Promise.resolve({ row: runChainPoint(chainPoint(task)) }),
          ...['--seed', '3', '--jobs', '3'],
        );
        expect(three).to.deep.equal(one);
      } finally {
        anneal.restore();
      }
    });

  if (LONG)
    it('is the same in threads, whatever order its populations end in, agrees with the committed one, and is what it prints @long', async function () {
      this.timeout(300_000);
      const options = { seed: 7, sets: 500, populations: 1, thin: 20 };
      const small = calibrate(options);
      expectAgreement(small, options.seed);
      if (!existsSync(WORKER_FILE)) {
        console.log('      skipped: threads: the package is not built (npm run build)');
        return;
      }
      const rows = new Map<string, PointRow>();
      const pool = await LocalPool.start(3);
      try {
        const waiting: (() => void)[] = [];
        let running = 0;
        const result = await calibrateOn(async (task) => {
          running++;
          const row = sent(await pool.once(sent(chainPoint(task))));
          rows.set(kindOf(task), row);
          // The last one that comes ends first.
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            if (--running === 0) for (const end of waiting.splice(0).reverse()) end();
          });
          return chainOf(row);
        }, options);
        expect(JSON.stringify(result)).to.equal(JSON.stringify(small));
      } finally {
        await pool.close();
      }

      // The command asks for four populations of each kind: here they find the same.
      const found = (task: ChainTask): PointRow => {
        const row = rows.get(kindOf(task));
        if (!row) throw new Error(`expected a population of ${kindOf(task)}`);
        return row;
      };
      const { status, out } = await onEngine(
        (task) => Promise.resolve({ row: found(task) }),
        ...['--seed=3', '--jobs=3', '--json'],
      );
      expect(status).to.equal(0);
      const wanted = await calibrateOn((task) => Promise.resolve(chainOf(found(task))), {
        ...{ seed: 3, sets: 100 },
      });
      expect(JSON.parse(out)).to.deep.equal(JSON.parse(JSON.stringify(wanted)));
    });
});

/** A smaller calibration tells what the committed one does. */
function expectAgreement(small: Calibration, seed: number): void {
  expect(small.parameters.map((p) => p.name)).to.deep.equal(
    CALIBRATION.parameters.map((p) => p.name),
  );
  // Few sets may press elsewhere too.
  expect(small.ends.map(({ name }) => name)).to.include.members([
    'copyColdBytesPerS',
    'nvmeBytesPerS',
  ]);
  // What the figures tell well is told alike, whoever draws.
  for (const name of ['mapPieceNs', 'unmapRequestNs', 'unmapPieceNs', 'poolUnmap4kNs']) {
    const of = (c: Calibration): Calibration['sums'][number]['accepted'] | undefined =>
      c.sums.find((s) => s.name === name)?.accepted;
    expect(of(small)?.median ?? 0, `${name}, seed ${String(seed)}`).to.be.within(
      (of(CALIBRATION)?.min ?? 0) * 0.99,
      (of(CALIBRATION)?.max ?? 0) * 1.01,
    );
  }
  for (const f of small.figures)
    expect(f.speedup, `seed ${String(seed)}`).to.be.closeTo(f.speedup_published, 0.0501);
  for (const [i, p] of small.two_columns.predicted.entries()) {
    const big = CALIBRATION.two_columns.predicted[i];
    expect(p.speedup.median).to.be.within(big?.speedup.p5 ?? 0, big?.speedup.p95 ?? 0);
  }
}

/** Which fit a population is of. */
function kindOf({ from, ranges }: ChainTask): string {
  return JSON.stringify([from, ranges]);
}

/** The command, its populations run by `run` in place of threads. */
async function onEngine(
  run: (task: ChainTask) => Promise<PointOutcome>,
  ...args: readonly string[]
): Promise<CliResult> {
  const start = stubPool({
    depth: 8,
    run: ({ args: [text = ''] }) => run(JSON.parse(text) as ChainTask),
  });
  try {
    return await cli('calibrate', '--sets', '100', ...args);
  } finally {
    start.restore();
  }
}
