// SPDX-License-Identifier: GPL-2.0-only
// The slots of a class as cells, windowed around what is used: a class has 1,024 slots, and most are empty.

import type { ClassFrame, SlotFrame } from '../frame';
import { type ListName, LIST_NAMES, listOf } from '../changes';
import { count, grouped, sizeText } from '../../words';

export type SlotLook = 'empty' | 'young' | 'old' | 'in-use' | 'lost';

export interface SlotCell {
  readonly index: number;
  readonly look: SlotLook;
  readonly access: 'RO' | 'WO' | 'RW' | null;
  /** The state without colour: `·`, `ro`, `ro°`, `RO`, `✕`. */
  readonly code: string;
  /** The state in words. */
  readonly label: string;
  /** Whether the step changed it. */
  readonly changed: boolean;
}

/** Cells, or neighbours of one look that are told in a line. */
export type SlotPart =
  | { readonly kind: 'cells'; readonly cells: readonly SlotCell[] }
  | { readonly kind: 'run'; readonly first: number; readonly last: number; readonly text: string };

export interface ListView {
  readonly name: ListName;
  /** `3, 4, 5, … 1,023`, first entry first. */
  readonly text: string;
  readonly entries: number;
}

export interface ClassView {
  /** `4 KiB class`. */
  readonly title: string;
  /** `1 in use, 2 cached, 1,021 empty`. */
  readonly summary: string;
  readonly parts: readonly SlotPart[];
  readonly lists: readonly ListView[];
}

/** Slots are shown or left out by blocks, so that cells keep their places. */
const BLOCK = 8;
/** Blocks that are shown even if empty, and at most. */
const FIRST_BLOCKS = 2;
const MOST_BLOCKS = 24;

export function slotLook(slot: SlotFrame): SlotLook {
  if (slot.state === 'cached') return slot.old ? 'old' : 'young';
  return slot.state;
}

const WORDS: Readonly<Record<SlotLook, string>> = {
  empty: 'empty',
  young: 'cached, young',
  old: 'cached, old',
  'in-use': 'in use',
  lost: 'lost',
};

export function slotCode(slot: Pick<SlotFrame, 'access' | 'state' | 'old'>): string {
  const access = slot.access ?? '?';
  switch (slot.state) {
    case 'empty':
      return '·';
    case 'lost':
      return '✕';
    case 'in-use':
      return access;
    case 'cached':
      return access.toLowerCase() + (slot.old ? '°' : '');
  }
}

function cellOf(slot: SlotFrame, before: SlotFrame | undefined): SlotCell {
  const look = slotLook(slot);
  const access = slot.state === 'empty' || slot.access === null ? '' : `, ${slot.access}`;
  return {
    ...{ index: slot.index, look, access: slot.access, code: slotCode(slot) },
    label: `slot ${String(slot.index)}: ${WORDS[look]}${access}`,
    changed: before !== undefined && slotCode(before) !== slotCode(slot),
  };
}

/**
 * The blocks that are drawn: the first ones, and those with a slot that is not empty or just changed. None of a class
 * that is empty.
 */
function shownBlocks(cls: ClassFrame, before: ClassFrame | undefined): Set<number> {
  const blocks = new Set<number>();
  for (let i = 0; i < FIRST_BLOCKS; i++) blocks.add(i);
  let used = false;
  for (const slot of cls.slots) {
    if (blocks.size >= MOST_BLOCKS) break;
    const earlier = before?.slots[slot.index];
    if (slot.state === 'empty' && (!earlier || earlier.state === 'empty')) continue;
    used = true;
    blocks.add(Math.floor(slot.index / BLOCK));
  }
  return used ? blocks : new Set();
}

function runText(first: number, last: number, slot: SlotFrame): string {
  const access = slot.state === 'empty' || slot.access === null ? '' : ` ${slot.access}`;
  return `slots ${grouped(first)} to ${grouped(last)}: ${WORDS[slotLook(slot)]}${access}`;
}

/** @param before the class in the frame before, to mark what the step changed */
export function slotParts(cls: ClassFrame, before?: ClassFrame): SlotPart[] {
  const blocks = shownBlocks(cls, before);
  const parts: SlotPart[] = [];
  let cells: SlotCell[] = [];
  let run: SlotFrame[] = [];
  const endCells = (): void => {
    if (cells.length > 0) parts.push({ kind: 'cells', cells });
    cells = [];
  };
  const endRun = (): void => {
    const [first, last] = [run[0], run.at(-1)];
    if (first && last)
      parts.push({
        ...{ kind: 'run', first: first.index, last: last.index },
        text: runText(first.index, last.index, first),
      });
    run = [];
  };
  for (const slot of cls.slots) {
    if (blocks.has(Math.floor(slot.index / BLOCK))) {
      endRun();
      cells.push(cellOf(slot, before?.slots[slot.index]));
      continue;
    }
    endCells();
    const last = run[0];
    if (last && slotCode(last) !== slotCode(slot)) endRun();
    run.push(slot);
  }
  endCells();
  endRun();
  return parts;
}

/** Indices in order; three or more that follow each other are written as a range: `2, 0, 4 … 1,023`. */
export function indexText(indices: readonly number[], most = 12): string {
  const pieces: string[] = [];
  for (let i = 0; i < indices.length;) {
    if (pieces.length >= most) {
      pieces.push(`and ${grouped(indices.length - i)} more`);
      break;
    }
    const first = indices[i] ?? 0;
    let end = i + 1;
    while (end < indices.length && indices[end] === first + (end - i)) end++;
    const last = indices[end - 1] ?? first;
    if (end - i >= 3) pieces.push(`${grouped(first)} … ${grouped(last)}`);
    else for (let j = i; j < end; j++) pieces.push(grouped(indices[j] ?? 0));
    i = end;
  }
  return pieces.join(', ');
}

function summaryOf(cls: ClassFrame): string {
  const tally = new Map<SlotLook, number>();
  for (const slot of cls.slots) tally.set(slotLook(slot), (tally.get(slotLook(slot)) ?? 0) + 1);
  const looks: readonly SlotLook[] = ['in-use', 'young', 'old', 'lost', 'empty'];
  const words = looks
    .filter((look) => (tally.get(look) ?? 0) > 0)
    .map((look) => `${grouped(tally.get(look) ?? 0)} ${WORDS[look]}`);
  return words.length === 0 ? 'no slots' : words.join('; ');
}

export function classView(cls: ClassFrame, before?: ClassFrame): ClassView {
  return {
    title: `${sizeText(cls.bufferSize)} class`,
    summary: summaryOf(cls),
    parts: slotParts(cls, before),
    lists: LIST_NAMES.map((name) => {
      const entries = listOf(cls, name);
      return { name, text: indexText(entries), entries: entries.length };
    }),
  };
}

/** What a screen reader is told instead of the cells. */
export function classSentence(view: ClassView): string {
  const lists = view.lists
    .filter(({ entries }) => entries > 0)
    .map(({ name, text, entries }) => `${name} list: ${count(entries, 'slot')} (${text})`);
  return `${view.title}: ${view.summary}. ${lists.join('. ')}`;
}
