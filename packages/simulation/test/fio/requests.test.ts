// SPDX-License-Identifier: GPL-2.0-only
// Requests to the IOMMU, against what QEMU counted of a real kernel with the series (test-fixtures/figures,
// series-in-a-real-kernel.md, section 1).

import { expect } from 'chai';
import { job, runJobs } from '../../src/testing';
import type { LayoutName } from '../../src/jobs';

const LONG = process.env['TEST_LONG'] === '1';

/** The requests of an I/O repeat with its buffer: an eighth of the record is each of the 64 buffers four times or more. */
const SHARE = LONG ? 1 : 1 / 8;

/** MAP requests of I/Os that the kernel did without the pool; UNMAP requests were one for each I/O. */
const RECORDED: readonly (readonly [LayoutName, string, number, number])[] = [
  ['fresh', '4k', 16384, 16384],
  ['fresh', '16k', 8192, 32768],
  ['fresh', '64k', 4096, 59004],
  ['fresh', '128k', 2048, 64316],
  ['fragmented', '4k', 16384, 16384],
  ['fragmented', '16k', 8192, 32768],
  ['fragmented', '64k', 4096, 65536],
  ['fragmented', '128k', 2048, 65536],
];

describe('requests to virtio-iommu', function () {
  this.timeout(30_000);

  for (const [layout, bs, ios, maps] of RECORDED)
    it(`are those of the real kernel within 5 % in ${layout} memory at ${bs} @long`, () => {
      const run = runJobs('strict', [job({ bs, numberIos: String(ios * SHARE) })], { layout });
      expect(run.ios).to.equal(ios * SHARE);
      expect(run.unmap_requests).to.equal(ios * SHARE);
      expect(run.map_requests / (maps * SHARE)).to.be.within(0.95, 1.05);
    });

  for (const bs of ['4k', '16k', '64k', '128k']) {
    it(`are one MAP and one UNMAP for an I/O of ${bs} in contiguous memory`, () => {
      const run = runJobs('strict', [job({ bs, numberIos: '500' })], { layout: 'contiguous' });
      expect(run.map_requests).to.equal(500);
      expect(run.unmap_requests).to.equal(500);
      expect(run.pieces_per_io).to.equal(1);
    });

    it(`are with the pool one for each buffer filled, and later emptied, at ${bs}`, () => {
      const run = runJobs('pool', [job({ bs, numberIos: '600' })]);
      expect(run.map_requests).to.equal(64);
      expect(run.unmap_requests).to.equal(0);
      expect(run.requests_when_idle).to.equal(64);
      expect(run.pool_mappings).to.equal(600);
      // At 250 Hz: two periods of the timer wheel, up to one period and 5.256 s.
      expect(run.stale_contents_max_ns).to.be.within(5.12e9, 10.376e9);
    });
  }

  it('fill the class that holds the request: 64k goes into 128k', () => {
    const peak = (bs: string): number =>
      runJobs('pool', [job({ bs, numberIos: '500' })]).peak_bounce_bytes;
    expect([peak('4k'), peak('8k'), peak('64k')]).to.deep.equal([
      64 * 4096,
      64 * 16384,
      64 * 131072,
    ]);
  });

  it('fall back to plain mappings where the request is larger than any class', () => {
    const run = runJobs('pool', [job({ bs: '256k', numberIos: '200' })], {
      layout: 'contiguous',
    });
    expect(run.pool_mappings).to.equal(0);
    expect(run.map_requests).to.equal(200);
    expect(run.copied_bytes).to.equal(0);
  });
});
