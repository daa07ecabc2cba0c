// SPDX-License-Identifier: GPL-2.0-only
// Red-black trees with the node inside the element; the caller descends and links, as in the kernel.
// C: lib/rbtree.c, include/linux/rbtree.h. The cases are the C's, so the shape of a tree is the C's too; the mirrored
// halves of each case are written once, for a side.

import { deref } from './printk';

const RB_RED = 0;
const RB_BLACK = 1;

/** A node of a tree of T; `owner` stands for rb_entry()/container_of(). */
export class rb_node<T extends object> {
  __rb_parent: rb_node<T> | null = null;
  __rb_color = RB_RED;
  rb_left: rb_node<T> | null = null;
  rb_right: rb_node<T> | null = null;

  constructor(readonly owner: T) {}
}

export class rb_root<T extends object> {
  rb_node: rb_node<T> | null = null;
}

type side = 'rb_left' | 'rb_right';

function child<T extends object>(node: rb_node<T>, left: boolean): rb_node<T> | null {
  return left ? node.rb_left : node.rb_right;
}

function set_child<T extends object>(node: rb_node<T>, left: boolean, to: rb_node<T> | null): void {
  if (left) node.rb_left = to;
  else node.rb_right = to;
}

function change_child<T extends object>(
  old: rb_node<T>,
  to: rb_node<T> | null,
  parent: rb_node<T> | null,
  root: rb_root<T>,
): void {
  if (parent === null) root.rb_node = to;
  else if (parent.rb_left === old) parent.rb_left = to;
  else parent.rb_right = to;
}

/** `to` takes the place and the colour of `old`, which becomes its child with the given colour. */
function rotate_set_parents<T extends object>(
  old: rb_node<T>,
  to: rb_node<T>,
  root: rb_root<T>,
  color: number,
): void {
  const parent = old.__rb_parent;
  to.__rb_parent = parent;
  to.__rb_color = old.__rb_color;
  old.__rb_parent = to;
  old.__rb_color = color;
  change_child(old, to, parent, root);
}

function set_parent_color<T extends object>(
  node: rb_node<T>,
  parent: rb_node<T> | null,
  color: number,
): void {
  node.__rb_parent = parent;
  node.__rb_color = color;
}

/** Links a new node below `parent` on the side where the search ended; the root when `parent` is null. */
export function rb_link_node<T extends object>(
  node: rb_node<T>,
  parent: rb_node<T> | null,
  link: side | rb_root<T>,
): void {
  node.__rb_parent = parent;
  node.__rb_color = RB_RED;
  node.rb_left = null;
  node.rb_right = null;
  if (typeof link === 'object') link.rb_node = node;
  else set_child(deref(parent), link === 'rb_left', node);
}

/** Rebalances after rb_link_node. */
export function rb_insert_color<T extends object>(inserted: rb_node<T>, root: rb_root<T>): void {
  const parent = inserted.__rb_parent;
  if (parent === null) set_parent_color(inserted, null, RB_BLACK);
  else if (parent.__rb_color === RB_RED) insert_below_red(inserted, parent, root);
}

// Out of line, as unlink_inner and erase_color below: so what most trees need, which are small, can be inlined.
function insert_below_red<T extends object>(
  inserted: rb_node<T>,
  red: rb_node<T>,
  root: rb_root<T>,
): void {
  let node = inserted;
  let parent: rb_node<T> | null = red;
  for (;;) {
    if (parent === null) {
      set_parent_color(node, null, RB_BLACK);
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
      node = gparent;
      parent = node.__rb_parent;
      node.__rb_color = RB_RED;
      continue;
    }
    let inner = child(parent, !left);
    if (node === inner) {
      // 2: the inner child. Rotate it outwards, then case 3.
      inner = child(node, left);
      set_child(parent, !left, inner);
      set_child(node, left, parent);
      if (inner !== null) set_parent_color(inner, parent, RB_BLACK);
      set_parent_color(parent, node, RB_RED);
      parent = node;
      inner = child(node, !left);
    }
    // 3: the outer child. Rotate at the grandparent.
    set_child(gparent, left, inner);
    set_child(parent, !left, gparent);
    if (inner !== null) set_parent_color(inner, gparent, RB_BLACK);
    rotate_set_parents(gparent, parent, root, RB_RED);
    return;
  }
}

/** Takes the node out and rebalances. */
export function rb_erase<T extends object>(node: rb_node<T>, root: rb_root<T>): void {
  const rebalance = unlink(node, root);
  if (rebalance !== null) erase_color(rebalance, root);
}

/** Removes the node; returns the parent of a black gap to mend, or null. C: __rb_erase_augmented */
function unlink<T extends object>(node: rb_node<T>, root: rb_root<T>): rb_node<T> | null {
  const left = node.rb_left;
  const right = node.rb_right;
  if (left === null || right === null) {
    const only = left ?? right;
    const parent = node.__rb_parent;
    change_child(node, only, parent, root);
    if (only === null) return node.__rb_color === RB_BLACK ? parent : null;
    // A single child is red and takes the node's place and colour.
    set_parent_color(only, parent, node.__rb_color);
    return null;
  }

  return unlink_inner(node, left, right, root);
}

/** The same of a node with two children: its successor takes its place. */
function unlink_inner<T extends object>(
  node: rb_node<T>,
  left: rb_node<T>,
  right: rb_node<T>,
  root: rb_root<T>,
): rb_node<T> | null {
  let successor = right;
  let parent: rb_node<T>;
  let orphan: rb_node<T> | null;
  if (successor.rb_left === null) {
    parent = successor;
    orphan = successor.rb_right;
  } else {
    do {
      parent = successor;
      successor = successor.rb_left;
    } while (successor.rb_left !== null);
    orphan = successor.rb_right;
    parent.rb_left = orphan;
    successor.rb_right = right;
    right.__rb_parent = successor;
  }
  successor.rb_left = left;
  left.__rb_parent = successor;
  change_child(node, successor, node.__rb_parent, root);

  let rebalance: rb_node<T> | null = null;
  if (orphan !== null) set_parent_color(orphan, parent, RB_BLACK);
  else if (successor.__rb_color === RB_BLACK) rebalance = parent;
  set_parent_color(successor, node.__rb_parent, node.__rb_color);
  return rebalance;
}

/** Mends a path that lacks one black node below `start`. C: ____rb_erase_color */
function erase_color<T extends object>(start: rb_node<T>, root: rb_root<T>): void {
  let node: rb_node<T> | null = null;
  let parent = start;
  for (;;) {
    const left = node !== parent.rb_right; // the gap is on the left (a null node lies left when the right child lives)
    let sibling = deref(child(parent, !left));
    if (sibling.__rb_color === RB_RED) {
      // 1: red sibling. Rotate at the parent.
      const near = deref(child(sibling, left));
      set_child(parent, !left, near);
      set_child(sibling, left, parent);
      set_parent_color(near, parent, RB_BLACK);
      rotate_set_parents(parent, sibling, root, RB_RED);
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
        node = parent;
        if (node.__rb_parent === null) return;
        parent = node.__rb_parent;
        continue;
      }
      // 3: the near nephew is red. Rotate at the sibling, then case 4.
      const inner = child(near, !left);
      set_child(sibling, left, inner);
      set_child(near, !left, sibling);
      set_child(parent, !left, near);
      if (inner !== null) set_parent_color(inner, sibling, RB_BLACK);
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
    return;
  }
}

export function rb_first<T extends object>(root: rb_root<T>): rb_node<T> | null {
  let n = root.rb_node;
  while (n?.rb_left) n = n.rb_left;
  return n;
}

export function rb_last<T extends object>(root: rb_root<T>): rb_node<T> | null {
  let n = root.rb_node;
  while (n?.rb_right) n = n.rb_right;
  return n;
}

/** The node after, in order. */
export function rb_next<T extends object>(from: rb_node<T>): rb_node<T> | null {
  let node = from;
  if (node.rb_right !== null) {
    node = node.rb_right;
    while (node.rb_left !== null) node = node.rb_left;
    return node;
  }
  let parent = node.__rb_parent;
  while (parent !== null && node === parent.rb_right) {
    node = parent;
    parent = node.__rb_parent;
  }
  return parent;
}

/** The node before, in order. */
export function rb_prev<T extends object>(from: rb_node<T>): rb_node<T> | null {
  let node = from;
  if (node.rb_left !== null) {
    node = node.rb_left;
    while (node.rb_right !== null) node = node.rb_right;
    return node;
  }
  let parent = node.__rb_parent;
  while (parent !== null && node === parent.rb_left) {
    node = parent;
    parent = node.__rb_parent;
  }
  return parent;
}

/** Every element, children before parents, so that the body may free it. Cold code only. */
export function* rbtree_postorder_for_each_entry_safe<T extends object>(
  root: rb_root<T>,
): Generator<T, void, undefined> {
  const visit: rb_node<T>[] = [];
  const order: T[] = [];
  if (root.rb_node) visit.push(root.rb_node);
  for (let n = visit.pop(); n; n = visit.pop()) {
    order.push(n.owner);
    if (n.rb_left) visit.push(n.rb_left);
    if (n.rb_right) visit.push(n.rb_right);
  }
  for (let i = order.length - 1; i >= 0; i--) yield order[i] as T;
}
