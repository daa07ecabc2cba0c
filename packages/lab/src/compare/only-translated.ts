// SPDX-License-Identifier: GPL-2.0-only
// The device that requests without a call belong to, where facts tell.

import type { TraceFacts } from '@iommu-bounce/dma-trace';

/** The one device of the facts that is alone in the one group; empty: there is none such. */
export function onlyTranslated(facts: TraceFacts | null): string {
  const groups = facts?.groups ?? [];
  const [group] = groups;
  return groups.length === 1 && group?.devices.length === 1 ? (group.devices[0] ?? '') : '';
}
