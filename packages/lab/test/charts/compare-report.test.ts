// SPDX-License-Identifier: GPL-2.0-only
// The page of a comparison, of a document as `compare --json` has it.

import { expect } from 'chai';
import { type ComparedSide, type PolicyComparison, preset } from '@iommu-bounce/simulation';
import { comparisonReport, partsReport } from '../../src/reports/scenarios';
import { comparisonText } from '../../src/tables/compare';

function side(policy: string, mb: number, cpuNs: number, staleNs: number | null): ComparedSide {
  return {
    ...{ policy, bandwidth_bytes_per_s: mb * 1e6, iops: 1, cpu_ns_per_io: cpuNs },
    ...{ lock_wait_ns_per_io: 0, requests_per_io: 0, latency_p99_ns: 1 },
    ...{ stale_busy_mean_ns: staleNs, stale_busy_max_ns: staleNs, stale_max_ns: staleNs },
    ...{ stale_contents_max_ns: 0, peak_bounce_bytes: 0, iova_tree_per_io: 0 },
    ...{ invariants_checked: 1, wrong: [] },
  };
}

const PAIR = ['strict', 'pool'] as const;

const COMPARED: PolicyComparison = {
  ...{ preset: 'laptop-virtio', base: '6.8', policies: ['strict', 'lazy', 'pool'], pair: null },
  cost: preset('laptop-virtio'),
  rows: [
    {
      ...{ workload: 'reads', layout: 'fresh', rw: 'read', iodepth: 64, numjobs: 1, bs: 4096 },
      sides: [
        side('strict', 100, 5000, 0),
        side('lazy', 400, 4000, 1e6),
        side('pool', 300, 2000, 0),
      ],
      faster: { pair: PAIR, ratio: 3 },
      cpu: { pair: PAIR, ratio: 0.4 },
    },
  ],
  dependence: [
    {
      ...{ pair: PAIR, bs: 4096, cpu: 0.4, effects: [], worst_loss_ns: 1 },
      second_wins: { around: 0.5, physical: 0, accepted: null },
    },
  ],
};

describe('the page of a comparison', () => {
  const report = comparisonReport([COMPARED]);

  it('says for each machine which policy wins', () => {
    expect(report.answer).to.deep.equal([
      'laptop-virtio, reads: pool has the highest throughput: 3.00 times that of strict, at 40 % of its CPU time per I/O. It takes the least CPU time per I/O, too. ' +
        'Faster, but protecting less: lazy by up to 33 %.',
    ]);
  });

  it('begins as the terminal does', () => {
    expect(
      comparisonText([COMPARED])
        .replaceAll(/\s+/g, ' ')
        .startsWith(`${report.answer?.join(' ') ?? ''} `),
    ).to.equal(true);
  });

  it('draws CPU time, throughput and how sure that is', () => {
    const marks = (report.figures ?? []).map(({ view }) =>
      view.series.map((one) => [one.name, one.marks[0]]),
    );
    expect(marks).to.deep.equal([
      [
        ['strict', 5],
        ['lazy ‡', 4],
        ['pool', 2],
      ],
      [
        ['strict', 100],
        ['lazy ‡', 400],
        ['pool', 300],
      ],
      [
        ['1/4 to 4x of each cost', 50],
        ['physical range', 0],
      ],
    ]);
  });

  it('says what its words mean, and has its tables folded', () => {
    for (const [word, meaning] of report.words ?? [])
      expect([word.length > 3, meaning.length > 20]).to.deep.equal([true, true]);
    const page = partsReport({ ...report, command: 'iommu-bounce compare' });
    expect(page).to.include('<summary>Table</summary>');
    expect(page).to.include('id="words"');
  });
});
