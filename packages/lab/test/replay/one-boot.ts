// SPDX-License-Identifier: GPL-2.0-only
// What the replay of one boot of the patched kernel has to say: the port makes every decision that its pool made.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { factsPaths } from '@iommu-bounce/dma-trace';
import { type ReplayDocument, agrees } from '../../src/compare';

interface Facts {
  event_counts: Record<string, number>;
}

/** @param document of all files `iobuf-def.*` of test-fixtures/traces/series */
export function expectEveryDecision(document: ReplayDocument): void {
  const { files } = document;
  const pool = document.pool_agreement;
  expect(pool?.differences).to.deep.equal([]);
  expect(pool?.decisions_equal).to.equal(pool?.decisions_compared);
  // Of the network device's pool, in use before the recording, some things are assumed.
  const left = Object.values(pool?.not_compared ?? {}).reduce((sum, n) => sum + n, 0);
  expect((pool?.decisions_compared ?? 0) + left).to.equal(pool?.decisions_recorded);
  expect(left).to.be.below(400);
  expect(pool?.in_use_before.every((one) => one.device === '0000:00:06.0')).to.equal(true);
  expect(pool?.worker_runs).to.deep.equal({
    recorded: 22,
    pending: 22,
    due_compared: 21,
    due_agrees: 21,
    due_same_jiffy: 21,
  });
  // The kernel was built with HZ 250; the workers began within a jiffy (4 ms) of their bucket.
  expect(pool?.timer_wheels).to.have.length(1);
  expect(pool?.timer_wheels[0]).to.include({
    hz: 250,
    hz_from: 'runs',
    bucket_us: 256_000,
    runs: 22,
  });
  expect(pool?.timer_wheels[0]?.spread_us).to.be.below(4000);
  expect(document.pool_classes.map((one) => one.matches)).to.deep.equal(Array(6).fill(true));
  expect(document.agreement.mappings_equal).to.equal(document.agreement.mappings_with_events);
  const facts = files.map((file) => JSON.parse(readFileSync(factsPaths(file)[1], 'utf8')) as Facts);
  const counted = (event: string): number =>
    facts.reduce((sum, one) => sum + (one.event_counts[event] ?? 0), 0);
  const four = document.states.find((state) => state.patches === 4);
  expect(four?.pool_fills).to.equal(counted('obs_pool_fill'));
  expect(four?.evictions).to.equal(counted('obs_pool_evict'));
  expect(four?.fallbacks_by_reason.too_big).to.equal(counted('obs_pool_toobig'));
  expect(agrees(document)).to.equal(true);
}
