// SPDX-License-Identifier: GPL-2.0-only
// The tables of an experiment: what they say when things are wrong, predicted, or waited for.

import { expect } from 'chai';
import {
  DEFAULT_PRESET,
  type FioDocument,
  type FioRun,
  policiesNamed,
  runExperiment,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { COSTS, job } from '@iommu-bounce/simulation/testing';
import { fioTables } from '../../src/tables/fio';
import { fioAnswer } from '../../src/tables/fio-answer';
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

  it('begin with an answer', () => {
    const [strict, pool] = alone.runs;
    if (!strict || !pool) throw new Error('no runs');
    const speedup = (pool.iops / strict.iops).toFixed(2);
    const cpu = ((100 * pool.cpu_ns_per_io.total) / strict.cpu_ns_per_io.total).toFixed(0);
    expect(fioAnswer(alone)).to.include(
      `Simulated: pool has the highest throughput: ${speedup} times that of strict, at ${cpu} % of its CPU time per I/O.`,
    );
    expect(
      fioTables(alone)
        .replaceAll('\n', ' ')
        .startsWith(`${fioAnswer(alone)} `),
    ).to.equal(true);
  });

  it('have columns for the cover letter where it has figures', () => {
    const [row] = alone.comparison;
    if (!row) throw new Error('no comparison');
    const shown = (published: Partial<typeof row>): string =>
      fioTables({ ...alone, comparison: [{ ...row, ...published }] });
    const none = { speedup_published: null, unmap_reduction_published: null };
    expect(shown(none)).to.include('speed-up').and.not.include('published');
    const some = { speedup_published: 4.7, unmap_reduction_published: 0.94 };
    expect(shown(some)).to.match(/published +│ +diff/);
  });

  it('answer by the policy that wins, with what is faster but protects less', () => {
    const [strict, pool] = alone.runs;
    if (!strict || !pool) throw new Error('no runs');
    const run = (policy: string, speed: number, job: string): FioRun => ({
      ...(policy === 'pool' ? pool : strict),
      ...{ policy, jobs: [job], bandwidth_bytes_per_s: speed },
      stale_max_ns: policy === 'none' ? null : policy === 'lazy' ? 1e7 : 0,
    });
    const cpu = ((100 * pool.cpu_ns_per_io.total) / strict.cpu_ns_per_io.total).toFixed(0);
    const runs = [
      ...[
        run('strict', 100, 'a'),
        run('lazy', 110, 'a'),
        run('pool', 300, 'a'),
        run('none', 400, 'a'),
      ],
      ...[
        run('strict', 100, 'b'),
        run('lazy', 150, 'b'),
        run('pool', 120, 'b'),
        run('none', 200, 'b'),
      ],
      ...[
        run('strict', 100, 'c'),
        run('lazy', 110, 'c'),
        run('pool', 200, 'c'),
        run('none', 200, 'c'),
      ],
    ];
    expect(fioAnswer({ ...alone, comparison: [], runs })).to.equal(
      'Simulated: pool has the highest throughput everywhere: 1.20 to 3.00 times that of strict, ' +
        `at ${cpu} % of its CPU time per I/O. It takes the least CPU time per I/O, too. ` +
        'Faster, but protecting less: none by up to 67 %, lazy by up to 25 %.',
    );
    expect(fioAnswer({ ...alone, runs: [strict] })).to.match(
      /Simulated: Only strict was run, so there is nothing to compare it with: a throughput of [\d,]+ MB\/s, and [\d.]+ µs of CPU time per I\/O\.$/,
    );
  });

  it('name jobs and directions where they differ', () => {
    expect(fioTables(alone)).to.match(/│ policy │ bs +│/);
    const [run] = alone.runs;
    if (!run) throw new Error('no run');
    const other = { ...run, jobs: ['log\u0007'], rw: 'randwrite' };
    const text = fioTables({ ...alone, runs: [run, other] });
    expect(text).to.match(/│ job +│ policy │ rw +│ bs +│/);
    expect(text).to.match(/│ log +│ strict │ randwrite │ 16k │/);
  });

  it('tell of locks only where there was waiting @long-only', () => {
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
