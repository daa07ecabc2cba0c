// SPDX-License-Identifier: GPL-2.0-only
// Plots over the same time: what one shows, and where it is walked, the others show too.

/** Nanoseconds since the first event. */
export type Span = readonly [fromNs: number, toNs: number];

export interface Member {
  /** Null: all of it. */
  showSpan(span: Span | null): void;
  showPlace(ns: number): void;
}

export class Together {
  span: Span | null = null;
  private readonly members = new Set<Member>();

  add(member: Member): void {
    this.members.add(member);
  }

  zoom(span: Span | null, by: Member): void {
    if (same(span, this.span)) return;
    this.span = span;
    for (const member of this.members) if (member !== by) member.showSpan(span);
  }

  walk(ns: number, by: Member): void {
    for (const member of this.members) if (member !== by) member.showPlace(ns);
  }
}

/** What uPlot tells back of a span that was set is the same but for rounding. */
function same(a: Span | null, b: Span | null): boolean {
  if (a === null || b === null) return a === b;
  const within = (b[1] - b[0]) * 1e-6;
  return Math.abs(a[0] - b[0]) <= within && Math.abs(a[1] - b[1]) <= within;
}
