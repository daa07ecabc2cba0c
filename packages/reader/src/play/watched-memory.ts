// SPDX-License-Identifier: GPL-2.0-only
// Memory that remembers what was copied since it was last asked.

import { type machine, mm_c, type virt_addr_t } from '@iommu-bounce/linux-shim';

export interface Copy {
  readonly dst: number;
  readonly src: number;
  readonly bytes: number;
}

export class WatchedMemory extends mm_c {
  /** Bytes ever copied. */
  copiedBytes = 0;
  private copies: Copy[] = [];

  override memcpy(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    super.memcpy(dst, src, len);
    this.copiedBytes += len;
    this.copies.push({ dst, src, bytes: len });
  }

  /** The copies since the last call, oldest first. */
  take(): readonly Copy[] {
    const { copies } = this;
    this.copies = [];
    return copies;
  }
}

/** For `machine_options.parts`. */
export const WATCHED_PARTS = { mm: WatchedMemory };

/** Of a machine that was made with these parts. */
export function watchedMemory(k: machine): WatchedMemory {
  if (!(k.mm instanceof WatchedMemory)) throw new TypeError('a machine without watched memory');
  return k.mm;
}
