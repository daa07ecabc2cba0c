// SPDX-License-Identifier: GPL-2.0-only
// The pools of a machine as frames show them.

import { type list_head, type machine } from '@iommu-bounce/linux-shim';
import {
  IO_BUFFER_SLOT_TYPE_RO,
  IO_BUFFER_SLOT_TYPE_RW,
  IO_BUFFER_SLOT_TYPE_WO,
  type io_buffer_class,
  type io_buffer_pool,
  type io_buffer_slot,
} from '@iommu-bounce/io-buffer-pool';
import type { Access, ClassFrame, PoolFrame, SlotFrame } from './frame';

/** What a permission lets a device do; null: nothing. */
export function accessOf(prot: number): Access | null {
  const bits = prot & 3;
  return bits === 1 ? 'RO' : bits === 2 ? 'WO' : bits === 3 ? 'RW' : null;
}

/** Makes frames of pools; what has not changed since the last frame is the same object, so a frame costs little. */
export class PoolFrames {
  private readonly last = new WeakMap<io_buffer_class, ClassFrame>();

  /**
   * @param domain names of its devices
   * @param inUse addresses, of this domain, that mappings of drivers begin at
   */
  frame(
    k: machine,
    pool: io_buffer_pool,
    domain: string,
    inUse: readonly (readonly [iova: number, size: number])[],
  ): PoolFrame {
    const work = pool.evict_work;
    return {
      domain,
      classes: pool.classes.map((klass) => this.classFrame(klass, inUse)),
      evictInMs: k.workqueue.delayed_work_pending(work)
        ? Math.max(0, k.timers.jiffies_to_msecs(work.timer.due - k.timers.jiffies()))
        : null,
    };
  }

  private classFrame(
    klass: io_buffer_class,
    held: readonly (readonly [iova: number, size: number])[],
  ): ClassFrame {
    const before = this.last.get(klass);
    const count = klass.slots.length;
    const states = new Array<SlotFrame['state']>(count).fill('lost');
    for (const [iova] of held) {
      const index = Math.floor((iova - klass.iova_base) / klass.buffer_size);
      if (index >= 0 && index < count) states[index] = 'in-use';
    }
    const seen = new Set<io_buffer_slot>();
    const list = (
      head: list_head<io_buffer_slot> | undefined,
      state: SlotFrame['state'],
      was: readonly number[] | undefined,
    ): readonly number[] => {
      const indices = indicesOf(head, seen);
      for (const index of indices) states[index] = state;
      return was !== undefined && sameNumbers(was, indices) ? was : indices;
    };
    const empty = list(klass.empty_slots, 'empty', before?.empty);
    const cache = (type: number, was: readonly number[] | undefined): readonly number[] =>
      list(klass.cached_slots[type], 'cached', was);
    const cachedRo = cache(IO_BUFFER_SLOT_TYPE_RO, before?.cachedRo);
    const cachedWo = cache(IO_BUFFER_SLOT_TYPE_WO, before?.cachedWo);
    const cachedRw = cache(IO_BUFFER_SLOT_TYPE_RW, before?.cachedRw);

    let changed = before === undefined;
    const slots = klass.slots.map((slot, index) => {
      const state = states[index] ?? 'lost';
      const access = state === 'empty' ? null : accessOf(slot.prot);
      const old = state === 'cached' && slot.old_cache_entry;
      const was = before?.slots[index];
      if (was?.state === state && was.access === access && was.old === old) return was;
      changed = true;
      return { index, state, access, old, iova: klass.iova_base + klass.buffer_size * index };
    });
    if (before !== undefined && !changed && sameLists(before, empty, cachedRo, cachedWo, cachedRw))
      return before;
    const frame = {
      bufferSize: klass.buffer_size,
      iovaBase: klass.iova_base,
      slots,
      empty,
      cachedRo,
      cachedWo,
      cachedRw,
    };
    this.last.set(klass, frame);
    return frame;
  }
}

/** A list, first entry first; up to a slot that was seen before, since a double unmap breaks lists. */
function indicesOf(
  head: list_head<io_buffer_slot> | undefined,
  seen: Set<io_buffer_slot>,
): number[] {
  const indices: number[] = [];
  if (head === undefined) return indices;
  for (let at = head.next; at !== head; at = at.next) {
    const slot = at.owner;
    if (slot === null || seen.has(slot)) break;
    seen.add(slot);
    indices.push(slot.index);
  }
  return indices;
}

function sameLists(before: ClassFrame, ...lists: readonly (readonly number[])[]): boolean {
  const { empty, cachedRo, cachedWo, cachedRw } = before;
  return [empty, cachedRo, cachedWo, cachedRw].every((list, i) => list === lists[i]);
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
