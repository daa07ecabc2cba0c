// SPDX-License-Identifier: GPL-2.0-only
// Words of messages, the same in all rules.

import { DIRECTIONS, DMA_FROM_DEVICE, DMA_TO_DEVICE } from '../event-head';
import type { Mapping } from '../calls/step';

export const dirName = (dir: number): string => DIRECTIONS[dir] ?? 'NONE';

export const hex = (n: number): string => `0x${n.toString(16)}`;

/** 1,234. */
export const number = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');

/** 1,234 bytes. */
export const bytes = (n: number): string => `${number(n)} ${n === 1 ? 'byte' : 'bytes'}`;

/** Three digits, in s, ms or µs. */
export function duration(ns: number): string {
  const [unit, name] = ns >= 1e9 ? [1e9, 's'] : ns >= 1e6 ? [1e6, 'ms'] : [1e3, 'µs'];
  return `${String(Number((ns / unit).toPrecision(3)))} ${name}`;
}

/** Whether the device may write to it: FROM_DEVICE and BIDIRECTIONAL. */
export const deviceWrites = (dir: number): boolean => dir !== DMA_TO_DEVICE;
/** TO_DEVICE and BIDIRECTIONAL. */
export const deviceReads = (dir: number): boolean => dir !== DMA_FROM_DEVICE;

/** A driver's data, mapped for a transfer: no allocation, no device registers. */
export function isStreaming({ form }: Pick<Mapping, 'form'>): boolean {
  return form === 'page' || form === 'sg' || form === 'iova';
}

/** Entries of a list that the kernel prints at the most. */
export const MOST_PRINTED = 128;

/** Of a list. */
export function entries(count: number): string {
  return count === 1 ? '1 entry' : `${String(count)} entries`;
}
