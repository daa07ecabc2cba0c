// SPDX-License-Identifier: GPL-2.0-only
// What driver and device find in a buffer: the other side's bytes, or others.

import type { Held } from './held';
import { contentOfOwnerless } from './classify';
import { CONTENTS, ContentNumber } from './kinds';
import type { Origins } from './origins';
import type { Shadow } from './shadow';

export class CallerCheck {
  /** Bytes beyond what a device wrote, of buffers that came back; and of them those that are not what the caller had there. */
  shortBytes = 0;
  readonly stale = new Float64Array(CONTENTS.length);
  /** Bytes that a device wrote, or was to read, and that the other side did not find. */
  checkedBytes = 0;
  lostBytes = 0;
  /** Accesses that found no translation. */
  faults = 0;

  constructor(
    private readonly origins: Origins,
    private readonly shadow: Shadow,
  ) {}

  /** The device has read bytes of a mapping. */
  deviceRead(held: Held, bytes: number, tag: number): void {
    this.checkedBytes += bytes;
    const { origins } = this;
    const isDevices = held.moved > 0 && tag === origins.byDevice(held.number);
    if (tag !== origins.byCpu(held.number) && !isDevices) this.lostBytes += bytes;
  }

  /** The driver looks at its buffer after the unmap. */
  check(held: Held): void {
    const { origins, shadow } = this;
    if (!held.buffer) return;
    const moved = held.mayWrite() ? held.moved : 0;
    let at = 0;
    for (const { address, bytes } of held.buffer.pieces)
      shadow.eachRun(address, bytes, (n, tag) => {
        const written = Math.min(n, Math.max(0, moved - at));
        at += n;
        this.checkedBytes += written;
        if (tag !== origins.byDevice(held.number)) this.lostBytes += written;
        if (n === written) return;
        const rest = n - written;
        if (held.mayWrite()) this.shortBytes += rest;
        if (tag === origins.byCpu(held.number)) return;
        const content = this.contentOf(held, tag);
        this.stale[content] = (this.stale[content] as number) + rest;
      });
  }

  /** What the caller got, from its point of view. */
  private contentOf({ domain }: Held, tag: number): number {
    const mapping = this.origins.mappingOf(tag);
    if (mapping >= 0)
      return this.origins.domainOf(mapping) === domain
        ? ContentNumber.residue
        : ContentNumber.other_domain;
    return contentOfOwnerless(tag);
  }
}
