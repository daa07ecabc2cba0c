// SPDX-License-Identifier: GPL-2.0-only
// A step in one sentence: the caption of the page, and what a screen reader is told.

import type { Frame, MappingFrame } from '../frame';
import { type Changes, type SlotMove, changes } from '../changes';
import { count, directionText, hex, sizeText } from '../../words';

/** `dma_map_page` of `dma_map_page(dev, …)`; null for what is no call: time, or an access of the CPU or the device. */
function functionName(call: string): string | null {
  return /^([\w.]+)\(/.exec(call)?.[1] ?? null;
}

function slotPlace(move: SlotMove): string {
  return `slot ${String(move.index)} of the ${sizeText(move.bufferSize)} class`;
}

function sizeAndDirection(mappings: readonly MappingFrame[]): string {
  const [first] = mappings;
  if (!first) return '';
  const size = mappings.reduce((sum, one) => sum + one.size, 0);
  return `${sizeText(size)}, ${directionText(first.direction)}`;
}

/** Slots of one kind of move: one by its name, more by their number. */
function slots(
  moves: readonly SlotMove[],
  one: (move: SlotMove) => string,
  many: string,
): string[] {
  const [first] = moves;
  if (!first) return [];
  return moves.length === 1 ? [one(first)] : [`${count(moves.length, 'slot')} ${many}`];
}

function taken(found: Changes): string[] {
  return slots(
    found.taken,
    (move) => `${slotPlace(move)}, taken from the ${move.from ?? 'unknown'} list`,
    'taken',
  );
}

function mappedBeside(found: Changes): string[] {
  const direct = found.mapped.filter(({ bounced }) => !bounced);
  const [first] = direct;
  if (!first) return [];
  return [`mapped without a bounce buffer at ${hex(first.dmaAddress)}`];
}

function copied(found: Changes): string[] {
  const words: string[] = [];
  if (found.copiedToBounce > 0)
    words.push(`${sizeText(found.copiedToBounce)} copied to the bounce buffer`);
  if (found.copiedToOriginal > 0)
    words.push(`${sizeText(found.copiedToOriginal)} copied back to the driver's memory`);
  return words;
}

/** What was done to slots, memory and the device's view, in the order in which it is worth knowing. */
export function effects(found: Changes): string[] {
  return [
    ...taken(found),
    ...mappedBeside(found),
    ...copied(found),
    ...slots(
      found.returned,
      (move) => `${slotPlace(move)}, put first into the ${move.to ?? 'unknown'} list`,
      'put into the cache',
    ),
    ...slots(found.aged, (move) => `${slotPlace(move)} marked old`, 'marked old'),
    ...slots(found.evicted, (move) => `${slotPlace(move)} evicted`, 'evicted'),
    ...slots(found.lost, (move) => `${slotPlace(move)} lost`, 'lost'),
  ];
}

/** What the call was about: its size and direction. */
function subject(found: Changes): string {
  if (found.mapped.length > 0) return sizeAndDirection(found.mapped);
  return sizeAndDirection(found.unmapped);
}

/**
 * One sentence without a full stop.
 *
 * @param noun what a request is called: `request`
 */
export function announcement(previous: Frame, frame: Frame, noun: string): string {
  const found = changes(previous, frame);
  const name = functionName(frame.call);
  const about = subject(found);
  const head =
    about === ''
      ? (name ?? frame.call)
      : name === null
        ? `${frame.call}, ${about}`
        : `${name} of ${about}`;
  const isCall = name !== null || about !== '';
  const done = effects(found);
  if (done.length === 0 && frame.result !== '')
    done.push(isCall ? `result ${frame.result}` : frame.result);
  // That the CPU and the device ask nothing of the IOMMU goes without saying.
  if (found.requests > 0) done.push(count(found.requests, noun));
  else if (isCall) done.push(`no ${noun}`);
  return done.length === 0 ? head : `${head}: ${done.join('; ')}`;
}
