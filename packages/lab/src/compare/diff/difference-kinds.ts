// SPDX-License-Identifier: GPL-2.0-only
// In what two captures can differ.

/**
 * `operations`: one has more of a kind, or has it by another call or direction. `devices`: operations of a device that has no
 * counterpart. `moved`: alike, at another place. `attributes`: DMA_ATTR_*. `unmaps`: one capture shows the unmap of a mapping.
 * `windows`: times from map to unmap. `requests`: iommu:map and iommu:unmap events.
 */
export const DIFFERENCE_KINDS = [
  'operations',
  'devices',
  'moved',
  'attributes',
  'unmaps',
  'windows',
  'requests',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];
