// SPDX-License-Identifier: GPL-2.0-only
// What was compared with the recorded events, and of what each percentage is one: the same on a terminal and on a page.

import type { AgreementSection, Compared } from '../compare';

export interface AgreementRow {
  readonly name: string;
  readonly of: Compared;
  /** What `compared` counts. */
  readonly base: string;
}

/** @param calls which lines the calls are of: `dma:*`, or with those of the series */
export function agreementRows(a: AgreementSection, calls: string): AgreementRow[] {
  const callers = 'of these, page, sg and resource maps';
  return [
    {
      name: 'mappings equal',
      of: { equal: a.mappings_equal, compared: a.mappings_compared },
      base: `mappings that belong to a ${calls} call and have iommu:map events`,
    },
    { name: 'their unmaps', of: a.unmaps, base: 'unmaps of these with an event' },
    { name: 'number of iommu:map events', of: a.independent.number_of_chunks, base: callers },
    { name: 'physical starts', of: a.independent.physical_starts, base: callers },
    { name: 'total length', of: a.independent.total_length, base: callers },
    {
      name: 'lengths inside lists',
      of: a.dependent.interior_lengths,
      base: 'lists with inferred lengths',
    },
  ];
}

/** The lines that calls are read from. */
export function callLines(poolLines: number): string {
  return poolLines > 0 ? 'dma:* or obs_*' : 'dma:*';
}
