// SPDX-License-Identifier: GPL-2.0-only
// What can be stepped from its beginning, any number of times with the same outcome.

import type { Frame } from './frame';

/** One execution of a recording. */
export interface Run {
  /** Steps done. */
  readonly at: number;
  /** Does the next step, and looks at nothing. */
  skip(): void;
  /** Does the next step; what it did and what there is now. */
  step(): Frame;
}

export interface Recording {
  /** Steps. */
  readonly length: number;
  /** What a request is, for a label. */
  readonly requestsLabel: string;
  /** Boots the machines; and frame 0. */
  begin(): { readonly run: Run; readonly first: Frame };
}

/** The result of a step after an oops. */
export const NOT_RUN = 'not run: the port stopped with an oops';

/** Labels of the two drivers. */
export const REQUESTS_LABEL = {
  virtio: 'requests to virtio-iommu',
  table: 'map and unmap calls of the IOMMU driver (a plain table: no guest, no exits)',
} as const;
