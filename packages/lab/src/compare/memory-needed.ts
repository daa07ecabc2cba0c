// SPDX-License-Identifier: GPL-2.0-only
// How much memory the machine of a replay needs.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { showPlace } from '@iommu-bounce/dma-trace';
import type { RecordedMachineFacts } from '@iommu-bounce/simulation';
import type { InitialState } from '../drive/slot-history';
import type { Survey } from '../drive/survey';
import { warmUpNeeds } from '../drive/warm-up';
import { UsageError, oneLine } from '../errors';
import { memory } from '../show/format';

/**
 * Bytes. A capture's memory has none, but each of its pages that is touched is an object, and VFIO counts the pins of each: about half
 * a gigabyte for all of these.
 */
export const MOST_RAM = 2 ** 34;
export const MOST_RAM_TEXT = `${String(MOST_RAM / 2 ** 30)} GiB`;

/** For what is not surveyed, in pages; a short capture needs less. */
const ROOM = 4096;
const LEAST_ROOM = 256;
/** The allocator's largest block, in pages. */
const BLOCK = 1024;
/** 512 KiB, which a pool with that class alone takes for any mapping. */
const LARGEST_CLASS = 128;

/**
 * The allocator's memory is whole blocks of the largest order, one behind the other. A driver with huge pages fills a buffer
 * page by page: how many iommu:map events that makes then does not depend on how much memory there is.
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
  const frames = Math.ceil(survey.windowFrames * 1.25) + Math.min(ROOM, most) + warm.frames;
  // Frame 0 lies before them.
  const windowFrames = Math.ceil((frames + 1) / BLOCK) * BLOCK - 1;
  const bytes =
    1.25 * (Math.max(bufferBytes, survey.bufferBytes) + warm.bytes) + 2 * survey.peakCoherent;
  const others = Math.min(ROOM, LEAST_ROOM + survey.mappings * LARGEST_CLASS);
  const buddyPages = Math.ceil((bytes / PAGE_SIZE + others) / BLOCK) * BLOCK;
  if ((windowFrames + buddyPages) * PAGE_SIZE > MOST_RAM)
    throw new UsageError(tooMuch(survey, windowFrames, buddyPages, others, file));
  return { windowFrames, buddyPages };
}

/** @param others pages that are for no buffers */
function tooMuch(
  { largest, peakCoherent }: Survey,
  windowFrames: number,
  buddyPages: number,
  others: number,
  file: string,
): string {
  const gib = Math.ceil(((windowFrames + buddyPages) * PAGE_SIZE) / 2 ** 30);
  const named =
    largest === null
      ? ''
      : `; the largest mapping has ${sizeText(largest.size)} (${oneLine(showPlace(largest.place))})`;
  // Without any buffer it would be too much as well: then other parameters do not help.
  const withoutBuffers = (windowFrames + others) * PAGE_SIZE + 2 * peakCoherent;
  const advice = withoutBuffers > MOST_RAM ? '' : '; fewer slots or smaller classes may help';
  return `${file}: ${String(gib)} GiB would be needed for what is mapped at once, expected at most ${MOST_RAM_TEXT}${named}${advice}`;
}

/** In the unit of the sentence where it is one or more. */
function sizeText(bytes: number): string {
  return bytes < 2 ** 30 ? memory(bytes) : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
