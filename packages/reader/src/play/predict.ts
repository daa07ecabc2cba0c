// SPDX-License-Identifier: GPL-2.0-only
// Questions about the next step, graded by the port: the frame after it decides which choice is right.

import type { ClassFrame, Frame, MappingFrame, RangeFrame } from './frame';
import { type Changes, LIST_NAMES, changes, listOf } from './changes';
import { type Random, randomFrom } from './random';
import { accessText, count, hex, sizeText } from '../words';

export type QuestionKind =
  | 'slot'
  | 'served'
  | 'requests'
  | 'copy'
  | 'after-unmap'
  | 'unwanted'
  | 'evicted'
  | 'old';

export interface Question {
  readonly kind: QuestionKind;
  readonly text: string;
  /** All different. */
  readonly choices: readonly string[];
  /** Index of the one that is right. */
  readonly right: number;
  /** Why, for after the answer. */
  readonly why: string;
}

/** A question before its choices are put into an order. */
interface Draft {
  readonly kind: QuestionKind;
  readonly text: string;
  readonly right: string;
  /** May name the right one, and one twice. */
  readonly others: readonly string[];
  readonly why: string;
}

const MOST_CHOICES = 4;

/** Choices that all differ, the right one among them exactly once. */
function question(draft: Draft, random: Random): Question {
  const others = [...new Set(draft.others)].filter((other) => other !== draft.right);
  const wrong = random.shuffled(others).slice(0, MOST_CHOICES - 1);
  const choices = random.shuffled([draft.right, ...wrong]);
  const { kind, text, why } = draft;
  return { kind, text, choices, right: choices.indexOf(draft.right), why };
}

const NO_SLOT = 'none: an ordinary mapping without a bounce buffer';

function slotChoice(cls: ClassFrame, index: number, list: string): string {
  return `slot ${String(index)} of the ${sizeText(cls.bufferSize)} class, from the ${list} list`;
}

/** The first and last entry of each list of each class. */
function slotChoices(frame: Frame): string[] {
  return frame.pools
    .flatMap(({ classes }) => classes)
    .flatMap((cls) =>
      LIST_NAMES.flatMap((name) => {
        const list = listOf(cls, name);
        const ends = [list[0], list[1], list.at(-1)].filter((index) => index !== undefined);
        return ends.map((index) => slotChoice(cls, index, name));
      }),
    );
}

/** Of a mapping that was just made: the slot as it was chosen. */
function slotOf(before: Frame, mapping: MappingFrame): string | null {
  const { slot } = mapping;
  if (slot === null) return mapping.bounced ? null : NO_SLOT;
  const cls = before.pools[slot.pool]?.classes[slot.klass];
  const list = cls && LIST_NAMES.find((name) => listOf(cls, name).includes(slot.slot));
  return cls && list ? slotChoice(cls, slot.slot, list) : null;
}

const SERVED = {
  cache: 'yes, with a cached slot: its pages are mapped already',
  empty: 'yes, with an empty slot: pages are allocated and mapped',
  no: 'no: an ordinary mapping is made',
  fails: 'no, and the call fails',
} as const;

function servedBy(found: Changes, mapping: MappingFrame | undefined): keyof typeof SERVED | null {
  if (!mapping) return 'fails';
  if (mapping.slot === null) return mapping.bounced ? null : 'no';
  const [taken] = found.taken;
  if (!taken) return null;
  return taken.from === 'empty' ? 'empty' : 'cache';
}

function mapDrafts(before: Frame, after: Frame, found: Changes): Draft[] {
  const drafts: Draft[] = [];
  const [mapping] = found.mapped;
  const slot = mapping && slotOf(before, mapping);
  if (slot !== undefined && slot !== null)
    drafts.push({
      kind: 'slot',
      text: 'Which slot does the mapping take?',
      right: slot,
      others: [...slotChoices(before), NO_SLOT],
      why: `It takes ${slot}.`,
    });
  const served = servedBy(found, mapping);
  if (served !== null)
    drafts.push({
      kind: 'served',
      text: 'Does the pool serve this mapping?',
      right: SERVED[served],
      others: Object.values(SERVED),
      why: `The answer of the port: ${SERVED[served]}.`,
    });
  drafts.push(unwantedDraft(after));
  return drafts;
}

function requestsDraft(found: Changes, noun: string): Draft {
  const text = (n: number): string => (n === 0 ? 'none' : count(n, noun));
  const near = [0, 1, 2, 3, found.requests + 1, found.requestsWithout, found.requestsWithout + 1];
  return {
    kind: 'requests',
    text:
      noun === 'request'
        ? 'How many requests does the IOMMU get?'
        : `Is the IOMMU asked? How many ${noun}s are there?`,
    right: text(found.requests),
    others: near.filter((n) => n >= 0).map(text),
    why: `The port makes ${found.requests === 0 ? `no ${noun}` : text(found.requests)}; without the pool it makes ${text(found.requestsWithout)}.`,
  };
}

const COPIES = {
  none: 'nothing is copied',
  out: 'from the driver’s memory to the bounce buffer',
  back: 'from the bounce buffer to the driver’s memory',
  both: 'both ways',
} as const;

function copyDraft(found: Changes): Draft {
  const [out, back] = [found.copiedToBounce > 0, found.copiedToOriginal > 0];
  const right = out && back ? COPIES.both : out ? COPIES.out : back ? COPIES.back : COPIES.none;
  const bytes = found.copiedToBounce + found.copiedToOriginal;
  return {
    kind: 'copy',
    text: 'Is something copied, and in which direction?',
    right,
    others: Object.values(COPIES),
    why: bytes === 0 ? 'The port copies nothing.' : `The port copies ${sizeText(bytes)} ${right}.`,
  };
}

function unwantedBytes(frame: Frame): number {
  return frame.ranges.filter(({ wanted }) => !wanted).reduce((sum, { size }) => sum + size, 0);
}

function unwantedDraft(after: Frame): Draft {
  const right = unwantedBytes(after);
  const text = (bytes: number): string => (bytes === 0 ? 'nothing' : sizeText(bytes));
  const sizes = after.pools.flatMap(({ classes }) => classes.map((cls) => cls.bufferSize));
  const near = [0, 4096, ...sizes.flatMap((size) => [right + size, right - size]), 2 * right];
  return {
    kind: 'unwanted',
    text: 'How much can the device reach after it that no driver mapping wants?',
    right: text(right),
    others: near.filter((bytes) => bytes >= 0).map(text),
    why:
      right === 0
        ? 'Drivers have mapped all that it can reach.'
        : `It can reach ${text(right)} that no driver mapping wants.`,
  };
}

function covers(range: RangeFrame, device: string, iova: number): boolean {
  const sameDomain = range.domain.split(/,\s*/).includes(device);
  return sameDomain && iova >= range.iova && iova < range.iova + range.size;
}

const MAY_NOTHING = 'nothing: the access faults';

function afterUnmapDraft(after: Frame, mapping: MappingFrame): Draft {
  const range = after.ranges.find((one) => covers(one, mapping.device, mapping.dmaAddress));
  const right = range ? accessText(range.access) : MAY_NOTHING;
  return {
    kind: 'after-unmap',
    text: `After it, what can the device still do at ${hex(mapping.dmaAddress)}, where the buffer was?`,
    right,
    others: [MAY_NOTHING, ...(['RO', 'WO', 'RW'] as const).map(accessText)],
    why: range
      ? `The pages are still mapped: the device can still ${right}.`
      : 'The pages were unmapped.',
  };
}

function numberDraft(kind: QuestionKind, text: string, right: number, why: string): Draft {
  const near = [0, 1, 2, 3, right + 1, right + 2, right - 1];
  return { kind, text, right: String(right), others: near.filter((n) => n >= 0).map(String), why };
}

function timeDrafts(after: Frame, found: Changes, noun: string): Draft[] {
  const slots = after.pools.flatMap(({ classes }) => classes).flatMap((cls) => cls.slots);
  const old = slots.filter((slot) => slot.state === 'cached' && slot.old).length;
  const evicted = found.evicted.length;
  return [
    numberDraft(
      'evicted',
      'How many slots does the eviction worker empty in this time?',
      evicted,
      `It empties ${count(evicted, 'slot')}.`,
    ),
    numberDraft(
      'old',
      'How many cached slots are marked old after it?',
      old,
      `After it, ${count(old, 'cached slot')} ${old === 1 ? 'is' : 'are'} marked old.`,
    ),
    requestsDraft(found, noun),
  ];
}

function drafts(before: Frame, after: Frame, noun: string): Draft[] {
  const found = changes(before, after);
  if (after.call.startsWith('dma_map_'))
    return [...mapDrafts(before, after, found), requestsDraft(found, noun), copyDraft(found)];
  const [ended] = found.unmapped;
  if (ended)
    return [
      requestsDraft(found, noun),
      copyDraft(found),
      afterUnmapDraft(after, ended),
      unwantedDraft(after),
    ];
  if (after.call.startsWith('dma_sync_')) return [copyDraft(found)];
  return found.elapsedMs > 0 ? timeDrafts(after, found, noun) : [];
}

/**
 * A question about the step between two frames that follow each other, or null if there is nothing to ask. It uses of
 * `after` only the call's text, and what decides which choice is right.
 *
 * @param seed whole number below 2^32: the same seed and frames give the same question
 * @param noun what a request is called: `request`
 */
export function questionFor(
  before: Frame,
  after: Frame,
  seed: number,
  noun: string,
): Question | null {
  const hasPool = before.pools.some(({ classes }) => classes.length > 0);
  const found = hasPool ? drafts(before, after, noun) : [];
  if (found.length === 0) return null;
  const random = randomFrom(seed, after.step);
  return question(random.pick(found), random);
}
