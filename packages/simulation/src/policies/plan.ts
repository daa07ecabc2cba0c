// SPDX-License-Identifier: GPL-2.0-only
// What a policy is made of, and the machine that it runs on.

import type { machine_parts } from '@iommu-bounce/linux-shim';
import type { DriverWatch } from '@iommu-bounce/integration';
import type { OptionValues } from '@iommu-bounce/kconfig-options';
import type { CostParameters, IommuKind } from '../cost';
import type { Fix } from '../fixes';

/** 5.13 is the port. 6.8 is the port with what changed until then and matters to these policies. */
export const BASES = ['5.13', '6.8'] as const;
export type Base = (typeof BASES)[number];

/** What a policy is made of. */
export interface MachinePlan {
  /** Which of the series' patches are applied. */
  readonly patches: 0 | 4;
  /** Default: the kernel's. */
  readonly config?: string | OptionValues;
  readonly params?: string;
  /** False: the drive has no IOMMU. */
  readonly translated: boolean;
  readonly swiotlbSlabs?: number;
  /** All mappings bounce (swiotlb=force). */
  readonly swiotlbForce?: boolean;
  /** What if: v6.6's, which grows. */
  readonly swiotlbDynamic?: boolean;
  readonly untrusted?: boolean;
  /** Lazy invalidation; on virtio-iommu that takes base 6.8. */
  readonly lazy?: boolean;
  /** One flush queue for all CPUs; that takes base 6.8. */
  readonly singleQueue?: boolean;
  /** Address ranges that a device finds in its cache, as if a flush had just given them back. Default: none. */
  readonly cachedRanges?: { readonly count: number; readonly bytes: number };
  /** Whose IOMMU code it runs on. Default: 5.13's, where it can. */
  readonly base?: Base;
  /** In place of the machine's own, or of those that charge. */
  readonly parts?: machine_parts;
  /** Fixes of findings that are on. */
  readonly fixes?: readonly Fix[];
}

/** A machine that was there before, as far as it is known. */
export interface HostFacts {
  /** Ticks per second. Default: those of the kernel that the series was recorded on. */
  readonly hz?: number;
  /** `jiffies` when it is booted. */
  readonly jiffies?: number;
  /** Sum of the page sizes that its IOMMU has. Default: the driver's own. */
  readonly pageSizeMask?: number;
  /** Of virtio-iommu: mappings of a device that VFIO takes at one time. Default: VFIO's. */
  readonly dmaEntryLimit?: number;
  /** Told which domain the driver is called for. */
  readonly watch?: DriverWatch;
}

/** The machine that a policy runs on. */
export interface Platform {
  readonly iommu: IommuKind;
  readonly cost: CostParameters;
}
