// SPDX-License-Identifier: GPL-2.0-only
// fixes of findings (docs/findings.md), off unless asked for: one folder for each C file.

import { iova_c, virtio_iommu_c } from '@iommu-bounce/iommu-core';
import type { dma_iommu_c } from '@iommu-bounce/dma-iommu';
import { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import type { overlays } from '@iommu-bounce/integration';
import { InputError } from '../errors';
import type { Fix, FixOverlays } from './fix';
import { ADDRESSES } from './dma-iommu/addresses';
import { MAPPING } from './dma-iommu/mapping';
import { MEMORY } from './dma-iommu/memory';
import { DMA_SET_UP } from './dma-iommu/set-up';
import { TEARDOWN } from './dma-iommu/teardown';
import { DMA_UNMAP } from './dma-iommu/unmap';
import { UNTRUSTED } from './dma-iommu/untrusted';
import { BYTES } from './io-buffer-pool/bytes';
import { EVICTION } from './io-buffer-pool/eviction';
import { IN_USE } from './io-buffer-pool/in-use';
import { LIMITS } from './io-buffer-pool/limits';
import { LISTS } from './io-buffer-pool/lists';
import { SET_UP } from './io-buffer-pool/set-up';
import { SYNCS } from './io-buffer-pool/syncs';
import { RANGES } from './iova/ranges';
import { SEARCH } from './iova/search';
import { FLUSH_QUEUE } from './iova/flush-queue';
import { ATTACH } from './virtio-iommu/attach';
import { MAPPINGS } from './virtio-iommu/mappings';
import { PROPERTIES } from './virtio-iommu/properties';
import { REQUESTS } from './virtio-iommu/requests';

export type { DmaIommuClass, Fix, FixOverlays, PoolClass, VirtioIommuClass } from './fix';

/** In the order in which they are laid over the port, whatever order they are named in. */
export const FIXES: readonly Fix[] = [
  ...LIMITS,
  ...BYTES,
  ...LISTS,
  ...SYNCS,
  ...IN_USE,
  ...SET_UP,
  ...EVICTION,
  ...UNTRUSTED,
  ...MAPPING,
  ...DMA_SET_UP,
  ...MEMORY,
  ...ADDRESSES,
  ...SEARCH,
  ...RANGES,
  ...DMA_UNMAP,
  ...TEARDOWN,
  ...FLUSH_QUEUE,
  ...MAPPINGS,
  ...REQUESTS,
  ...PROPERTIES,
  ...ATTACH,
];

/** In the order of their findings. */
export function fixNames(): string[] {
  return [...FIXES].sort((a, b) => a.findings[0] - b.findings[0]).map(({ name }) => name);
}

/**
 * @param text names or numbers of findings, with commas between
 * @throws InputError for one that has no fix
 */
export function fixesNamed(text: string): Fix[] {
  return text.split(',').map((raw) => {
    const word = raw.trim();
    const found = FIXES.find(
      (fix) =>
        fix.name === word || fix.findings.some((n) => String(n) === word && !mendsPartly(fix, n)),
    );
    if (!found) throw new InputError(`fix '${word}' is unknown, expected ${fixNames().join(', ')}`);
    return found;
  });
}

/** Whether a fix mends only a part of a finding of its own. */
export function mendsPartly({ partly }: Fix, finding: number): boolean {
  return partly === true || (partly?.includes(finding) ?? false);
}

/**
 * What a machine is booted with to have these fixes.
 * @param under what else is laid over the port, below them
 */
export function fixOverlays(fixes: readonly Fix[], under: overlays = {}): overlays {
  const on = FIXES.filter((fix) => fixes.includes(fix)).map(({ overlays: own }) => own);
  const pool = over(on, 'io_buffer_pool', under.io_buffer_pool ?? io_buffer_pool_c);
  const iova = over(on, 'iova', under.iova ?? iova_c);
  const virtio = over(on, 'virtio_iommu', under.virtio_iommu ?? virtio_iommu_c);
  const changesDma = on.some(({ dma_iommu }) => dma_iommu);
  return {
    ...under,
    ...(pool === io_buffer_pool_c ? {} : { io_buffer_pool: pool }),
    ...(iova === iova_c ? {} : { iova }),
    ...(virtio === virtio_iommu_c ? {} : { virtio_iommu: virtio }),
    ...(changesDma
      ? {
          // The classes of earlier states have the same members; of the helper that differs no fix is written.
          dma_iommu: (unit) =>
            over(on, 'dma_iommu', (under.dma_iommu?.(unit) ?? unit) as typeof dma_iommu_c),
        }
      : {}),
  };
}

type Overlay<T> = ((base: T) => T) | undefined;

function over<T>(fixes: readonly FixOverlays[], file: keyof FixOverlays, base: T): T {
  return fixes.reduce((below, fix) => (fix[file] as Overlay<T>)?.(below) ?? below, base);
}
