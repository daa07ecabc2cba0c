// SPDX-License-Identifier: GPL-2.0-only
// A mapping's bytes: the driver's memory and what the device reaches, side by side.

import type { Frame, MappingFrame } from '../frame';
import { directionText, hex, hexByte, sizeText } from '../../words';

export interface ByteCell {
  /** `0a`, or `··` where one side has no such byte. */
  readonly text: string;
  /** Whether the step changed it. */
  readonly changed: boolean;
  /** Whether the other side has another byte here. */
  readonly differs: boolean;
}

export interface BytesView {
  /** Bytes of a row. */
  readonly width: number;
  readonly title: string;
  readonly original: readonly ByteCell[];
  readonly reached: readonly ByteCell[];
  /** The same as text, by rows. */
  readonly originalText: readonly string[];
  readonly reachedText: readonly string[];
  /** Which way the step copied. */
  readonly copy: 'to-bounce' | 'to-original' | 'both' | null;
  readonly copyText: string;
  /** How both sides compare, in a sentence. */
  readonly summary: string;
}

/** Mappings without known bytes that are listed: the last ones. */
const MOST_SHOWN = 8;

/** Bytes in a row: two sides fit on a phone. */
const WIDTH = 8;

/** Rows of bytes as text, `·` for what is no printable ASCII: what a driver or a device wrote is told best so. */
export function textRows(bytes: readonly number[]): string[] {
  const rows: string[] = [];
  for (let i = 0; i < bytes.length; i += WIDTH)
    rows.push(
      bytes
        .slice(i, i + WIDTH)
        .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'))
        .join(''),
    );
  return rows;
}

export function mappingTitle(mapping: MappingFrame): string {
  return `${hex(mapping.dmaAddress)}, ${sizeText(mapping.size)}, ${directionText(mapping.direction)}`;
}

export function sameMapping(a: MappingFrame, b: MappingFrame): boolean {
  return a.id === b.id;
}

function cells(
  bytes: readonly number[],
  before: readonly number[] | undefined,
  other: readonly number[],
): ByteCell[] {
  return bytes.map((byte, i) => ({
    text: hexByte(byte),
    changed: before?.[i] !== undefined && before[i] !== byte,
    differs: other[i] !== undefined && other[i] !== byte,
  }));
}

function copyOf(frame: Frame): Pick<BytesView, 'copy' | 'copyText'> {
  const bytes = (from: 'original' | 'bounce'): number =>
    frame.copies.filter((one) => one.from === from).reduce((sum, one) => sum + one.bytes, 0);
  const [out, back] = [bytes('original'), bytes('bounce')];
  const words = [
    ...(out > 0 ? [`${sizeText(out)} copied to the bounce buffer`] : []),
    ...(back > 0 ? [`${sizeText(back)} copied to the driver's memory`] : []),
  ];
  const copy =
    out > 0 && back > 0 ? 'both' : out > 0 ? 'to-bounce' : back > 0 ? 'to-original' : null;
  return { copy, copyText: words.join(', ') };
}

/** @param previous the frame before, to mark what the step changed */
export function bytesView(mapping: MappingFrame, frame: Frame, previous: Frame | null): BytesView {
  const before = previous?.mappings.find((one) => sameMapping(one, mapping));
  const { original, reached } = mapping;
  const different = original.filter((byte, i) => reached[i] !== undefined && reached[i] !== byte);
  const shown = `the first ${String(Math.max(original.length, reached.length))} bytes`;
  const isGone = frame.ended.includes(mapping) && reached.length === 0;
  const summary = isGone
    ? 'It was unmapped: the device can no longer reach it.'
    : !mapping.bounced
      ? 'No bounce buffer: the device reaches the driver’s memory itself.'
      : different.length === 0
        ? `Of ${shown}, both sides are equal.`
        : `Of ${shown}, ${String(different.length)} differ.`;
  return {
    width: WIDTH,
    title: mappingTitle(mapping),
    original: cells(original, before?.original, reached),
    reached: cells(reached, before?.reached, original),
    originalText: textRows(original),
    reachedText: textRows(reached),
    ...copyOf(frame),
    summary,
  };
}

/** What can be looked at after a step: mappings held whose bytes are known, and those that it ended. */
export function mappingsToShow(frame: Frame): readonly MappingFrame[] {
  const known = frame.mappings.filter(
    ({ original, reached }, i) =>
      original.length > 0 || reached.length > 0 || i >= frame.mappings.length - MOST_SHOWN,
  );
  return [...known, ...frame.ended];
}

/** The mapping that a step is about: a new one, one that ended, one whose bytes changed, or else `preferred`. */
export function mappingOfStep(
  frame: Frame,
  previous: Frame | null,
  preferred: MappingFrame | null,
): MappingFrame | null {
  const earlier = (one: MappingFrame): MappingFrame | undefined =>
    previous?.mappings.find((other) => sameMapping(one, other));
  const differs = (a: readonly number[], b: readonly number[]): boolean =>
    a.some((byte, i) => byte !== b[i]);
  const fresh = frame.mappings.find((one) => previous !== null && !earlier(one));
  const [ended] = frame.ended;
  const changed = frame.mappings.find((one) => {
    const before = earlier(one);
    return (
      before && (differs(one.original, before.original) || differs(one.reached, before.reached))
    );
  });
  const kept = preferred && frame.mappings.find((one) => sameMapping(one, preferred));
  return fresh ?? ended ?? changed ?? kept ?? frame.mappings[0] ?? null;
}
