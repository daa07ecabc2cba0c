// SPDX-License-Identifier: GPL-2.0-only
// What the tally driver calls of the kernel: lists, locks, memory, work and the log.

export const EINVAL = 22;
export const EEXIST = 17;
export const ENOMEM = 12;
export const ENOSPC = 28;
export const GFP_ATOMIC = 0x20;
export const GFP_KERNEL = 0xcc0;
export type gfp_t = number;

export function BIT(n: number): number {
  return 1 << n;
}

/** Intrusive: `owner` is what C finds with container_of. */
export class list_head<T> {
  next: list_head<T> = this;
  prev: list_head<T> = this;

  constructor(readonly owner: T | null = null) {}
}

export function INIT_LIST_HEAD<T>(head: list_head<T>): void {
  head.next = head;
  head.prev = head;
}

function insert<T>(entry: list_head<T>, prev: list_head<T>, next: list_head<T>): void {
  next.prev = entry;
  entry.next = next;
  entry.prev = prev;
  prev.next = entry;
}

export function list_add<T>(entry: list_head<T>, head: list_head<T>): void {
  insert(entry, head, head.next);
}

export function list_add_tail<T>(entry: list_head<T>, head: list_head<T>): void {
  insert(entry, head.prev, head);
}

export function list_del_init<T>(entry: list_head<T>): void {
  entry.prev.next = entry.next;
  entry.next.prev = entry.prev;
  INIT_LIST_HEAD(entry);
}

export function list_empty<T>(head: list_head<T>): boolean {
  return head.next === head;
}

export function deref<T>(p: T | null | undefined): T {
  if (p === null || p === undefined) throw new Error('oops');
  return p;
}

export function list_entry<T>(at: list_head<T>): T {
  return deref(at.owner);
}

export function list_first_entry<T>(head: list_head<T>): T {
  return list_entry(head.next);
}

export class spinlock_t {
  held = false;
}

export class work_struct {
  func: (work: work_struct) => void = () => undefined;
  container: object | null = null;
  pending = false;
}

/** What a machine gives to its drivers. */
export interface machine {
  spin_lock_init(lock: spinlock_t): void;
  spin_lock_irqsave(lock: spinlock_t): number;
  spin_unlock_irqrestore(lock: spinlock_t, flags: number): void;
  kmem_cache_create(name: string, size: number): object | null;
  kmem_cache_alloc_node<T>(cache: object, make: new () => T, gfp: gfp_t, node: number): T | null;
  kmem_cache_free(cache: object, p: object): void;
  kzalloc_node<T>(make: new () => T, gfp: gfp_t, node: number): T | null;
  kfree(p: object): void;
  INIT_WORK(work: work_struct, func: (work: work_struct) => void, container: object): void;
  schedule_work(work: work_struct): void;
  cancel_work_sync(work: work_struct): void;
  kstrtobool(text: string | null): boolean | null;
  WARN_ON(condition: boolean): boolean;
  pr_info(text: string): void;
  pr_warn(text: string): void;
}
