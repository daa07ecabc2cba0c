// SPDX-License-Identifier: GPL-2.0-only
// What must be true when the threads of a run have ended.

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
    const seen = new Set<object>();
    for (const list of [...klass.cached_slots, klass.empty_slots]) {
      let turns = 0;
      for (let at = list.next; at !== list; at = at.next) {
        if (at.next.prev !== at || at.owner === null || ++turns > klass.slots.length) {
          rt.fail('list-corruption', 'a list of the pool is not whole');
          return;
        }
        if (seen.has(at.owner)) rt.fail('list-corruption', 'a slot is on two lists');
        seen.add(at.owner);
        if (list !== klass.empty_slots) cached++;
      }
    }
    if (seen.size !== klass.slots.length)
      rt.fail('leak', `${String(klass.slots.length - seen.size)} slots are on no list`);
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

/** The pool is gone, and all that it had. */
export function checkGone(machine: PoolMachine): void {
  const { rt, pages } = machine;
  if (pages.pagesOut() !== 0) rt.fail('leak', `${String(pages.pagesOut())} pages are out`);
  const mapped = machine.mapped();
  if (mapped !== 0) rt.fail('leak', `${String(mapped)} pages are mapped`);
  const pinned = machine.pinned();
  if (pinned !== 0) rt.fail('leak', `${String(pinned)} pages are pinned`);
}
