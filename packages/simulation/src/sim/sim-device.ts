// SPDX-License-Identifier: GPL-2.0-only
// One device of a machine that is up under some policy, as the simulation drives both.

import type { device, machine } from '@iommu-bounce/linux-shim';
import type { Requests } from '@iommu-bounce/integration';
import type { ChargedMemory } from './machine-parts';
import type { Meter } from './meter';

/** What a machine is to have. */
export interface MachineNeeds {
  readonly cpus: number;
  /** Frames for the jobs' buffers. */
  readonly bufferFrames: number;
  /** Pages that bounce buffers may need. */
  readonly bouncePages: number;
  /** False: memory without bytes, for runs that move no data. Default true. */
  readonly bytes?: boolean;
}

export interface SimDevice {
  readonly k: machine;
  readonly mm: ChargedMemory;
  readonly dev: device;
  readonly meter: Meter;
  /** Bytes that the DMA API says it maps at once at most: the block layer makes no larger request. */
  readonly longestMapping: number;
  /** Bytes of a piece that does not fill its pages, at most, because it is bounced: a larger one fails. */
  readonly longestBounce: number;
  /** Where an access of the device goes, or -1: nowhere. */
  translate(address: number, write: boolean): number;
  requests(): Requests;
  /** Bytes of bounce buffers that are held now. */
  bounceBytes(): number;
  /** Whether the machine has work that no timer waits for; null: it never has. */
  readonly workPending: (() => boolean) | null;
  /** Bytes set aside for them at boot. */
  readonly reservedBounceBytes: number;
  /** The number of a pool's slot that an address lies in, or -1. */
  slotOf(address: number): number;
  /** How many of these there are. */
  readonly slots: number;
  /** False where a device can always reach all memory. */
  readonly translated: boolean;
  /** Gives up what the machine holds, so that what is left is a leak; lines that say what is wrong. */
  shutDown(): readonly string[];
}
