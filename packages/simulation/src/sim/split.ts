// SPDX-License-Identifier: GPL-2.0-only
// An I/O's buffer as requests: bios of so many pieces, each cut where a limit of the queue is reached. As Linux 5.14's
// block layer does it (fs/block_dev.c __blkdev_direct_IO, block/blk-merge.c blk_bio_segment_split); neighbours are not
// merged again. Buffers begin at a page's start, so that NVMe's virtual boundary of 4 KiB cuts nothing.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { RequestLimits } from './request-limits';

/** Physically contiguous pages of a buffer. */
export interface Run {
  readonly pfn: number;
  readonly bytes: number;
}

/** The first `bytes` of a buffer as runs of contiguous frames, none longer than `most` bytes. */
export function runsOf(pfns: ArrayLike<number>, bytes: number, most = Infinity): Run[] {
  const runs: { pfn: number; bytes: number }[] = [];
  for (let done = 0, i = 0; done < bytes; i++) {
    const pfn = pfns[i] as number;
    const part = Math.min(PAGE_SIZE, bytes - done);
    const last = runs.at(-1);
    const follows = last !== undefined && last.pfn + last.bytes / PAGE_SIZE === pfn;
    if (follows && last.bytes + part <= most) last.bytes += part;
    else runs.push({ pfn, bytes: part });
    done += part;
  }
  return runs;
}

/**
 * The requests that an I/O becomes, each as its pieces, in the order of the bytes.
 * @param longest bytes of a request at most, whole pages
 */
export function splitIntoRequests(
  pfns: ArrayLike<number>,
  bytes: number,
  { maxSegments, maxSegmentKb, bioMaxVecs }: RequestLimits,
  longest: number,
): Run[][] {
  const runs = runsOf(pfns, bytes, maxSegmentKb * 1024);
  const requests: Run[][] = [];
  for (let first = 0; first < runs.length; first += bioMaxVecs) {
    let request: Run[] = [];
    let left = longest;
    for (const run of runs.slice(first, first + bioMaxVecs))
      for (let done = 0; done < run.bytes;) {
        if (left === 0 || request.length === maxSegments) {
          requests.push(request);
          request = [];
          left = longest;
        }
        const part = Math.min(run.bytes - done, left);
        request.push({ pfn: run.pfn + done / PAGE_SIZE, bytes: part });
        done += part;
        left -= part;
      }
    requests.push(request);
  }
  return requests;
}

/** Requests of an I/O at most, whatever its memory looks like. */
export function mostRequests(pages: number, limits: RequestLimits, longest: number): number {
  const cuts = (most: number): number => Math.ceil(pages / most) - 1;
  return (
    Math.ceil((pages * PAGE_SIZE) / longest) + cuts(limits.maxSegments) + cuts(limits.bioMaxVecs)
  );
}
