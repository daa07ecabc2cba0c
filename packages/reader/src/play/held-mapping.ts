// SPDX-License-Identifier: GPL-2.0-only
// A machine as a frame sees it: its domains and the mappings that its drivers hold.

import type { iommu_domain } from '@iommu-bounce/iommu-core';
import type { running_machine } from '@iommu-bounce/integration';
import type { MappingFrame } from './frame';
import type { Piece } from './mapped-pieces';

/** A mapping that a driver holds. */
export interface HeldMapping extends Pick<
  MappingFrame,
  'id' | 'device' | 'kind' | 'size' | 'segments' | 'direction'
> {
  /** The driver's memory: physical address and bytes of each part; none where the call allocated it. */
  readonly original: readonly (readonly [phys: number, bytes: number])[];
}

export interface WatchedDomain {
  readonly domain: iommu_domain;
  /** Names of the devices in it. */
  readonly devices: readonly string[];
  /** What its devices can reach, in order. */
  readonly pieces: readonly Piece[];
}

export interface WatchedMachine {
  readonly m: running_machine;
  domains(): readonly WatchedDomain[];
  /** In the order in which they were made; the same object as long as the mapping is held. */
  held(): readonly HeldMapping[];
}

/** The kernel's number of a direction, 0 to 2, as frames name it. */
export function directionName(dir: number): MappingFrame['direction'] {
  return dir === 1 ? 'to-device' : dir === 2 ? 'from-device' : 'both';
}

/** A domain's name in frames. */
export function domainName({ devices }: Pick<WatchedDomain, 'devices'>): string {
  return devices.join(', ');
}
