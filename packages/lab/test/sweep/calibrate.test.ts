// SPDX-License-Identifier: GPL-2.0-only
// Populations of a calibration as points of an engine: wherever they run, the calibration is the same to the byte.

import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { type Chain, calibrate, calibrateOn } from '@iommu-bounce/simulation';
import { chainOf, chainPoint, rowOf, runChainPoint } from '../../src/sweep/chain-point';
import type { PointRow } from '../../src/sweep/engine';
import { WORKER_FILE } from '../../src/sweep/pool';
import { cli } from '../commands/run-cli';

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

  if (LONG) {
    it('is the same whatever order its populations end in, sent as text', async function () {
      this.timeout(300_000);
      const options = { seed: 4, sets: 100, populations: 1, thin: 4 };
      const waiting: (() => void)[] = [];
      const result = calibrateOn(async (task) => {
        const row: PointRow = sent(runChainPoint(sent(chainPoint(task))));
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          // The last one that was asked for ends first.
          setImmediate(() => waiting.pop()?.());
        });
        return chainOf(row);
      }, options);
      expect(JSON.stringify(await result)).to.equal(JSON.stringify(calibrate(options)));
    });

    it('prints the same bytes for any number of threads', async function () {
      if (!existsSync(WORKER_FILE)) {
        console.log('      skipped: the package is not built (npm run build)');
        this.skip();
      }
      this.timeout(600_000);
      const args = ['calibrate', '--json', '--sets', '100', '--seed', '3', '--jobs'];
      const [one, three] = [await cli(...args, '1'), await cli(...args, '3')];
      expect([one.status, three.status]).to.deep.equal([0, 0]);
      expect(three.out).to.equal(one.out);
    });
  }
});
