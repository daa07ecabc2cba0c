// SPDX-License-Identifier: GPL-2.0-only
// How much memory the machine of a replay needs.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { RecordedMachineFacts } from '@iommu-bounce/simulation';
import type { InitialState } from '../drive/slot-history';
import type { Survey } from '../drive/survey';
import { warmUpNeeds } from '../drive/warm-up';
import { UsageError } from '../errors';

/** The longest typed array of the oldest Node.js supported, and some room. */
export const MOST_RAM = 0.95 * 2 ** 32;

/** For what is not surveyed, in pages; a short capture needs less. */
const ROOM = 4096;
const LEAST_ROOM = 256;
/** 512 KiB, which a pool with that class alone takes for any mapping. */
const LARGEST_CLASS = 128;

/**
 * @param bufferBytes that bounce buffers may take, if that is more than was surveyed
 * @param initial pools that have to be warmed up
 * @param file named in the error
 * @throws UsageError if it is more than a machine can have
 */
export function memoryNeeded(
  survey: Survey,
  bufferBytes: number,
  initial: readonly InitialState[],
  file: string,
): Pick<RecordedMachineFacts, 'windowFrames' | 'buddyPages'> {
  const warm = warmUpNeeds(initial);
  // A run of the worker may change the order of what is mapped and unmapped around it: hence some room, at most for all
  // mappings at once.
  const most = 2 * survey.mappings * survey.windowFrames;
  const windowFrames = Math.ceil(survey.windowFrames * 1.25) + Math.min(ROOM, most) + warm.frames;
  const bytes =
    1.25 * (Math.max(bufferBytes, survey.bufferBytes) + warm.bytes) + 2 * survey.peakCoherent;
  const others = Math.min(ROOM, LEAST_ROOM + survey.mappings * LARGEST_CLASS);
  const buddyPages = Math.ceil(bytes / PAGE_SIZE) + others;
  if ((windowFrames + buddyPages) * PAGE_SIZE > MOST_RAM)
    throw new UsageError(
      `${file}: ${String(Math.ceil(((windowFrames + buddyPages) * PAGE_SIZE) / 2 ** 30))} GiB would be needed for what is mapped at once, expected at most 3; fewer slots or smaller classes may help`,
    );
  return { windowFrames, buddyPages };
}
