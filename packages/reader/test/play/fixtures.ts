// SPDX-License-Identifier: GPL-2.0-only
// The shipped transcripts, and what must hold of every frame.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ClassFrame, Frame, SlotFrame } from '../../src/play/frame';

const ROOT = join(__dirname, '../../../../test-fixtures/transcripts');

export interface ShippedTranscript {
  readonly name: string;
  readonly text: string;
}

export const shippedTranscripts: readonly ShippedTranscript[] = ['unit', 'random'].flatMap(
  (folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .map((name) => ({
        name: `${folder}/${name}`,
        text: readFileSync(join(ROOT, folder, name), 'utf8'),
      })),
);

export function transcriptNamed(name: string): ShippedTranscript {
  const found = shippedTranscripts.find((one) => one.name === name);
  if (!found) throw new Error(`no transcript ${name}`);
  return found;
}

/** Lists of a class. */
export function listsOf(one: ClassFrame): readonly (readonly number[])[] {
  return [one.empty, one.cachedRo, one.cachedWo, one.cachedRw];
}

const classTexts = new WeakMap<ClassFrame, string>();

function classText(one: ClassFrame): string {
  let text = classTexts.get(one);
  if (text === undefined) classTexts.set(one, (text = JSON.stringify(one)));
  return text;
}

/** All of a frame; a class that a frame shares with the one before is written once. */
export function textOf(frame: Frame): string {
  const pools = frame.pools.map((pool) => ({ ...pool, classes: pool.classes.map(classText) }));
  return JSON.stringify({ ...frame, pools });
}

/** Slots whose addresses were looked at: most frames share those of the frame before. */
const seenSlots = new WeakSet<readonly SlotFrame[]>();

function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** What is wrong with the lists and slots of a class, of which `used` hold mappings. */
function* faultsOf(one: ClassFrame, used: ReadonlySet<number>): Iterable<string> {
  const lists = listsOf(one);
  const listed = new Set(lists.flat());
  if (listed.size !== lists.flat().length) yield 'a slot in two lists';
  const places: Record<SlotFrame['state'], number[]> = {
    empty: [],
    cached: [],
    'in-use': [],
    lost: [],
  };
  for (const { state, index } of one.slots) places[state].push(index);
  if (!same(places.empty, ascending(one.empty))) yield 'empty slots, and the list of them';
  if (!same(places.cached, ascending(lists.slice(1).flat()))) yield 'cached slots, and their lists';
  const inUse = [...used].filter((slot) => !listed.has(slot));
  if (!same(places['in-use'], ascending(inUse))) yield 'slots in use, and the mappings';
  for (const [i, access] of (['RO', 'WO', 'RW'] as const).entries())
    for (const index of lists[i + 1] ?? [])
      if (one.slots[index]?.access !== access) yield `slot ${String(index)} in the ${access} list`;
  if (seenSlots.has(one.slots)) return;
  seenSlots.add(one.slots);
  for (const { iova, index } of one.slots)
    if (index >= one.slots.length || iova !== one.iovaBase + index * one.bufferSize)
      yield `slot ${String(index)}: its address`;
}

/** Each slot is in one place, each list has slots of its state, no ranges overlap. */
export function expectSound(frame: Frame): void {
  const faults: string[] = [];
  for (const [pool, { classes }] of frame.pools.entries())
    for (const [klass, one] of classes.entries()) {
      const used = frame.mappings.flatMap(({ slot }) =>
        slot?.pool === pool && slot.klass === klass ? [slot.slot] : [],
      );
      faults.push(...faultsOf(one, new Set(used)));
    }
  let last = { domain: '', end: 0 };
  for (const { domain, iova, size } of frame.ranges) {
    if (size <= 0) faults.push('an empty range');
    if (domain === last.domain && iova < last.end) faults.push('ranges that overlap');
    last = { domain, end: iova + size };
  }
  expect(faults, `step ${String(frame.step)}: ${frame.call}`).to.deep.equal([]);
}
