// SPDX-License-Identifier: GPL-2.0-only
// What version 1 of the series promises, and which findings break it.

/** A sentence of the series that can be tested. */
export interface SeriesPromise {
  /** Short words with dashes. */
  readonly id: string;
  /** In our words. */
  readonly statement: string;
  /** Where the series says so. */
  readonly source: string;
  /** Numbers of the findings that break it where they show. */
  readonly brokenBy: readonly number[];
}

const COVER_LETTER = 'cover letter, 20210707075505.2896824-1-stevensd@google.com';
const PATCH_4 = 'patch 4/4, 20210707075505.2896824-5-stevensd@google.com';

/** In the order of the cover letter and its patches. */
export const PROMISES: readonly SeriesPromise[] = [
  {
    id: 'strict-protection',
    statement: 'mappings are reused while protection stays strict',
    source: COVER_LETTER,
    brokenBy: [2, 3, 5, 10, 12, 72, 75],
  },
  {
    id: 'swiotlb-drivers',
    statement: 'every driver that works with swiotlb=force works',
    source: COVER_LETTER,
    brokenBy: [5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 19, 24, 25, 29, 33, 64, 70, 77, 81],
  },
  {
    id: 'small-mappings-bounce',
    statement:
      'all non-direct streaming mappings below a size go through bounce buffers, unless something fails',
    source: `${COVER_LETTER}; ${PATCH_4}`,
    brokenBy: [8, 27, 30, 31, 71],
  },
  {
    id: 'grows-on-demand',
    statement: 'buffers are allocated on demand, and unused ones are given back',
    source: PATCH_4,
    brokenBy: [8, 21, 27],
  },
  {
    id: 'falls-back',
    statement: 'any failure means the normal handling of dma-iommu, no more',
    source: PATCH_4,
    brokenBy: [16, 17, 27, 64, 77],
  },
];
