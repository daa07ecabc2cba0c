// SPDX-License-Identifier: GPL-2.0-only
// Decisions that only repeat what was assumed: a slot's first appearance in a pool that was in use before the recording.

import type { EvictSlotStep } from '@iommu-bounce/dma-trace';
import type { InitialState } from '../drive/slot-history';

const CACHED = 'the slot was in the cache before the recording';
const EMPTY = 'the order of the empty list was made before the recording';
const IN_USE = 'the slot was mapped before the recording';
const FULL = 'full because of slots that were mapped before the recording and stay so';

interface ClassState {
  /** Slots that have not shown themselves yet; of these the state is an assumption. */
  readonly unseen: Set<number>;
  /** Slots that never do. */
  readonly neverSeen: number;
  /** Evictions whose choice was an assumption: the rest of their lines say it again. */
  readonly evicting: Set<number>;
}

export class RestatedSlots {
  private readonly classes = new Map<string, ClassState>();

  constructor(
    states: readonly InitialState[],
    seen: (state: InitialState, slot: number) => boolean,
  ) {
    for (const state of states) {
      const unseen = new Set<number>();
      let neverSeen = 0;
      for (let slot = 0; slot < state.slots; slot++) {
        if (seen(state, slot)) unseen.add(slot);
        else neverSeen++;
      }
      this.classes.set(`${state.device} ${String(state.classSize)}`, {
        unseen,
        neverSeen,
        evicting: new Set(),
      });
    }
  }

  /** Why a take is not to be compared, or null. */
  take(
    device: string,
    classSize: number,
    slot: number,
    from: 'cache' | 'empty' | null,
  ): string | null {
    if (!this.class(device, classSize)?.unseen.delete(slot)) return null;
    return from === 'cache' ? CACHED : EMPTY;
  }

  unmap(device: string, classSize: number, slot: number): string | null {
    return this.class(device, classSize)?.unseen.delete(slot) === true ? IN_USE : null;
  }

  full(device: string, classSize: number): string | null {
    const state = this.class(device, classSize);
    return state && state.neverSeen + state.unseen.size > 0 ? FULL : null;
  }

  evict(
    device: string,
    classSize: number,
    slot: number,
    kind: EvictSlotStep['kind'],
  ): string | null {
    const state = this.class(device, classSize);
    if (!state) return null;
    if (kind === 'evictTake') {
      if (!state.unseen.delete(slot)) return null;
      state.evicting.add(slot);
      return CACHED;
    }
    if (!state.evicting.has(slot)) return null;
    if (kind === 'evictRelease') state.evicting.delete(slot);
    return CACHED;
  }

  private class(device: string, classSize: number): ClassState | undefined {
    return this.classes.get(`${device} ${String(classSize)}`);
  }
}
