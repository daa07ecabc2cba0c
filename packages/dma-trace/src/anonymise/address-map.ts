// SPDX-License-Identifier: GPL-2.0-only
// Where each address goes: blocks move as a whole, in their order, so that offsets, alignment, neighbours and gaps stay.
//
// One map serves memory and devices: an untranslated device uses the addresses of memory, and has to do so afterwards.
// Within 4 GiB blocks move by drawn distances; what lies below 4 GiB stays there, and no range crosses another multiple of
// 4 GiB than before.

import type { Draw } from './random';
import { type AddressSurvey, type Run, SMALLEST_BLOCK, isSpecial } from './address-survey';

/** Bytes: no IOMMU here has larger pages. */
const LARGEST_BLOCK = 2 ** 30;
const SEGMENT = 2 ** 32;
/** Segments between two that are used, at the most. */
const MOST_BETWEEN = 7;

interface Moved extends Run {
  /** Blocks that it goes up, or down. */
  by: number;
}

export class AddressMap {
  /** Bytes of a block: all bits below it stay. */
  readonly blockSize: number;
  /** In order, of blocks of this size. */
  private readonly moved: Moved[] = [];
  private latest: Moved | null = null;

  /**
   * @param boundary bytes: what devices must not cross, if the facts say it
   */
  constructor(survey: AddressSurvey, draw: Draw, boundary = 0) {
    this.blockSize = blockSizeFor(Math.max(survey.longest, boundary));
    const runs = inBlocks(survey.runs(), this.blockSize);
    const fixed = inBlocks(survey.fixedRuns, this.blockSize);
    const perSegment = SEGMENT / this.blockSize;
    const pieces = cutAtSegments(runs, perSegment);
    const crosses = (multiple: number): boolean => survey.crosses(multiple);
    let at = 0;
    let segment = 0;
    let goesTo = 0;
    while (at < pieces.length) {
      const from = Math.floor((pieces[at] as Run).first / perSegment);
      let end = at;
      while (end < pieces.length && Math.floor((pieces[end] as Run).first / perSegment) === from)
        end++;
      if (from > 0) {
        const joined = from === segment + 1 && crosses(from);
        const between = Math.min(from - segment - 1, MOST_BETWEEN);
        goesTo += 1 + (joined ? 0 : draw(between + 2));
      }
      const inside = pieces.slice(at, end).map(({ first, last }) => ({
        first: first - from * perSegment,
        last: last - from * perSegment,
      }));
      const stays = (run: Run): boolean =>
        (run.first === 0 && from > 0 && crosses(from)) ||
        (run.last === perSegment - 1 && crosses(from + 1)) ||
        (from === 0 && run.first === 0) ||
        fixed.some((one) => touches(one, run, from * perSegment));
      place(inside, stays, { lowest: from === 0 ? 1 : 0, blocks: perSegment }, draw).forEach(
        (first, i) => {
          const { first: was, last } = pieces[at + i] as Run;
          this.moved.push({ first: was, last, by: goesTo * perSegment + first - was });
        },
      );
      segment = from;
      at = end;
    }
  }

  /** Null for an address that was not surveyed. */
  map(address: number): number | null {
    const by = this.distance(address);
    return by === null ? null : address + by;
  }

  /** The same for one as printed, exact above 2^53. */
  mapHex(digits: string): string | null {
    const address = parseInt(digits, 16);
    const by = this.distance(address);
    if (by === null) return null;
    if (address + by <= Number.MAX_SAFE_INTEGER && address <= Number.MAX_SAFE_INTEGER)
      return (address + by).toString(16);
    return (BigInt(`0x${digits}`) + BigInt(by)).toString(16);
  }

  /** Bytes that an address goes up; null for one that was not surveyed. */
  private distance(address: number): number | null {
    if (isSpecial(address)) return 0;
    const block = Math.floor(address / this.blockSize);
    const { latest } = this;
    if (latest !== null && block >= latest.first && block <= latest.last)
      return latest.by * this.blockSize;
    let low = 0;
    let high = this.moved.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const run = this.moved[middle] as Moved;
      if (block < run.first) high = middle - 1;
      else if (block > run.last) low = middle + 1;
      else {
        this.latest = run;
        return run.by * this.blockSize;
      }
    }
    return null;
  }

  /** Runs that moved, and that did not. */
  get counts(): { moved: number; kept: number } {
    const kept = this.moved.filter(({ by }) => by === 0).length;
    return { moved: this.moved.length - kept, kept };
  }
}

/** The power of two that is not below the longest range, within bounds. */
function blockSizeFor(longest: number): number {
  let size = SMALLEST_BLOCK;
  while (size < longest && size < LARGEST_BLOCK) size *= 2;
  return size;
}

function inBlocks(runs: readonly Run[], blockSize: number): Run[] {
  const ratio = blockSize / SMALLEST_BLOCK;
  const coarse: Run[] = [];
  for (const run of runs) {
    const first = Math.floor(run.first / ratio);
    const last = Math.floor(run.last / ratio);
    const before = coarse.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else coarse.push({ first, last });
  }
  return coarse;
}

function cutAtSegments(runs: readonly Run[], perSegment: number): Run[] {
  const pieces: Run[] = [];
  for (const { first, last } of runs)
    for (let from = first; from <= last;) {
      const end = Math.min(last, (Math.floor(from / perSegment) + 1) * perSegment - 1);
      pieces.push({ first: from, last: end });
      from = end + 1;
    }
  return pieces;
}

function touches(fixed: Run, run: Run, base: number): boolean {
  return fixed.first <= run.last + base && fixed.last >= run.first + base;
}

/** New first blocks of runs, in their order, with a gap between any two. */
function place(
  runs: readonly Run[],
  stays: (run: Run) => boolean,
  { lowest, blocks }: { lowest: number; blocks: number },
  draw: Draw,
): number[] {
  const places: number[] = [];
  let open: Run[] = [];
  // A block is left free behind one that stays.
  let from = lowest;
  const fill = (end: number): void => {
    // What a drawn distance can use: all but the runs and one block between each.
    const needed = open.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const isLast = end === blocks;
    const slack = end - from - needed - (open.length - 1) - (isLast ? 0 : 1);
    const distances = open.map(() => draw(slack + 1)).sort((a, b) => a - b);
    let at = from;
    open.forEach(({ first, last }, i) => {
      places.push(at + (distances[i] ?? 0));
      at += last - first + 2;
    });
    open = [];
  };
  for (const run of runs) {
    if (!stays(run)) {
      open.push(run);
      continue;
    }
    if (open.length > 0) fill(run.first);
    places.push(run.first);
    from = run.last + 2;
  }
  if (open.length > 0) fill(blocks);
  return places;
}
