// SPDX-License-Identifier: GPL-2.0-only
// Named machines: the cover letter's laptop, found by calibration, and two on bare metal, put together from published figures.

import laptopVirtio from './laptop-virtio.json';
import type { CostParameters } from './parameters';

export const PRESET_NAMES = ['laptop-virtio', 'bare-metal-vtd', 'bare-metal-smmuv3'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export const DEFAULT_PRESET: PresetName = 'laptop-virtio';

/** What stands between the guest's driver and the IOMMU: requests to a VMM, or the page table itself. */
export type IommuKind = 'virtio-iommu' | 'bare-metal';

export interface PresetInfo {
  readonly iommu: IommuKind;
  /** What it is and where its values come from. */
  readonly what: string;
}

const INFO: Readonly<Record<PresetName, PresetInfo>> = {
  'laptop-virtio': {
    iommu: 'virtio-iommu',
    what: "the cover letter's i5-10210U under virtio-iommu and VFIO: the prior-weighted centre of all parameter sets that give its eight figures, not a measurement",
  },
  'bare-metal-vtd': {
    iommu: 'bare-metal',
    what: 'strict VT-d on an idle invalidation queue; no published figure of it was at hand, so invalidateNs is an assumption above the CMD_SYNC of SMMUv3',
  },
  'bare-metal-smmuv3': {
    iommu: 'bare-metal',
    what: 'SMMUv3 with one thread at the command queue: dma_map_benchmark of a 5.15 kernel, cost-figures.md',
  },
};

// What a bare-metal machine does not have keeps the laptop's value, and is paid for nothing.
const PRESETS: Readonly<Record<PresetName, CostParameters>> = {
  'laptop-virtio': laptopVirtio,
  'bare-metal-vtd': {
    ...laptopVirtio,
    ...{ submitNs: 2000, completeNs: 1000, interruptNs: 700 }, // assumption: no exits in between
    ...{ dmaMapNs: 150, dmaUnmapNs: 150 }, // assumption
    ...{ copyWarmBytesPerS: 12e9, copyColdBytesPerS: 10e9 }, // cost-figures.md takes 10 GB/s for its break-even
    ...{ iommuMapPageNs: 10, iommuUnmapPageNs: 20 }, // assumption: between SMMUv3's slopes
    invalidateNs: 1000, // assumption: CMD_SYNC is 240-560 ns, zswap on a strict SMMU unmaps in 4-8 us
    invalidatePageNs: 0.1, // one command covers a range
    ...{ nvmeLatencyNs: 80000, nvmeIops: 327000, nvmeBytesPerS: 3.2e9 }, // the one sourced drive: 327K IOPS
  },
  'bare-metal-smmuv3': {
    ...laptopVirtio,
    ...{ submitNs: 2000, completeNs: 1000, interruptNs: 700 }, // assumption: no exits in between
    // Map 0.1 us at 4K whatever the threads, 0.2 us at 128K: a fixed part, and 3 ns a page.
    ...{ dmaMapNs: 60, iommuMapPageNs: 3 },
    ...{ copyWarmBytesPerS: 12e9, copyColdBytesPerS: 10e9 },
    // One thread: unmap 0.8 us at 4K and 3.3 us at 128K, so 80 ns a page. Ten threads take 74 ns a page from 64K on: that is
    // the command of the page, and the rest clears it. 560 ns are the CMD_SYNC of a remote node; what is left is the call.
    ...{ dmaUnmapNs: 110, iommuUnmapPageNs: 6, invalidateNs: 560, invalidatePageNs: 74 },
    ...{ nvmeLatencyNs: 80000, nvmeIops: 327000, nvmeBytesPerS: 3.2e9 },
  },
};

/** A copy of a preset's values. */
export function preset(name: PresetName): CostParameters {
  return { ...PRESETS[name] };
}

export function presetInfo(name: PresetName): PresetInfo {
  return INFO[name];
}

export function isPresetName(name: string): name is PresetName {
  return (PRESET_NAMES as readonly string[]).includes(name);
}
