// SPDX-License-Identifier: GPL-2.0-only
// Intervals in a red-black tree ordered by start, each node knowing the highest last address of its subtree.
// C: lib/interval_tree.c of v5.13, that is include/linux/interval_tree_generic.h over rbtree_augmented.h; the mirrored
// halves of each rebalancing case are written once, for a side, as in linux-shim's rbtree.

import { deref } from '@iommu-bounce/linux-shim';

const RB_RED = 0;
const RB_BLACK = 1;

/** A closed interval; `owner` stands for container_of(). JS: the rb_node that C has inside is spread out here. */
export class interval_tree_node<T extends object> {
  __rb_parent: interval_tree_node<T> | null = null;
  __rb_color = RB_RED;
  rb_left: interval_tree_node<T> | null = null;
  rb_right: interval_tree_node<T> | null = null;
  start = 0;
  /** Inclusive. */
  last = 0;
  /** The highest `last` of the node and of all below it. */
  __subtree_last = 0;

  constructor(readonly owner: T) {}
}

/** A tree that remembers its first node. C: include/linux/rbtree.h */
export class rb_root_cached<T extends object> {
  rb_node: interval_tree_node<T> | null = null;
  rb_leftmost: interval_tree_node<T> | null = null;
}

type node<T extends object> = interval_tree_node<T>;

/** What `__subtree_last` has to be. C: RB_DECLARE_CALLBACKS_MAX, compute_max */
function compute_max<T extends object>(n: node<T>): number {
  let max = n.last;
  if (n.rb_left !== null && n.rb_left.__subtree_last > max) max = n.rb_left.__subtree_last;
  if (n.rb_right !== null && n.rb_right.__subtree_last > max) max = n.rb_right.__subtree_last;
  return max;
}

/** Brings the maxima up to date from a node towards the root, until `stop` or where nothing changes. */
function propagate<T extends object>(from: node<T> | null, stop: node<T> | null): void {
  for (let n = from; n !== stop && n !== null; n = n.__rb_parent) {
    const max = compute_max(n);
    if (n.__subtree_last === max) return;
    n.__subtree_last = max;
  }
}

/** `to` has taken the place of `old`, which is its child now. */
function augment_rotate<T extends object>(old: node<T>, to: node<T>): void {
  to.__subtree_last = old.__subtree_last;
  old.__subtree_last = compute_max(old);
}

function child<T extends object>(n: node<T>, left: boolean): node<T> | null {
  return left ? n.rb_left : n.rb_right;
}

function set_child<T extends object>(n: node<T>, left: boolean, to: node<T> | null): void {
  if (left) n.rb_left = to;
  else n.rb_right = to;
}

function set_parent_color<T extends object>(
  n: node<T>,
  parent: node<T> | null,
  color: number,
): void {
  n.__rb_parent = parent;
  n.__rb_color = color;
}

function change_child<T extends object>(
  old: node<T>,
  to: node<T> | null,
  parent: node<T> | null,
  root: rb_root_cached<T>,
): void {
  if (parent === null) root.rb_node = to;
  else if (parent.rb_left === old) parent.rb_left = to;
  else parent.rb_right = to;
}

/** `to` takes the place and the colour of `old`, which becomes its child with the given colour. */
function rotate_set_parents<T extends object>(
  old: node<T>,
  to: node<T>,
  root: rb_root_cached<T>,
  color: number,
): void {
  const parent = old.__rb_parent;
  set_parent_color(to, parent, old.__rb_color);
  set_parent_color(old, to, color);
  change_child(old, to, parent, root);
}

/** C: lib/rbtree.c __rb_insert */
function insert_color<T extends object>(inserted: node<T>, root: rb_root_cached<T>): void {
  const parent = inserted.__rb_parent;
  if (parent === null) set_parent_color(inserted, null, RB_BLACK);
  else if (parent.__rb_color === RB_RED) insert_below_red(inserted, parent, root);
}

// Out of line, as unlink_inner and erase_color below: so what most trees need, which are small, can be inlined.
function insert_below_red<T extends object>(
  inserted: node<T>,
  red: node<T>,
  root: rb_root_cached<T>,
): void {
  let n = inserted;
  let parent: node<T> | null = red;
  for (;;) {
    if (parent === null) {
      set_parent_color(n, null, RB_BLACK);
      return;
    }
    if (parent.__rb_color === RB_BLACK) return;
    const gparent = deref(parent.__rb_parent); // a red node is never the root
    const left = parent === gparent.rb_left;
    const uncle = child(gparent, !left);
    if (uncle !== null && uncle.__rb_color === RB_RED) {
      // 1: red uncle. Flip the colours and go on two levels up.
      set_parent_color(uncle, gparent, RB_BLACK);
      set_parent_color(parent, gparent, RB_BLACK);
      n = gparent;
      parent = n.__rb_parent;
      n.__rb_color = RB_RED;
      continue;
    }
    let inner = child(parent, !left);
    if (n === inner) {
      // 2: the inner child. Rotate it outwards, then case 3.
      inner = child(n, left);
      set_child(parent, !left, inner);
      set_child(n, left, parent);
      if (inner !== null) set_parent_color(inner, parent, RB_BLACK);
      set_parent_color(parent, n, RB_RED);
      augment_rotate(parent, n);
      parent = n;
      inner = child(n, !left);
    }
    // 3: the outer child. Rotate at the grandparent.
    set_child(gparent, left, inner);
    set_child(parent, !left, gparent);
    if (inner !== null) set_parent_color(inner, gparent, RB_BLACK);
    rotate_set_parents(gparent, parent, root, RB_RED);
    augment_rotate(gparent, parent);
    return;
  }
}

/** Removes the node; returns the parent of a black gap to mend, or null. C: __rb_erase_augmented */
function unlink<T extends object>(n: node<T>, root: rb_root_cached<T>): node<T> | null {
  const left = n.rb_left;
  const right = n.rb_right;
  if (left === null || right === null) {
    const only = left ?? right;
    const parent = n.__rb_parent;
    change_child(n, only, parent, root);
    if (only !== null) set_parent_color(only, parent, n.__rb_color); // it is red and takes the node's colour
    propagate(parent, null);
    return only === null && n.__rb_color === RB_BLACK ? parent : null;
  }

  return unlink_inner(n, left, right, root);
}

/** The same of a node with two children: its successor takes its place. */
function unlink_inner<T extends object>(
  n: node<T>,
  left: node<T>,
  right: node<T>,
  root: rb_root_cached<T>,
): node<T> | null {
  let successor = right;
  let parent: node<T>;
  let orphan: node<T> | null;
  if (successor.rb_left === null) {
    parent = successor;
    orphan = successor.rb_right;
    successor.__subtree_last = n.__subtree_last;
  } else {
    do {
      parent = successor;
      successor = successor.rb_left;
    } while (successor.rb_left !== null);
    orphan = successor.rb_right;
    parent.rb_left = orphan;
    successor.rb_right = right;
    right.__rb_parent = successor;
    successor.__subtree_last = n.__subtree_last;
    propagate(parent, successor);
  }
  successor.rb_left = left;
  left.__rb_parent = successor;
  change_child(n, successor, n.__rb_parent, root);

  let rebalance: node<T> | null = null;
  if (orphan !== null) set_parent_color(orphan, parent, RB_BLACK);
  else if (successor.__rb_color === RB_BLACK) rebalance = parent;
  set_parent_color(successor, n.__rb_parent, n.__rb_color);
  propagate(successor, null);
  return rebalance;
}

/** Mends a path that lacks one black node below `start`. C: lib/rbtree.c ____rb_erase_color */
function erase_color<T extends object>(start: node<T>, root: rb_root_cached<T>): void {
  let n: node<T> | null = null;
  let parent = start;
  for (;;) {
    const left = n !== parent.rb_right; // the gap is on the left
    let sibling = deref(child(parent, !left));
    if (sibling.__rb_color === RB_RED) {
      // 1: red sibling. Rotate at the parent.
      const near = deref(child(sibling, left));
      set_child(parent, !left, near);
      set_child(sibling, left, parent);
      set_parent_color(near, parent, RB_BLACK);
      rotate_set_parents(parent, sibling, root, RB_RED);
      augment_rotate(parent, sibling);
      sibling = near;
    }
    let far = child(sibling, !left);
    if (far === null || far.__rb_color === RB_BLACK) {
      const near = child(sibling, left);
      if (near === null || near.__rb_color === RB_BLACK) {
        // 2: no red nephew. Flip the sibling, end at a red parent or go on one level up.
        set_parent_color(sibling, parent, RB_RED);
        if (parent.__rb_color === RB_RED) {
          parent.__rb_color = RB_BLACK;
          return;
        }
        n = parent;
        if (n.__rb_parent === null) return;
        parent = n.__rb_parent;
        continue;
      }
      // 3: the near nephew is red. Rotate at the sibling, then case 4.
      const inner = child(near, !left);
      set_child(sibling, left, inner);
      set_child(near, !left, sibling);
      set_child(parent, !left, near);
      if (inner !== null) set_parent_color(inner, sibling, RB_BLACK);
      augment_rotate(sibling, near);
      far = sibling;
      sibling = near;
    }
    // 4: the far nephew is red. Rotate at the parent.
    const near = child(sibling, left);
    set_child(parent, !left, near);
    set_child(sibling, left, parent);
    set_parent_color(far, sibling, RB_BLACK);
    if (near !== null) near.__rb_parent = parent;
    rotate_set_parents(parent, sibling, root, RB_BLACK);
    augment_rotate(parent, sibling);
    return;
  }
}

function next<T extends object>(from: node<T>): node<T> | null {
  let n: node<T> | null = from.rb_right;
  if (n !== null) {
    while (n.rb_left !== null) n = n.rb_left;
    return n;
  }
  let below = from;
  n = from.__rb_parent;
  while (n !== null && below === n.rb_right) {
    below = n;
    n = n.__rb_parent;
  }
  return n;
}

/** Inserts; the caller has set `start` and `last`. Equal starts keep their order. C: interval_tree.c */
export function interval_tree_insert<T extends object>(
  inserted: interval_tree_node<T>,
  root: rb_root_cached<T>,
): void {
  const start = inserted.start;
  const last = inserted.last;
  let parent: node<T> | null = null;
  let left = true;
  let leftmost = true;

  for (let n = root.rb_node; n !== null; n = left ? n.rb_left : n.rb_right) {
    parent = n;
    if (n.__subtree_last < last) n.__subtree_last = last;
    left = start < n.start;
    if (!left) leftmost = false;
  }

  inserted.__subtree_last = last;
  inserted.rb_left = null;
  inserted.rb_right = null;
  set_parent_color(inserted, parent, RB_RED);
  if (parent === null) root.rb_node = inserted;
  else set_child(parent, left, inserted);
  if (leftmost) root.rb_leftmost = inserted;
  insert_color(inserted, root);
}

/** Takes a node out. C: interval_tree.c */
export function interval_tree_remove<T extends object>(
  removed: interval_tree_node<T>,
  root: rb_root_cached<T>,
): void {
  if (root.rb_leftmost === removed) root.rb_leftmost = next(removed);
  const rebalance = unlink(removed, root);
  if (rebalance !== null) erase_color(rebalance, root);
}

/** The leftmost node of a subtree that meets start..last, given that start <= the subtree's last. */
function subtree_search<T extends object>(
  from: node<T>,
  start: number,
  last: number,
): node<T> | null {
  let n = from;
  for (;;) {
    if (n.rb_left !== null && start <= n.rb_left.__subtree_last) {
      n = n.rb_left;
      continue;
    }
    if (n.start > last) return null;
    if (start <= n.last) return n;
    if (n.rb_right === null || start > n.rb_right.__subtree_last) return null;
    n = n.rb_right;
  }
}

/** The first interval that meets start..last, or null. C: interval_tree.c */
export function interval_tree_iter_first<T extends object>(
  root: rb_root_cached<T>,
  start: number,
  last: number,
): interval_tree_node<T> | null {
  const top = root.rb_node;
  if (top === null || top.__subtree_last < start) return null;
  if (deref(root.rb_leftmost).start > last) return null;
  return subtree_search(top, start, last);
}

/** The one after it that meets start..last, or null. C: interval_tree.c */
export function interval_tree_iter_next<T extends object>(
  from: interval_tree_node<T>,
  start: number,
  last: number,
): interval_tree_node<T> | null {
  let n = from;
  let right = n.rb_right;
  for (;;) {
    if (right !== null && start <= right.__subtree_last) return subtree_search(right, start, last);

    // Up, until we come from a left child.
    let prev: node<T>;
    do {
      const parent = n.__rb_parent;
      if (parent === null) return null;
      prev = n;
      n = parent;
      right = n.rb_right;
    } while (prev === right);

    if (last < n.start) return null;
    if (start <= n.last) return n;
  }
}
