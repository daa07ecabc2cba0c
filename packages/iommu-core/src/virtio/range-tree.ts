// SPDX-License-Identifier: GPL-2.0-only
// Ranges of addresses that do not overlap, each mapped to physical ones: what the VMM and VFIO each keep.

import {
  rb_erase,
  rb_first,
  rb_insert_color,
  rb_link_node,
  rb_next,
  rb_node,
  rb_root,
} from '@iommu-bounce/linux-shim';

export class Range {
  readonly node = new rb_node<Range>(this);
  start = 0;
  /** Inclusive. */
  last = 0;
  /** Where `start` leads. */
  phys = 0;
  /** The owner's flags. */
  flags = 0;
  /** The owner's count of pages that it holds for the range. */
  pages = 0;
  /** Taken out, and still in the tree: its place among those kept; else -1. */
  keptAt = -1;
}

/** How many ranges that were taken out stay in the tree. */
const KEPT = 128;

export class RangeTree {
  private readonly root = new rb_root<Range>();
  /** Ranges to use again, so that a map and unmap makes no garbage. */
  private readonly spare: Range[] = [];
  private spares = 0;
  size = 0;
  /** A ring of ranges that were taken out last: as a rule the same range is added again soon. Some are in use again. */
  private readonly kept = new Array<Range | null>(KEPT).fill(null);
  private nextKept = 0;
  // Where the last search in vain ended: what is added next is what it was for, as a rule.
  private gap: rb_node<Range> | null = null;
  private gapSide: 'rb_left' | 'rb_right' = 'rb_left';
  private gapStart = -1;
  private gapLast = -1;
  /** The removed range that the last search was for. */
  private known: Range | null = null;

  /** A range that overlaps start..last, or null; which one if there are several is not said. */
  find(start: number, last: number): Range | null {
    let node = this.root.rb_node;
    let parent: rb_node<Range> | null = null;
    let left = true;
    let known: Range | null = null;
    while (node !== null) {
      const range = node.owner;
      parent = node;
      left = last < range.start;
      if (left) node = node.rb_left;
      else if (start > range.last) node = node.rb_right;
      else if (range.keptAt < 0) return range;
      else if (range.start === start && range.last === last) {
        known = range;
        break;
      } else {
        this.drop(range);
        node = this.root.rb_node;
        parent = null;
      }
    }
    this.known = known;
    this.gap = parent;
    this.gapSide = left ? 'rb_left' : 'rb_right';
    this.gapStart = start;
    this.gapLast = last;
    return null;
  }

  /** The first range, in order, that reaches `start` or lies beyond. */
  from(start: number): Range | null {
    let found: Range | null = null;
    let node = this.root.rb_node;
    while (node !== null) {
      const range = node.owner;
      if (start <= range.last) {
        found = range;
        node = node.rb_left;
      } else {
        node = node.rb_right;
      }
    }
    return found === null || found.keptAt < 0 ? found : this.next(found);
  }

  next(range: Range): Range | null {
    let node = rb_next(range.node);
    while (node !== null && node.owner.keptAt >= 0) node = rb_next(node);
    return node === null ? null : node.owner;
  }

  /** Adds a range; the caller knows that it overlaps none. */
  add(start: number, last: number, phys: number, flags: number): Range {
    if (this.gapStart !== start || this.gapLast !== last) this.find(start, last);
    const range = this.known ?? this.link(start, last);
    this.gapStart = -1;
    this.known = null;
    range.phys = phys;
    range.flags = flags;
    range.pages = 0;
    range.keptAt = -1;
    this.size++;
    return range;
  }

  private link(start: number, last: number): Range {
    const range = this.spares > 0 ? (this.spare[--this.spares] as Range) : new Range();
    range.start = start;
    range.last = last;
    const { gap: parent, gapSide: side } = this;
    rb_link_node(range.node, parent, parent === null ? this.root : side);
    rb_insert_color(range.node, this.root);
    return range;
  }

  /** Takes a range out; it may not be used any more. */
  remove(range: Range): void {
    const at = this.nextKept;
    const oldest = this.kept[at] as Range | null;
    if (oldest !== null && oldest.keptAt === at) this.drop(oldest);
    this.kept[at] = range;
    range.keptAt = at;
    this.nextKept = (at + 1) % KEPT;
    this.gapStart = -1;
    this.size--;
  }

  /** Out of the tree, too. */
  private drop(range: Range): void {
    rb_erase(range.node, this.root);
    range.keptAt = -1;
    this.gapStart = -1;
    this.known = null;
    this.spare[this.spares++] = range;
  }

  /** All ranges in order. Cold code only. */
  *[Symbol.iterator](): Generator<Range, void, undefined> {
    for (let node = rb_first(this.root); node !== null; node = rb_next(node))
      if (node.owner.keptAt < 0) yield node.owner;
  }
}
