// SPDX-License-Identifier: GPL-2.0-only
// Loops that never end are an oops here, since they would hang the process too. C: kernel/watchdog.c
// JS: the kernel's watchdogs notice a CPU that is stuck for 10 s and more; here a loop counts its own turns, because
// virtual time stands still in it.

import { oops } from './printk';

/** Turns of a loop over a list that no sound list needs: the longest, a class of slots, has 104,857 entries. */
export const LOCKUP_TURNS = 2 ** 20;

/** The CPU is stuck; `what` says where. */
export function lockup(what: string): never {
  throw new oops('lockup', what);
}
