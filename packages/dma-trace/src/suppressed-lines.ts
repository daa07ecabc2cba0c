// SPDX-License-Identifier: GPL-2.0-only
// Lines that the kernel did not print: its rate limit says how often it held them back.

import type { KernelLog } from './events';

/** Calls of one rate limit that printed nothing. */
export interface SuppressedLines {
  readonly topic: 'fault' | 'swiotlbFull';
  /** For swiotlb each is a line; for faults some are none, since VT-d asks more than once for each interrupt. */
  readonly calls: number;
}

/** `swiotlb_tbl_map_single: 41 callbacks suppressed` */
const LINE = /^(\w+): (\d{1,10}) callbacks suppressed\s*$/;
const FULL = /^swiotlb_(?:tbl_map_single|map_single|full|alloc\w*)$|^map_single$/;
const FAULT =
  /^dmar_fault$|^(?:amd_)?iommu_(?:report|print|int|handle)\w*|^arm_smmu_\w*(?:evt|fault)|^viommu_fault/;

/** What the line says of them; null if it is about something else. */
export function suppressedLines({ text }: Pick<KernelLog, 'text'>): SuppressedLines | null {
  if (!text.includes('callbacks suppressed')) return null;
  const [, name = '', calls = '0'] = LINE.exec(text) ?? [];
  if (FULL.test(name)) return { topic: 'swiotlbFull', calls: Number(calls) };
  return FAULT.test(name) ? { topic: 'fault', calls: Number(calls) } : null;
}
