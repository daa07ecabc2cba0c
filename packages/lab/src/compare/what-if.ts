// SPDX-License-Identifier: GPL-2.0-only
// Whether a replay of a kernel with the series runs with another pool than the recorded one.

import type { OptionValues } from '@iommu-bounce/kconfig-options';
import type { TraceFacts } from '@iommu-bounce/dma-trace';
import { type ReplayParams, replayParams } from '../drive/parameters';

/**
 * Facts say what the recorded pools were; without facts, --params and --config say it.
 * @returns what was recorded and is not replayed; null: the pools are the same
 */
export function whatIfOf(
  facts: TraceFacts | null,
  asked: ReplayParams,
  config: OptionValues | null,
): string | null {
  const says =
    facts !== null &&
    (facts.numSlots !== null || facts.classSizes !== null || facts.poolClasses.length > 0);
  if (!says) return null;
  if (config && config.value('IOMMU_IO_BUFFER') !== 'y') return 'a pool';
  const recorded = replayParams(facts, null).values;
  const { numSlots, classSizes } = asked.values;
  if (recorded.numSlots === numSlots && recorded.classSizes === classSizes) return null;
  return `io_buffer_pool.num_slots=${String(recorded.numSlots)} io_buffer_pool.class_sizes=${String(recorded.classSizes)}`;
}
