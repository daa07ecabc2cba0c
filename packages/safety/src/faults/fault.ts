// SPDX-License-Identifier: GPL-2.0-only
// One failure: which passage of a scenario, and where in the kernel it happened.

export interface Fault {
  /** Passage of the scenario that fails, from 0. */
  readonly passage: number;
  /** Place: kmalloc, page_alloc, iova_alloc, vfio_pin, workqueue, … or `request`. */
  readonly site: string;
  /** Of a request: what the device answers. */
  readonly status?: string;
}

/** One that happened. */
export interface HappenedFault extends Fault {
  /** Function of the kernel that was refused, where the JavaScript engine's stack traces tell it. */
  readonly in: string;
}
