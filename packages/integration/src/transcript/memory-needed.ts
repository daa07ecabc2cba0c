// SPDX-License-Identifier: GPL-2.0-only
// How much memory the machine of a transcript has.

import {
  MAX_ORDER,
  PAGE_SIZE,
  SG_MAX_SINGLE_ALLOC,
  __fls,
  get_order,
  mod_pow2,
} from '@iommu-bounce/linux-shim';
import { TranscriptError } from './error';
import type { TranscriptHeader } from './header';
import type { Transcript, TranscriptOp } from './parse';

export interface MemoryNeeded {
  /** Pages. */
  readonly lowmem: number;
  readonly highmem: number;
  readonly buddy: number;
}

/** Pages for what else may ask for some: nothing of the port does. */
const SPARE = 256;

/** Operations that can make a pool. */
const MAKES_POOL = ['attach', 'attach_device', 'declare_device', 'pool_init'];

const number = (op: TranscriptOp, name: string): number => op.fields[name] as number;

/**
 * Enough memory for the worst case: the format promises that allocations only fail when told to.
 * @param isFixed another pool than the series' can run
 */
export function memoryNeeded({ header, ops }: Transcript, isFixed: boolean): MemoryNeeded {
  let lowmem = 1;
  let highmem = 0;
  let coherent = 0;
  let order = 0;
  let pools = 0;
  const slots = new SlotsNeeded(header, isFixed);
  for (const op of ops) {
    if (op.name === 'buf') {
      if (op.fields['highmem'] === true) highmem += number(op, 'pages') + 1;
      else lowmem += number(op, 'pages') + 1;
    } else if (op.name === 'map_page' || op.name === 'map_sg') slots.add(pagesOf(op));
    else if (op.name === 'alloc_coherent' || op.name === 'alloc_noncontiguous') {
      const needs = get_order(number(op, 'len'));
      if (needs > 18) continue;
      coherent += withTable(2 ** needs);
      order = Math.max(order, Math.min(needs, MAX_ORDER - 1));
    } else if (MAKES_POOL.includes(op.name)) pools++;
    if (lowmem + highmem > 2 ** 19)
      throw new TranscriptError(op.line, 'buffers of more than 2 GiB, expected less');
  }
  const ever = slots.everFilled() + coherent;
  const live = slots.filledAtOnce(pools) + coherent;
  const needed = withoutFragments(ever, live, Math.max(order, slots.largestOrder));
  // The fix `leave-free` asks whether memory is short; it never is.
  const buddy = SPARE + (isFixed ? 2 * needed : needed);
  return { lowmem, highmem, buddy: Math.min(2 ** 18, buddy) };
}

/** Pages, and those of the list in which they are mapped: each full chunk of it takes one. */
function withTable(pages: number): number {
  return pages + Math.floor((pages - 1) / (SG_MAX_SINGLE_ALLOC - 1));
}

/** At most what a mapping asks its pool for; with a fix, each entry of a list begins at a page. */
function pagesOf(op: TranscriptOp): number {
  if (op.name === 'map_sg')
    return (op.fields['sg'] as readonly (readonly [number, number, number])[]).reduce(
      (sum, [, off, len]) => sum + Math.ceil(((off % PAGE_SIZE) + len) / PAGE_SIZE),
      0,
    );
  const off = number(op, 'off');
  const base = op.fields['base_page'] as number | undefined;
  const within = base === undefined ? off % PAGE_SIZE : off - base * PAGE_SIZE;
  return Math.ceil((within + number(op, 'len')) / PAGE_SIZE);
}

/**
 * Buffers of pools, in pages. A mapping fills one slot at most, of the smallest class that fits: 2^bit pages, since the
 * granule of addresses is a page at most. With the fix `next-class` of a larger one, once all slots of that are filled.
 */
class SlotsNeeded {
  private readonly bits: readonly number[];
  /** Mappings, by class. */
  private readonly mappings: number[];

  constructor(
    private readonly header: TranscriptHeader,
    private readonly passesOn: boolean,
  ) {
    const classes = header.numSlots > 0 ? header.classSizes : 0;
    this.bits = [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => classes & (1 << bit));
    this.mappings = this.bits.map(() => 0);
  }

  /** The largest block that is asked for is one of the IOMMU's page sizes; if there is none, single pages are. */
  get largestOrder(): number {
    const largest = 2 ** (this.bits.at(-1) ?? 0);
    return __fls(mod_pow2(Math.floor(this.header.pgsizeBitmap / PAGE_SIZE), 2 * largest) | 1);
  }

  /** @param pages at most what is asked for, so that what no class fits can still get the largest */
  add(pages: number): void {
    const fits = this.bits.findIndex((bit) => pages <= 2 ** bit);
    const at = fits < 0 ? this.bits.length - 1 : fits;
    if (at >= 0) this.mappings[at] = (this.mappings[at] as number) + 1;
  }

  /** Were none ever freed. */
  everFilled(): number {
    return this.sum((asking, passedOn) => asking - passedOn);
  }

  /** @param pools that there can be, lost ones among them, whose buffers nobody frees */
  filledAtOnce(pools: number): number {
    return this.sum((asking) => Math.min(asking, pools * this.header.numSlots));
  }

  /** @param filled of a class: of the mappings that ask for a slot of it, the most that pass on are as many */
  private sum(filled: (asking: number, passedOn: number) => number): number {
    let pages = 0;
    let passedOn = 0;
    const { numSlots } = this.header;
    this.bits.forEach((bit, i) => {
      const asking = (this.mappings[i] as number) + passedOn;
      const canPassOn = this.passesOn && i < this.bits.length - 1;
      // All that ask can be of one pool.
      passedOn = canPassOn ? Math.max(0, asking - numSlots) : 0;
      pages += filled(asking, passedOn) * withTable(2 ** bit);
    });
    return pages;
  }
}

/**
 * Pages with which a buddy allocator has a block of each order up to `order` whenever it is asked for one.
 *
 * It takes the smallest block that will do. So it breaks a block of 2^k pages for 2^j only where all of 2^j pages within
 * blocks that are broken already hold something: 2^j or more, in all at most what is live, or less, of which the same
 * holds in turn. By induction the blocks of 2^k pages that hold less than that have at most k * live + 2^(k+1) pages
 * together; and, since what holds orders from j to k is not what holds less, ever + 2^(k+1). What holds 2^k and more
 * makes it one `live` more, and is among `ever`. Both ends of the range can be 2^k - 1 pages of smaller blocks.
 *
 * @param ever pages of all blocks that are asked for, none of them freed
 * @param live at most so many of them at once
 */
export function withoutFragments(ever: number, live: number, order: number): number {
  return Math.min(ever, (order + 1) * live) + 2 ** (order + 2);
}
