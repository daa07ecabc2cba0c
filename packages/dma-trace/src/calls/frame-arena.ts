// SPDX-License-Identifier: GPL-2.0-only
// Page frames for the memory of mappings in flight: a window of the machine's RAM stands for each recorded run of pages.
//
// Recorded addresses reach over the whole of a machine's memory, while only what is mapped right now matters. A window
// keeps the run together, keeps its alignment up to 2 MiB (which decides how the IOMMU driver splits it) and is
// followed by a page that nobody uses, so that no two runs become neighbours that were none.

import { check_value, whole } from '@iommu-bounce/linux-shim/options';
import { PAGE, type PhysRun } from './step';

/** Frames whose alignment is kept: 2 MiB. */
const KEPT_ALIGNMENT = 512;

export class FrameArena {
  /** First frame behind all windows ever handed out. */
  private next: number;
  private readonly free: number[][] = [];

  /**
   * @param firstPfn first frame of the reserved memory
   * @param frames how many there are
   */
  constructor(
    private readonly firstPfn: number,
    private readonly frames: number,
  ) {
    check_value('FrameArena', 'firstPfn', firstPfn, whole());
    check_value('FrameArena', 'frames', frames, whole());
    this.next = firstPfn;
  }

  /** Frames that were needed so far. */
  get used(): number {
    return this.next - this.firstPfn;
  }

  /** First frame of a window for the run; -1 if there is no room. */
  take(run: PhysRun): number {
    const kept = keptAlignment(run.pages);
    const residue = Math.floor(run.phys / PAGE) % kept;
    const order = orderOf(run, residue);
    const block = this.free[order]?.pop() ?? this.carve(2 ** order);
    return block < 0 ? -1 : block + residue;
  }

  /** Gives a window back. */
  put(run: PhysRun, pfn: number): void {
    const kept = keptAlignment(run.pages);
    const residue = Math.floor(run.phys / PAGE) % kept;
    (this.free[orderOf(run, residue)] ??= []).push(pfn - residue);
  }

  private carve(frames: number): number {
    const align = Math.min(frames, KEPT_ALIGNMENT);
    const at = Math.ceil(this.next / align) * align;
    if (at + frames > this.firstPfn + this.frames) return -1;
    this.next = at + frames;
    return at;
  }
}

function keptAlignment(pages: number): number {
  return Math.min(KEPT_ALIGNMENT, 2 ** powerOf(pages));
}

/** A power of two that holds the run, what lies before it and the page behind it. */
function orderOf(run: PhysRun, residue: number): number {
  return powerOf(residue + run.pages + 1);
}

/** Log2, rounded up: 32-bit arithmetic is quicker than Math.log2. */
export function powerOf(n: number): number {
  return n >= 1 && n <= 2 ** 30 ? 32 - Math.clz32(n - 1) : Math.ceil(Math.log2(n));
}
