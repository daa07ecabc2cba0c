// SPDX-License-Identifier: GPL-2.0-only
// What a fix of a finding is: subclasses laid over the ported files, whose text stays.

import type { iova_c, virtio_iommu_c } from '@iommu-bounce/iommu-core';
import type { dma_iommu_c } from '@iommu-bounce/dma-iommu';
import type { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';

export type PoolClass = typeof io_buffer_pool_c;
export type DmaIommuClass = typeof dma_iommu_c;
export type IovaClass = typeof iova_c;
export type VirtioIommuClass = typeof virtio_iommu_c;

/** Each is given the class that it is laid over, which may be one of another fix or of a later kernel. */
export interface FixOverlays {
  readonly io_buffer_pool?: (base: PoolClass) => PoolClass;
  readonly dma_iommu?: (base: DmaIommuClass) => DmaIommuClass;
  readonly iova?: (base: IovaClass) => IovaClass;
  readonly virtio_iommu?: (base: VirtioIommuClass) => VirtioIommuClass;
}

/** A fix, off unless it is asked for. */
export interface Fix {
  readonly name: string;
  /** Numbers of the findings (docs/findings.md) that it mends, the main one first. */
  readonly findings: readonly [number, ...number[]];
  /** Which of its findings it mends in part only, or true: all. */
  readonly partly?: true | readonly number[];
  readonly what: string;
  /** What it lays over the ported files; nothing for a fix that only marks. */
  readonly overlays: FixOverlays;
  /**
   * Fields, `struct.field`, that it reads with READ_ONCE and writes with WRITE_ONCE. JavaScript has nothing to mark: the explorer of
   * schedules runs forms of the port in which each such access is a step.
   */
  readonly marks?: readonly string[];
}
