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
}

export class RangeTree {
  private readonly root = new rb_root<Range>();
  /** Ranges to use again, so that a map and unmap makes no garbage. */
  private readonly spare: Range[] = [];
  private spares = 0;
  size = 0;
  // Where the last search in vain ended: what is added next is what it was for, as a rule.
  private gap: rb_node<Range> | null = null;
  private gapSide: 'rb_left' | 'rb_right' = 'rb_left';
  private gapStart = -1;
  private gapLast = -1;

  /** A range that overlaps start..last, or null; which one if there are several is not said. */
  find(start: number, last: number): Range | null {
    let node = this.root.rb_node;
    let parent: rb_node<Range> | null = null;
    let left = true;
    while (node !== null) {
      const range = node.owner;
      parent = node;
      left = last < range.start;
      if (left) node = node.rb_left;
      else if (start > range.last) node = node.rb_right;
      else return range;
    }
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
    return found;
  }

  next(range: Range): Range | null {
    return rb_next(range.node)?.owner ?? null;
  }

  /** Adds a range; the caller knows that it overlaps none. */
  add(start: number, last: number, phys: number, flags: number): Range {
    const range = this.spares > 0 ? (this.spare[--this.spares] as Range) : new Range();
    range.start = start;
    range.last = last;
    range.phys = phys;
    range.flags = flags;
    range.pages = 0;

    if (this.gapStart !== start || this.gapLast !== last) this.find(start, last);
    const { gap: parent, gapSide: side } = this;
    this.gapStart = -1;
    rb_link_node(range.node, parent, parent === null ? this.root : side);
    rb_insert_color(range.node, this.root);
    this.size++;
    return range;
  }

  /** Takes a range out; it may not be used any more. */
  remove(range: Range): void {
    rb_erase(range.node, this.root);
    this.gapStart = -1;
    this.spare[this.spares++] = range;
    this.size--;
  }

  /** All ranges in order. Cold code only. */
  *[Symbol.iterator](): Generator<Range, void, undefined> {
    for (let node = rb_first(this.root); node !== null; node = rb_next(node)) yield node.owner;
  }
}
