// SPDX-License-Identifier: GPL-2.0-only
// What was compared with the recorded events, and of what each percentage is one: the same on a terminal and on a page.

import { count } from '../show/format';
import type { Compared, ReplayDocument } from '../compare';

export interface AgreementRow {
  readonly name: string;
  readonly of: Compared;
  /** What `compared` counts. */
  readonly base: string;
}

export function agreementRows(document: ReplayDocument): AgreementRow[] {
  const { agreement: a, recorded } = document;
  const { mappings } = recorded;
  const calls = callLines(document);
  const has = (form: string): boolean => mappings.some((row) => row.form === form);
  const callers = `of these, page, sg${has('iova') ? ', iova' : ''} and resource maps`;
  const compared = {
    name: 'mappings compared',
    of: { equal: a.mappings_compared, compared: a.mappings_recorded },
    base: 'all mappings, those put together from iommu:* events included',
  };
  return [
    ...(has('reconstructed') ? [compared] : []),
    {
      name: 'mappings equal',
      of: { equal: a.mappings_equal, compared: a.mappings_compared },
      base: `mappings that belong to a ${calls} call and have iommu:map events`,
    },
    { name: 'their unmaps', of: a.unmaps, base: 'unmaps of these with an event' },
    {
      name: 'addresses themselves',
      of: a.addresses,
      base: `mappings compared${mainCause(a.addresses.by_cause)}`,
    },
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

/** Why most of those that differ do. */
function mainCause(causes: Readonly<Record<string, number>>): string {
  const [most] = Object.entries(causes).sort(([, a], [, b]) => b - a);
  return most === undefined ? '' : `; elsewhere most often: ${most[0]} (${count(most[1])})`;
}

/** The lines that calls are read from. */
export function callLines({ trace, recorded }: ReplayDocument): string {
  const iova = recorded.mappings.some((row) => row.form === 'iova') ? ['dma_iova_*'] : [];
  return ['dma:*', ...iova, ...(trace.pool_lines > 0 ? ['obs_*'] : [])].join(' or ');
}
