// SPDX-License-Identifier: GPL-2.0-only
// IOMMUs that are told apart, by what facts call them and by words in the text of events.

export type KnownIommu = 'virtio-iommu' | 'vtd' | 'smmuv3' | 'amd';

interface Signs {
  readonly iommu: KnownIommu;
  /** What facts call it has this in it. */
  readonly called: RegExp;
  /** Names of events, and of functions of the drivers. */
  readonly words: RegExp;
}

const SIGNS: readonly Signs[] = [
  {
    iommu: 'virtio-iommu',
    called: /virtio/i,
    words: /\b(?:viommu_\w+|virtio[-_]iommu\w*)\b/,
  },
  {
    iommu: 'vtd',
    called: /intel|vt-?d/i,
    words: /\b(?:qi_submit\w*|intel_iommu_\w+|cache_tag_(?:assign|flush)\w*|DMAR)\b/,
  },
  { iommu: 'smmuv3', called: /smmu/i, words: /\barm[-_]smmu\w*\b/ },
  { iommu: 'amd', called: /amd/i, words: /\b(?:amd_iommu_\w+|AMD-Vi)\b/ },
];
const WORDS = new RegExp(SIGNS.map(({ words }) => words.source).join('|'), 'g');

/** @param name what facts call an IOMMU; null: none of these */
export function iommuNamed(name: string): KnownIommu | null {
  return SIGNS.find(({ called }) => called.test(name))?.iommu ?? null;
}

/** @param text of an event, with its name; null: it tells of none of these */
export function iommuIn(text: string): KnownIommu | null {
  return SIGNS.find(({ words }) => words.test(text))?.iommu ?? null;
}

/** The words of a text that `iommuIn` looks for, in their order. */
export function iommuWords(text: string): readonly string[] {
  return text.match(WORDS) ?? [];
}
