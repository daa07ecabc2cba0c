// SPDX-License-Identifier: GPL-2.0-only
// A machine whose devices have a pool, in one call: iommu.c, iova.c, dma-iommu.c and io-buffer-pool.c, linked.

import {
  a_class,
  a_function,
  check_options,
  fields,
  type shape_of,
} from '@iommu-bounce/linux-shim/options';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import {
  type dma_iommu_overlays,
  type wire_dma_iommu_options,
  type wired_dma_iommu,
  to_cookie,
  wire_dma_iommu,
  wire_dma_iommu_shape,
} from '@iommu-bounce/dma-iommu';
import {
  type io_buffer_pool,
  type io_buffer_pool_params,
  io_buffer_pool_c,
  io_buffer_pool_params_shape,
} from './io-buffer-pool';

export interface wire_io_buffer_pool_options
  extends Omit<wire_dma_iommu_options, 'patches' | 'pool' | 'overlays'>, io_buffer_pool_params {
  /** What ifs: subclasses of the C's files, in place of these. */
  readonly overlays?: io_buffer_pool_overlays;
}

export interface io_buffer_pool_overlays extends dma_iommu_overlays {
  readonly io_buffer_pool?: typeof io_buffer_pool_c | undefined;
}

/** A machine with pools. */
export interface wired_io_buffer_pool extends wired_dma_iommu {
  readonly io_buffer_pool: io_buffer_pool_c;
}

const { machine, strict, passthrough, driver, config, params } = wire_dma_iommu_shape;
const shape: shape_of<wire_io_buffer_pool_options> = {
  ...{ machine, strict, passthrough, driver, config, params },
  ...io_buffer_pool_params_shape,
  overlays: fields<io_buffer_pool_overlays>({
    iova: a_class,
    dma_iommu: a_function,
    io_buffer_pool: a_class,
  }),
};

/**
 * Puts a machine with a pool for each domain together.
 * @throws OptionError for an option that it does not have, or a value out of range
 */
export function wire_io_buffer_pool(
  options: wire_io_buffer_pool_options = {},
): wired_io_buffer_pool {
  check_options('wire_io_buffer_pool', options, shape);
  const { num_slots, class_sizes, overlays, ...rest } = options;
  const { io_buffer_pool: overlay, ...dma_overlays } = overlays ?? {};
  let made: io_buffer_pool_c | undefined;
  const wired = wire_dma_iommu({
    ...rest,
    overlays: dma_overlays,
    pool: (k, iommu, dma_iommu) =>
      (made = new (overlay ?? io_buffer_pool_c)(k, iommu, dma_iommu, {
        ...(num_slots === undefined ? {} : { num_slots }),
        ...(class_sizes === undefined ? {} : { class_sizes }),
      })),
  });
  return { ...wired, io_buffer_pool: made as unknown as io_buffer_pool_c };
}

/** The pool of a domain, or null; before patch 4 the cookie has no place for one. */
export function pool_of(domain: iommu_domain): io_buffer_pool | null {
  if (!domain.iova_cookie || !('bounce_buffers' in domain.iova_cookie)) return null;
  return to_cookie(domain).bounce_buffers as io_buffer_pool | null;
}
