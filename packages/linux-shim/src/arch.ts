// SPDX-License-Identifier: GPL-2.0-only
// Cache maintenance of a machine whose devices may be non-coherent. C: the arch_sync_dma_* hooks of an architecture
// JS: memory is always coherent here; what is asked for is counted and handed to a listener.

import type { dma_data_direction } from './dma-map-ops';
import type { page } from './mm';
import type { phys_addr_t } from './types';

export type cache_op = 'for_device' | 'for_cpu';
export type cache_op_listener = (
  op: cache_op,
  paddr: phys_addr_t,
  size: number,
  dir: dma_data_direction,
) => void;

export class arch_c {
  private listener: cache_op_listener | null = null;

  /** Who is told of each operation; null for nobody. */
  on_cache_op(listener: cache_op_listener | null): void {
    this.listener = listener;
  }

  arch_sync_dma_for_device(paddr: phys_addr_t, size: number, dir: dma_data_direction): void {
    this.listener?.('for_device', paddr, size, dir);
  }

  arch_sync_dma_for_cpu(paddr: phys_addr_t, size: number, dir: dma_data_direction): void {
    this.listener?.('for_cpu', paddr, size, dir);
  }

  /** Makes fresh memory coherent; nothing to do here. */
  arch_dma_prep_coherent(_p: page, _size: number): void {
    // deliberately empty: see above
  }
}
