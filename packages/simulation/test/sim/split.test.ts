// SPDX-License-Identifier: GPL-2.0-only
// An I/O as requests: where the limits of Linux 5.14 cut it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  REQUEST_LIMITS,
  USUAL_LIMITS,
  longestRequest,
  mostRequests,
  requestLimits,
  splitIntoRequests,
} from '../../src/sim';
import { job, runJobs } from '../../src/testing';
import type { RunResult } from '../../src/sim';

const KIB = 1024;
const contiguous = (pages: number): number[] => Array.from({ length: pages }, (_, i) => 100 + i);
const scattered = (pages: number): number[] => Array.from({ length: pages }, (_, i) => 100 + 2 * i);

/** KiB of each request. */
function sizes(pfns: number[], kib: number, settings: readonly string[] = []): number[] {
  const limits = requestLimits(settings);
  return splitIntoRequests(pfns, kib * KIB, limits, longestRequest(limits)).map(
    (pieces) => pieces.reduce((sum, { bytes }) => sum + bytes, 0) / KIB,
  );
}

describe('splitting an I/O', () => {
  it('leaves one alone that fits', () => {
    expect(sizes(contiguous(128), 512)).to.deep.equal([512]);
    expect(sizes(scattered(127), 508)).to.deep.equal([508]);
  });

  it('cuts at the size that the drive takes, where memory is contiguous', () => {
    expect(sizes(contiguous(256), 1024)).to.deep.equal([512, 512]);
    expect(sizes(contiguous(150), 600)).to.deep.equal([512, 88]);
  });

  it('cuts at max_sectors where the drive takes more', () => {
    const large = ['nvmeMdtsKb=8192'];
    expect(sizes(contiguous(1024), 4096, large)).to.deep.equal([1280, 1280, 1280, 256]);
    expect(sizes(contiguous(1024), 4096, [...large, 'maxSectorsKb=4096'])).to.deep.equal([4096]);
  });

  it('cuts after 127 pieces, and where a bio is full: 256 pieces', () => {
    expect(sizes(scattered(128), 512)).to.deep.equal([508, 4]);
    expect(sizes(scattered(512), 2048)).to.deep.equal([508, 508, 8, 508, 508, 8]);
  });

  it('counts a piece anew that is longer than a segment', () => {
    expect(sizes(contiguous(16), 64, ['maxSegmentKb=4', 'maxSegments=8'])).to.deep.equal([32, 32]);
  });

  it('loses nothing, passes no limit, and makes no more requests than are planned for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 1024 }),
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 1, max: 127 }),
        fc.constantFrom(4, 16, 128, 512, 1024),
        (gaps, short, maxSegments, nvmeMdtsKb) => {
          const pfns: number[] = [];
          for (const gap of gaps) pfns.push((pfns.at(-1) ?? 7) + (gap ? 2 : 1));
          const bytes = pfns.length * 4096 - short * 512;
          const limits = { ...USUAL_LIMITS, maxSegments, nvmeMdtsKb };
          const longest = longestRequest(limits);
          const requests = splitIntoRequests(pfns, bytes, limits, longest);
          const frames = requests
            .flat()
            .flatMap(({ pfn, bytes: part }) =>
              Array.from({ length: Math.ceil(part / 4096) }, (_, i) => pfn + i),
            );
          expect(frames).to.deep.equal(pfns);
          for (const pieces of requests) {
            expect(pieces.length).to.be.within(1, maxSegments);
            expect(pieces.reduce((sum, piece) => sum + piece.bytes, 0)).to.be.at.most(longest);
          }
          expect(requests.flat().reduce((sum, piece) => sum + piece.bytes, 0)).to.equal(bytes);
          expect(requests.length).to.be.at.most(mostRequests(pfns.length, limits, longest));
        },
      ),
    );
  });

  it('has limits that the page on job files lists', () => {
    const page = readFileSync(join(__dirname, '../../../../docs/fio-jobs.md'), 'utf8');
    for (const { name, unit, default: usual, min, max } of REQUEST_LIMITS)
      expect(page).to.match(
        new RegExp(
          `\\| \`${name}\` +\\| ${unit} +\\| ${String(usual)} +\\| ${String(min)}–${String(max)}`,
        ),
      );
  });

  it('refuses a limit that is none, or outside its range', () => {
    for (const [text, says] of [
      ['maxSectors=4', /limit 'maxSectors' is unknown, expected maxSectorsKb, /],
      ['maxSectorsKb=6', /maxSectorsKb: expected a multiple of 4 from 4 to 4096 KiB, got '6'/],
      ['maxSegments=128', /maxSegments: expected a whole number from 1 to 127 count, got '128'/],
      ['nvmeMdtsKb=96', /nvmeMdtsKb: expected a power of two, got '96'/],
      ['nvmeMdtsKb=', /nvmeMdtsKb: expected/],
    ] as const)
      expect(() => requestLimits([text]), text).to.throw(says);
  });
});

describe('a run of large blocks', function () {
  this.timeout(60_000);
  const run = (
    policy: string,
    flags: Readonly<Record<string, string>>,
    layout: 'contiguous' | 'fragmented' = 'contiguous',
  ): RunResult => runJobs(policy, [job({ iodepth: '8', numberIos: '40', ...flags })], { layout });

  it('maps and unmaps each request by itself, and counts an I/O when all of them are done', () => {
    const strict = run('strict', { bs: '1m' });
    expect([strict.ios, strict.bytes, strict.requests_per_io]).to.deep.equal([40, 40 * 2 ** 20, 2]);
    expect([strict.map_requests, strict.unmap_requests]).to.deep.equal([80, 80]);
    expect(strict.plain_mappings).to.equal(80);
    expect(strict.data).to.deep.equal({ pages_checked: 40 * 256, pages_wrong: 0, faults: 0 });
    expect(strict.leaks).to.deep.equal([]);
  });

  it('sends the small rest of an I/O through the pool, and the large parts past it', () => {
    const pool = run('pool', { bs: '512k' }, 'fragmented');
    expect(pool.requests_per_io).to.be.within(1.9, 2);
    expect(pool.pool_mappings).to.be.within(36, 40);
    const writes = run('pool', { bs: '4m', rw: 'write' }, 'fragmented');
    expect(writes.requests_per_io).to.be.within(11, 13);
    expect(writes.data).to.include({ pages_wrong: 0, faults: 0 });
  });

  it('is split at 256 KiB under swiotlb, which maps no more at once', () => {
    for (const policy of ['swiotlb-force', 'swiotlb-dynamic'])
      expect(run(policy, { bs: '1m', iodepth: '2' }).requests_per_io, policy).to.equal(4);
  });

  it('goes on where a request in the middle of an I/O finds no room @long-only', () => {
    const full = run('swiotlb-force', { bs: '4m', iodepth: '32', rw: 'randrw', numberIos: '100' });
    expect(full.mapping_failures).to.be.above(0);
    expect([full.ios, full.bytes]).to.deep.equal([100, 100 * 4 * 2 ** 20]);
    expect(full.data).to.include({ pages_wrong: 0, faults: 0 });
  });

  it('takes the limits that are asked for', () => {
    const limits = requestLimits(['nvmeMdtsKb=4096']);
    const one = job({ bs: '1m', iodepth: '4', numberIos: '20' });
    const large = runJobs('strict', [one], { layout: 'contiguous', limits });
    expect(large.requests_per_io).to.equal(1);
  });

  it('refuses a part that an untrusted device could not have bounced', () => {
    expect(() => run('swiotlb-untrusted', { bs: '300k' })).not.to.throw();
    expect(() => run('swiotlb-untrusted', { bs: '307712' })).to.throw(
      /bs=307712: expected whole pages of 4096 bytes above 262144/,
    );
  });
});
