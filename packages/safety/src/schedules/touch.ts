// SPDX-License-Identifier: GPL-2.0-only
// What a step touches, as one number: an object's number and how. Two steps depend on each other if they touch the same
// object and not both of them only look at it.

/** Looks at the object; for a CPU: runs on it with interrupts as they are. */
export const READ = 0;
/** Changes the object; for a lock or a CPU: takes it. */
export const WRITE = 1;
/** Gives the object back; only for what was taken. */
export const RELEASE = 2;

/** Touches nothing. */
export const NOTHING = -1;

export function touch(object: number, mode: number): number {
  return object * 4 + mode;
}

export function objectOf(of: number): number {
  return of >> 2;
}

/** Whether two touches are of one object and cannot be swapped. */
export function conflict(one: number, other: number): boolean {
  return one >= 0 && other >= 0 && one >> 2 === other >> 2 && ((one | other) & 3) !== READ;
}

/** Kinds of steps. */
export const START = 0;
export const END = 1;
export const LOCK = 2;
export const UNLOCK = 3;
export const IRQ_OFF = 4;
export const IRQ_ON = 5;
export const ALLOC = 6;
export const FREE = 7;
export const IOMMU = 8;
export const QUEUE = 9;
export const CANCEL = 10;
export const DEVICE = 11;
export const LOAD = 12;
export const STORE = 13;

/** What a kind is called where a schedule is shown. */
export const KIND_NAMES: readonly string[] = [
  'start',
  'end',
  'lock',
  'unlock',
  'irq off',
  'irq on',
  'alloc',
  'free',
  'iommu',
  'queue',
  'cancel',
  'device',
  'read',
  'write',
];
