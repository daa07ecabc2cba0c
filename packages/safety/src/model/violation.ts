// SPDX-License-Identifier: GPL-2.0-only
// What a run ends with where the port does otherwise than the model says.

import type { JsonObject } from '@iommu-bounce/integration';

/** Where the port does otherwise than the model says. */
export class Violation extends Error {
  /**
   * @param expected what the last operation should have shown; `verify` finds that it did not
   * @param isExample that is only one of the values that are right: an address, or lists of the pool. What the port as it is shows takes
   *   its place, where something else is tried
   */
  constructor(
    what: string,
    readonly expected: Readonly<JsonObject> = {},
    readonly isExample = false,
  ) {
    super(what);
    this.name = 'Violation';
  }
}

/** What the record of an operation has to hold when it does not die. */
export function lived(op: string): Readonly<JsonObject> {
  const quiet = { crash: null, bug: null, iommu: [] };
  if (op === 'map_page' || op === 'alloc_coherent') return { ...quiet, ret: 'error' };
  if (op === 'map_sg') return { ...quiet, ret: 0, dma: [] };
  if (op === 'lend_group') return { ...quiet, ret: 0 };
  if (op === 'destroy') return { ...quiet, leaked_pages: 0, mapped_pages: 0 };
  return quiet;
}
