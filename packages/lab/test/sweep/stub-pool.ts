// SPDX-License-Identifier: GPL-2.0-only
// Points run by something else than the threads that a command would start.

import sinon from 'sinon';
import type { Engine } from '../../src/sweep/engine';
import { LocalPool } from '../../src/sweep/pool';

export type PoolStub = sinon.SinonStub<Parameters<typeof LocalPool.start>, Promise<LocalPool>>;

/** Until it is restored, every command gets this one, and does not end it. */
export function stubPool({ depth, run }: Pick<Engine, 'depth' | 'run'>): PoolStub {
  const engine: Engine = { depth, run, close: () => Promise.resolve() };
  return sinon.stub(LocalPool, 'start').resolves(engine as unknown as LocalPool);
}
