// SPDX-License-Identifier: GPL-2.0-only
// Where something was seen in a capture, and how many such places are kept.

import type { dma_data_direction } from '@iommu-bounce/linux-shim';
import type { EventHead } from '../../event-head';
import type { CallForm, Place } from '../step';

/** Places kept where only examples are wanted. */
export const FIRST = 3;
/** Events kept where each has its own story. */
export const LISTED = 20;

export interface Seen {
  readonly place: Place;
  /** Of the line, nanoseconds. */
  readonly timeNs: number;
  /** `comm-pid`. */
  readonly task: string;
}

/** An earlier line, and how long before it was, in nanoseconds. */
export interface Before {
  readonly place: Place;
  readonly agoNs: number;
}

/** What a buffer was mapped as. */
export interface MappedBuffer {
  readonly device: string;
  readonly form: CallForm;
  /** The map call by the name that the recorded kernel gives it. */
  readonly call: string;
  readonly dir: dma_data_direction;
  readonly dmaAddr: number;
  /** Bytes; of a list, all entries together. */
  readonly size: number;
  /** Line of the map call; null if it is not in the capture. */
  readonly mapped: Place | null;
}

export function seen(event: EventHead, file: string): Seen {
  return {
    place: { file, line: event.line },
    timeNs: event.timeNs,
    task: `${event.comm}-${String(event.pid)}`,
  };
}
