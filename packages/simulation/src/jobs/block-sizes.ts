// SPDX-License-Identifier: GPL-2.0-only
// bs, bsrange and bssplit: the sizes of reads and of writes, with the share of each, as fio 3.33 draws them.

import type { BlockSize } from './job';
import { type KbBase, parseCount } from './numbers';
import type { Place } from './place';

/** What was said for one direction; null where nothing was. */
export interface Directions<T> {
  readonly read: T | null;
  readonly write: T | null;
}

/** fio's BSSPLIT_MAX. */
const MOST_SPLITS = 64;
/** A bsrange with more sizes than this is refused: their weights are kept in a list. */
const MOST_SIZES = 65536;

interface Split {
  readonly bytes: number;
  /** Whole percent; null for a share of what the others leave. */
  readonly percent: number | null;
}

/** `4k`, `4k,8k` (reads, writes), `,8k` (writes), `8k,` (reads); a third part is for trims. */
export function parseBs(text: string, kbBase: KbBase, at: Place): Directions<readonly BlockSize[]> {
  return perDirection(text, /[,:]/, at, (part) => [
    { bytes: positive(part, kbBase, at), weight: 1 },
  ]);
}

/**
 * `1k-8k` or `1k:8k`, one or `reads,writes`. All multiples of the smaller number up to the larger are equally likely, as
 * in fio; where the larger is no multiple, it stands for the rest.
 */
export function parseBsrange(
  text: string,
  kbBase: KbBase,
  at: Place,
): Directions<readonly BlockSize[]> {
  return perDirection(text, /,/, at, (part) => {
    const ends = part.split(/[-:]/);
    if (ends.length !== 2) throw at.error('expected a range such as 4k-64k');
    const [a = 0, b = 0] = ends.map((end) => positive(end, kbBase, at));
    return uniform(Math.min(a, b), Math.max(a, b), at);
  });
}

function uniform(min: number, max: number, at: Place): BlockSize[] {
  const draws = max / min;
  const whole = Math.floor(draws);
  if (whole > MOST_SIZES) throw at.error(`a range of more than ${String(MOST_SIZES)} sizes`);
  const sizes: BlockSize[] = [];
  for (let k = 1; k <= whole; k++) sizes.push({ bytes: k * min, weight: 1 / draws });
  if (whole < draws) sizes.push({ bytes: max, weight: 1 - whole / draws });
  return sizes;
}

/**
 * `size/percent:size/percent:…`, for both directions or `reads,writes`. Entries without a percentage share evenly, in
 * whole percent, what the others leave; what is then missing from 100 falls to the entry with the largest percentage
 * (of equals the last), because fio goes through them in that order and ends with it. Sizes are rounded down to a
 * multiple of the smallest. C: fio 3.33 options.c bssplit_ddir, io_u.c get_next_buflen
 */
export function parseBssplit(
  text: string,
  kbBase: KbBase,
  at: Place,
  warn: (text: string) => void,
): Directions<readonly BlockSize[]> {
  return perDirection(text, /,/, at, (part) => weighted(parseSplits(part, kbBase, at), at, warn));
}

function parseSplits(part: string, kbBase: KbBase, at: Place): Split[] {
  const entries = part.replace(/:$/, '').split(':');
  if (entries.length > MOST_SPLITS)
    throw at.error(`expected at most ${String(MOST_SPLITS)} sizes, got ${String(entries.length)}`);
  return entries.map((entry) => {
    const [size = '', percent = '', ...more] = entry.split('/');
    if (more.length > 0 || !/^\d*$/.test(percent))
      throw at.error(`expected size/percent, got '${entry}'`);
    if (Number(percent) > 100) throw at.error(`expected at most 100 percent, got ${percent}`);
    // A percentage of 0 is to fio one that is not given.
    return {
      bytes: positive(size, kbBase, at),
      percent: Number(percent) === 0 ? null : Number(percent),
    };
  });
}

function weighted(splits: readonly Split[], at: Place, warn: (text: string) => void): BlockSize[] {
  const given = splits.reduce((sum, { percent }) => sum + (percent ?? 0), 0);
  const blanks = splits.filter(({ percent }) => percent === null).length;
  if (given > 100) throw at.error(`the percentages sum to ${String(given)}; expected at most 100`);
  const share = blanks === 0 ? 0 : Math.floor((100 - given) / blanks);
  if (blanks === 0 && given < 100)
    warn(
      `the percentages sum to ${String(given)}; as in fio, the largest takes the other ${String(100 - given)}`,
    );
  const unit = Math.min(...splits.map(({ bytes }) => bytes));
  const sizes = splits
    .map(({ bytes, percent }) => ({ bytes: bytes - (bytes % unit), percent: percent ?? share }))
    .filter(({ percent }, _, all) => percent > 0 || all.length === 1)
    .sort((a, b) => a.percent - b.percent);
  let rest = 100;
  return sizes.map(({ bytes, percent }, i) => {
    const taken = i === sizes.length - 1 ? rest : percent;
    rest -= percent;
    return { bytes, weight: taken / 100 };
  });
}

function perDirection<T>(
  text: string,
  separator: RegExp,
  at: Place,
  parse: (part: string) => T,
): Directions<T> {
  const parts = text.split(separator);
  if (parts.length > 3 || parts.every((part) => part === ''))
    throw at.error('expected a value, or reads,writes');
  const [read = '', write] = parts.map((part) => part.trimEnd());
  return {
    read: read === '' ? null : parse(read),
    // One value is for both; an empty second one leaves the writes as they are.
    write: write === undefined ? parse(read) : write === '' ? null : parse(write),
  };
}

function positive(text: string, kbBase: KbBase, at: Place): number {
  const bytes = parseCount(text, kbBase, at);
  if (bytes === 0) throw at.error('a block of 0 bytes; expected 512 or more');
  return bytes;
}
