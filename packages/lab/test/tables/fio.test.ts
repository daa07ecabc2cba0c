// SPDX-License-Identifier: GPL-2.0-only
// The tables of an experiment: what they say when things are wrong, predicted, or waited for.

import { expect } from 'chai';
import {
  DEFAULT_PRESET,
  type FioDocument,
  policiesNamed,
  runExperiment,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { COSTS, job } from '@iommu-bounce/simulation/testing';
import { fioTables } from '../../src/tables/fio';
import { time } from '../../src/show/format';

function document(numjobs: string): FioDocument {
  return runExperiment({
    groups: [[job({ bs: '16k', numberIos: '300', numjobs })]],
    policies: policiesNamed('strict,pool'),
    preset: DEFAULT_PRESET,
    cost: COSTS,
    cpus: 4,
    layout: 'fresh',
    seed: 1,
    moveData: true,
  });
}

describe('the tables of fio', function () {
  this.timeout(20_000);
  /** One job; its document is only read. */
  let alone: FioDocument;

  before(() => {
    alone = document('1');
  });

  it('tell of locks only where there was waiting', () => {
    expect(fioTables(alone)).not.to.include('Contended locks');
    const eight = fioTables(document('8'));
    expect(eight).to.include('Contended locks');
    expect(eight).to.match(/strict │ 16k │ virtio-iommu requests +│ +[\d,]+ │ +\d+\.\d %/);
  });

  it('show predicted ranges where there are some', () => {
    const [row] = alone.comparison;
    if (!row) throw new Error('no comparison');
    const predicted: FioDocument = {
      ...alone,
      comparison: [
        { ...row, predicted_from_two: { speedup: [3.25, 6.75], unmap_reduction: [0.9, 0.96] } },
      ],
    };
    expect(fioTables(predicted)).to.match(/│ +3\.3…6\.8 │.*│ +-90…-96 │/);
    const none: FioDocument = { ...alone, comparison: [{ ...row, predicted_from_two: null }] };
    expect(fioTables(none)).not.to.include('predicted');
  });

  it('say what is wrong with a run', () => {
    const [run] = alone.runs;
    if (!run) throw new Error('no run');
    const bad = {
      ...run,
      leaks: ['3 pages stay pinned'],
      data: { pages_checked: 1200, pages_wrong: 7, faults: 1 },
      invariants: run.invariants.map((one, i) => (i === 1 ? { ...one, holds: false } : one)),
    };
    expect(wrongsOf(run)).to.deep.equal([]);
    expect(wrongsOf(bad)).to.have.length(4);
    const text = fioTables({ ...alone, runs: [bad] });
    for (const what of [
      '3 pages stay pinned',
      '7 pages arrived wrong',
      '1 accesses found no',
      'invariant: ',
    ])
      expect(text).to.include(`WRONG: strict, 16k: ${what}`);
  });

  it('say when no I/O fits a buffer of the pool', () => {
    const run = alone.runs.find(({ policy }) => policy === 'pool');
    if (!run) throw new Error('no run');
    const note = 'no I/O fits a buffer of the pool';
    const text = (pool_mappings: number): string =>
      fioTables({ ...alone, runs: [{ ...run, bs: 262144, pool_mappings }] });
    expect(text(0).replaceAll(/\s+/g, ' ')).to.include(`pool, 256k: ${note}`);
    expect(text(1)).not.to.include(note);
  });

  it('write times with the unit that leaves few digits', () => {
    expect([0, 40, 9_999, 10_000, 2.5e6, 9.9e9].map(time)).to.deep.equal([
      '0',
      '0.0 µs',
      '10.0 µs',
      '10 µs',
      '2.5 ms',
      '9.9 s',
    ]);
  });
});
