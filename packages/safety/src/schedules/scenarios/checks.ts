// SPDX-License-Identifier: GPL-2.0-only
// What must be true when the threads of a run have ended.

import type { io_buffer_class } from '@iommu-bounce/io-buffer-pool';
import type { Executor } from '../executor';
import type { PoolMachine } from './machine';

/** What the kernel itself complained about. */
export function checkLog(machine: PoolMachine): void {
  const { rt, k } = machine;
  const { log } = k;
  for (const { level, text } of log.lines)
    if (level === 'bug')
      rt.fail(text.includes('sleeping function') ? 'sleep-in-atomic' : 'warning', text);
}

/**
 * Nothing is held, nothing is lost: each slot is cached with its pages or empty, and the lists are whole.
 * @param isDetached the device has left the domain: nothing is pinned for it
 */
export function checkRest(machine: PoolMachine, isDetached = false): void {
  const { rt, k, pages } = machine;
  checkLog(machine);
  if (k.locks.held !== 0) rt.fail('lock-held', `${String(k.locks.held)} locks are held at the end`);
  let cached = 0;
  for (const klass of machine.classes) {
    const inCaches = checkLists(rt, klass);
    if (inCaches < 0) return;
    cached += inCaches;
  }
  if (pages.pagesOut() !== cached)
    rt.fail(
      'leak',
      `${String(pages.pagesOut())} pages are out, ${String(cached)} slots are cached`,
    );
  const mapped = machine.mapped();
  if (mapped !== cached)
    rt.fail('leak', `${String(mapped)} pages are mapped, ${String(cached)} slots are cached`);
  const pinned = machine.pinned();
  if (machine.hasPins && pinned !== (isDetached ? 0 : cached))
    rt.fail('leak', `${String(pinned)} pages are pinned, ${String(cached)} slots are cached`);
}

/** @returns slots in the caches; -1: a list is not whole */
function checkLists(rt: Executor, klass: io_buffer_class): number {
  const { cached_slots, empty_slots, slots } = klass;
  const seen: boolean[] = [];
  let found = 0;
  let cached = 0;
  // A loop without copies: it runs after each schedule.
  for (let i = 0; i <= cached_slots.length; i++) {
    const list = cached_slots[i] ?? empty_slots;
    let turns = 0;
    for (let at = list.next; at !== list; at = at.next) {
      if (at.next.prev !== at || at.owner === null || ++turns > slots.length) {
        rt.fail('list-corruption', 'a list of the pool is not whole');
        return -1;
      }
      const { index } = at.owner;
      if (seen[index]) rt.fail('list-corruption', 'a slot is on two lists');
      else found++;
      seen[index] = true;
      if (list !== empty_slots) cached++;
    }
  }
  if (found !== slots.length)
    rt.fail('leak', `${String(slots.length - found)} slots are on no list`);
  return cached;
}

/** The pool is gone, and all that it had. */
export function checkGone(machine: PoolMachine): void {
  const { rt, pages } = machine;
  if (pages.pagesOut() !== 0) rt.fail('leak', `${String(pages.pagesOut())} pages are out`);
  const mapped = machine.mapped();
  if (mapped !== 0) rt.fail('leak', `${String(mapped)} pages are mapped`);
  const pinned = machine.pinned();
  if (pinned !== 0) rt.fail('leak', `${String(pinned)} pages are pinned`);
}
