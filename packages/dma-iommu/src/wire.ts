// SPDX-License-Identifier: GPL-2.0-only
// A machine whose devices are translated, in any state of the series, in one call.

import { type device, type machine } from '@iommu-bounce/linux-shim';
import {
  a_class,
  a_function,
  an_object,
  check_options,
  fields,
  one_of,
  type shape_of,
} from '@iommu-bounce/linux-shim/options';
import {
  type dma_iommu_h,
  type iommu_c,
  type iommu_domain,
  type wire_iommu_options,
  type wired_iommu,
  wire_driver,
  wire_core,
  iova_c,
  wire_probe,
  wire_iommu_shape,
} from '@iommu-bounce/iommu-core';
import type { dma_iommu_config, dma_iommu_params } from './dma-iommu';
import { type io_buffer_pool_h, io_buffer_pool_h_stubs } from './io-buffer-pool.h';
import {
  type dma_iommu_object,
  type dma_iommu_unit,
  dma_iommu_after,
  type series_state,
} from './states';

/** What the pool calls of dma-iommu.c. */
export type pool_imports = Pick<
  dma_iommu_h,
  | '__iommu_dma_alloc_iova'
  | '__iommu_dma_free_iova'
  | '__iommu_dma_alloc_pages'
  | '__iommu_dma_free_pages'
>;

/** Makes what stands for io-buffer-pool.o. `dma_iommu` works as soon as the machine is wired, not before. */
export type pool_factory = (
  k: machine,
  iommu: iommu_c,
  dma_iommu: pool_imports,
) => io_buffer_pool_h;

export interface wire_dma_iommu_options extends wire_iommu_options {
  /** How many patches of the series are applied, 0..4. Default 4. */
  readonly patches?: series_state;
  /** Default: SWIOTLB and DMA_REMAP; IOMMU_IO_BUFFER with a pool. */
  readonly config?: Partial<dma_iommu_config>;
  readonly params?: dma_iommu_params;
  /** Default: no pool. `wire_io_buffer_pool()` of io-buffer-pool brings its own. */
  readonly pool?: pool_factory;
  /** What ifs: subclasses of the C's files, in place of these. */
  readonly overlays?: dma_iommu_overlays;
}

export interface dma_iommu_overlays {
  readonly iova?: typeof iova_c | undefined;
  /** Given the class of the machine's state of the series. */
  readonly dma_iommu?: ((unit: dma_iommu_unit) => dma_iommu_unit) | undefined;
}

/** A machine with the DMA API over its IOMMU. */
export interface wired_dma_iommu extends Omit<wired_iommu, 'attach'> {
  readonly iova: iova_c;
  readonly dma_iommu: dma_iommu_object;
  /**
   * Gives a device its group, its domain and its dma_ops, as probing does. From then on `k.dma` maps through the IOMMU.
   * @throws Error with the error number when probing fails
   */
  readonly plug: (dev: device) => iommu_domain;
}

export const wire_dma_iommu_shape: shape_of<wire_dma_iommu_options> = {
  ...wire_iommu_shape,
  patches: one_of(0, 1, 2, 3, 4),
  config: an_object, // the two are dma_iommu_c's
  params: an_object,
  pool: a_function,
  overlays: fields<dma_iommu_overlays>({ iova: a_class, dma_iommu: a_function }),
};

/**
 * Puts a machine with translated devices together.
 * @throws OptionError for an option that it does not have, or a value out of range
 */
export function wire_dma_iommu(options: wire_dma_iommu_options = {}): wired_dma_iommu {
  check_options('wire_dma_iommu', options, wire_dma_iommu_shape);
  const { k, iommu } = wire_core(options);
  const iova = new (options.overlays?.iova ?? iova_c)(k);
  // The circle between dma-iommu.o and io-buffer-pool.o is closed last, as the linker closes it.
  const symbols = {} as pool_imports;
  const pool = options.pool?.(k, iommu, symbols);
  const unit = dma_iommu_after[options.patches ?? 4];
  const dma_iommu = new (options.overlays?.dma_iommu?.(unit) ?? unit)(
    k,
    iommu,
    iova,
    pool ?? new io_buffer_pool_h_stubs(),
    { IOMMU_IO_BUFFER: pool !== undefined, SWIOTLB: true, DMA_REMAP: true, ...options.config },
    options.params,
  );
  if (pool) resolve(symbols, dma_iommu as unknown as pool_imports);
  dma_iommu.do_initcalls();
  const driver = wire_driver(options, k, iommu, dma_iommu);
  return {
    k,
    iommu,
    iova,
    dma_iommu,
    driver,
    plug: (dev) => {
      wire_probe(iommu, driver, dev);
      return iommu.iommu_get_dma_domain(dev);
    },
  };
}

/** Calls each by its name at the time of the call: a test can replace it. */
function resolve(symbols: pool_imports, from: pool_imports): void {
  symbols.__iommu_dma_alloc_iova = (...args) => from.__iommu_dma_alloc_iova(...args);
  symbols.__iommu_dma_free_iova = (...args) => {
    from.__iommu_dma_free_iova(...args);
  };
  symbols.__iommu_dma_alloc_pages = (...args) => from.__iommu_dma_alloc_pages(...args);
  symbols.__iommu_dma_free_pages = (...args) => {
    from.__iommu_dma_free_pages(...args);
  };
}
