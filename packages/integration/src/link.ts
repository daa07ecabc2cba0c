// SPDX-License-Identifier: GPL-2.0-only
// The linker: which objects a configuration links, and whether every symbol they need is provided by another.

import { iommu_c, iova_c } from '@iommu-bounce/iommu-core';
import { dma_iommu_after, type series_state } from '@iommu-bounce/dma-iommu';
import { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import { type OptionValues, linkedObjects, seriesMakefile } from '@iommu-bounce/kconfig-options';

/** What `nm` would print of an object file. */
export interface object_file {
  readonly name: string;
  readonly defined: readonly string[];
  readonly undefined: readonly string[];
}

/** A symbol that nobody provides. */
export interface unresolved_symbol {
  readonly object: string;
  readonly symbol: string;
}

/** The objects of this project after `patches` patches that `config` links, in the Makefile's order. */
export function objects_of(config: OptionValues, patches: series_state): object_file[] {
  const files: Record<string, object_file> = {
    'iommu.o': { name: 'iommu.o', defined: iommu_c.symbols, undefined: [] },
    'iova.o': { name: 'iova.o', defined: iova_c.symbols, undefined: [] },
    'dma-iommu.o': {
      name: 'dma-iommu.o',
      defined: dma_iommu_after[patches].symbols,
      undefined: [],
    },
    'io-buffer-pool.o': {
      name: 'io-buffer-pool.o',
      defined: io_buffer_pool_c.symbols,
      undefined: io_buffer_pool_c.undefined_symbols,
    },
  };
  return linkedObjects(seriesMakefile, config).builtIn.flatMap((name) => files[name] ?? []);
}

/** What is needed and not provided. */
export function unresolved(objects: readonly object_file[]): unresolved_symbol[] {
  const defined = new Set(objects.flatMap((o) => o.defined));
  return objects.flatMap((o) =>
    o.undefined
      .filter((symbol) => !defined.has(symbol))
      .map((symbol) => ({ object: o.name, symbol })),
  );
}

/** @throws Error that names every unresolved symbol */
export function link(objects: readonly object_file[]): void {
  const missing = unresolved(objects);
  if (missing.length > 0)
    throw new Error(
      missing.map((m) => `${m.object}: undefined reference to \`${m.symbol}'`).join('; '),
    );
}
