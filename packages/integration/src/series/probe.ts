// SPDX-License-Identifier: GPL-2.0-only
// What a patch of the series is here: its mail's subject, its files, and a small program that shows what it changes.

import type { series_state } from '@iommu-bounce/dma-iommu';
import type { IommuDriver } from '../boot-on';

/** What one run of a probe saw. */
export interface ProbeResult {
  /** False where the patch is needed. */
  readonly behaves: boolean;
  /** In words and numbers. */
  readonly seen: string;
}

/** What a probe's machines are like. */
export interface ProbeOptions {
  readonly driver: IommuDriver;
}

export interface SeriesPatch {
  /** 1..4. */
  readonly patch: 1 | 2 | 3 | 4;
  /** Subject of the mail. */
  readonly subject: string;
  /** message-id of the mail. */
  readonly messageId: string;
  /** Files of the kernel that it touches. */
  readonly files: readonly string[];
  /** What its probe does, in a few words. */
  readonly name: string;
  /** Boots a machine with `patches` patches applied and runs the program on it. */
  probe(patches: series_state, options: ProbeOptions): ProbeResult;
}
