// SPDX-License-Identifier: GPL-2.0-only
// Lines of text inside the facts.

/** `[    0.944224] obs_pool_class 0000:00:05.0 size=4096 slots=1024 iova_base=ff800000 unaligned=ff800000`. */
export const POOL_CLASS_LINE =
  /^\[( *\d+\.\d+)\] obs_pool_class (\S+) size=(\d+) slots=(\d+) iova_base=([0-9a-f]{1,13}) unaligned=([0-9a-f]{1,13})$/;

/** `/sys/kernel/iommu_groups/0 type=DMA 0000:00:05.0 0000:00:06.0`; other lines name the IOMMU itself. */
export const GROUP_LINES = /^\/sys\/kernel\/iommu_groups\/(\d+) type=(\S+)(.*)$/gm;

/** `max_segments 33`; of other lines the value is no number. */
export const LIMIT_LINES = /^(\w+) (\d+)$/gm;
