// SPDX-License-Identifier: GPL-2.0-only
// Which finding (docs/findings.md) a failure is: by the function that was refused, and what came of it.

import type { HappenedFault } from './fault';

interface Known {
  readonly finding: number;
  /** What came of it. */
  readonly what: RegExp;
  /** Function that was refused, one of all that were; absent: nothing need be refused. */
  readonly in?: RegExp;
  /** Where the failure was put in. */
  readonly site?: RegExp;
}

const STALE = /^the device reaches what was unmapped$/;
const LEFT = /^left behind: /;

const KNOWN: readonly Known[] = [
  { finding: 47, what: /NULL pointer/, in: /^(?:init_iova_rcaches|iova_magazine_alloc)$/ },
  {
    finding: 17,
    what: /^the device is attached and not translated$/,
    in: /^io_buffer_(?:pool|class)_init$/,
  },
  { finding: 57, what: STALE, site: /^request$/ },
  { finding: 55, what: STALE, site: /^kmalloc$/, in: /^__viommu_add_req$/ },
  { finding: 65, what: STALE, site: /^iommu_unmap$/ },
  { finding: 21, what: LEFT, site: /^iommu_unmap$/ },
  { finding: 21, what: LEFT, site: /^kmalloc$/, in: /^__viommu_add_req$/ },
  { finding: 38, what: LEFT, in: /^sg_/ },
  { finding: 37, what: /^left behind: allocations: \d+ before, \d+ after$/ },
];

/** Its number; null: none of those known. */
export function findingOf(what: string, faults: readonly HappenedFault[]): number | null {
  const found = KNOWN.find(
    (known) =>
      known.what.test(what) &&
      (known.in === undefined && known.site === undefined
        ? faults.length === 0
        : faults.some(
            (fault) => (known.in?.test(fault.in) ?? true) && (known.site?.test(fault.site) ?? true),
          )),
  );
  return found?.finding ?? null;
}
