// SPDX-License-Identifier: GPL-2.0-only
// Numbers with units and wrapped lines for a terminal of 100 columns.

import { oneLine } from '../errors';
import { count } from '../tables/replay-figures';

const COLUMNS = 100;

export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** Nanoseconds as microseconds. */
export function micros(ns: number): string {
  return (ns / 1000).toFixed(2);
}

export function blockSize(n: number): string {
  return n % 1024 === 0 ? `${String(n / 1024)}k` : `${count(n)} B`;
}

/** Bytes. */
export function memory(n: number): string {
  if (n === 0) return '0';
  return n < 2 ** 20 ? `${(n / 1024).toFixed(0)} KiB` : `${(n / 2 ** 20).toFixed(1)} MiB`;
}

/** Nanoseconds with the unit that leaves few digits. */
export function time(ns: number): string {
  if (ns === 0) return '0';
  if (ns < 10_000) return `${(ns / 1e3).toFixed(1)} µs`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(0)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`;
  return `${(ns / 1e9).toFixed(1)} s`;
}

/** At most 100 columns; no control characters. */
export function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
