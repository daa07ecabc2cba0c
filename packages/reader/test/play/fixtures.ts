// SPDX-License-Identifier: GPL-2.0-only
// The shipped transcripts, and what must hold of every frame.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ClassFrame, Frame } from '../../src/play/frame';

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

/** Each slot is in one place, each list has slots of its state, no ranges overlap. */
export function expectSound(frame: Frame): void {
  const at = `step ${String(frame.step)}: ${frame.call}`;
  for (const [pool, { classes }] of frame.pools.entries())
    for (const [klass, one] of classes.entries()) {
      const listed = listsOf(one).flat();
      expect(new Set(listed).size, `${at}: a slot in two lists`).to.equal(listed.length);
      const used = frame.mappings.flatMap(({ slot }) =>
        slot?.pool === pool && slot.klass === klass ? [slot.slot] : [],
      );
      const places = { empty: [], cached: [], 'in-use': [], lost: [] } as Record<string, number[]>;
      for (const { state, index } of one.slots) places[state]?.push(index);
      const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
      expect(places['empty'], at).to.deep.equal(sorted(one.empty));
      expect(places['cached'], at).to.deep.equal(sorted(listsOf(one).slice(1).flat()));
      expect(places['in-use'], at).to.deep.equal(
        sorted([...new Set(used)].filter((slot) => !listed.includes(slot))),
      );
      const accesses = ['RO', 'WO', 'RW'] as const;
      for (const [i, list] of listsOf(one).slice(1).entries())
        for (const index of list) expect(one.slots[index]?.access, at).to.equal(accesses[i]);
      const end = one.iovaBase + one.bufferSize * one.slots.length;
      for (const { iova, index } of one.slots) {
        expect(iova, at).to.equal(one.iovaBase + index * one.bufferSize);
        expect(iova + one.bufferSize, at).to.be.at.most(end);
      }
    }
  let last = { domain: '', end: 0 };
  for (const { domain, iova, size } of frame.ranges) {
    expect(size, at).to.be.above(0);
    if (domain === last.domain) expect(iova, `${at}: ranges`).to.be.at.least(last.end);
    last = { domain, end: iova + size };
  }
}
