// SPDX-License-Identifier: GPL-2.0-only
// Which swiotlb= a load would need: the ported swiotlb is given all its mappings, with areas of several sizes.

import {
  DMA_ATTR_NO_WARN,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  IO_TLB_SEGSIZE,
  IO_TLB_SIZE,
  type device,
  machine,
  oops,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { pciDevice } from '@iommu-bounce/integration';
import { firstWith } from './bisect';
import { Growing } from './growing';

/** The longest piece that swiotlb can hold, in bytes. */
export const LONGEST_BOUNCE = IO_TLB_SEGSIZE * IO_TLB_SIZE;
/** Where the area begins: at a multiple of 4 GiB, so no segment boundary lies in it. */
const AREA = phys_addr_t(2 ** 32);
/** Of 4 GiB: no kernel sets more aside. */
const MOST_SETS = 2 ** 32 / LONGEST_BOUNCE;
const PAGE_MASK = 4095;

/** A piece of a mapping: its bytes, and where they begin in a page. */
export interface BouncePiece {
  readonly length: number;
  readonly offset: number;
}

/** All streaming mappings in the order of their calls. Each piece of a list is a mapping of its own to swiotlb. */
export class SwiotlbLoad {
  mappings = 0;
  /** Mappings with a piece that no area can hold. */
  tooLarge = 0;
  private readonly lengths = new Growing((n) => new Uint32Array(n));
  private readonly offsets = new Growing((n) => new Uint16Array(n));
  /** Of each map, its first piece; of an unmap, minus 1 minus the number of its map. */
  private readonly calls = new Growing((n) => new Int32Array(n));

  /** Number of the map, for its unmap; below 0: swiotlb refuses it, whatever its size. */
  map(pieces: readonly BouncePiece[]): number {
    this.mappings++;
    if (pieces.some(({ length }) => length > LONGEST_BOUNCE)) {
      this.tooLarge++;
      return -1;
    }
    this.calls.push(this.lengths.length);
    for (const { length, offset } of pieces) {
      if (length === 0) continue;
      this.lengths.push(length);
      this.offsets.push(offset);
    }
    // Where a map's pieces end.
    this.lengths.push(0);
    this.offsets.push(0);
    return this.calls.length - 1;
  }

  /** @param map what `map` returned, at most once each */
  unmap(map: number): void {
    if (map >= 0) this.calls.push(-1 - map);
  }

  get arrays(): {
    readonly lengths: Uint32Array;
    readonly offsets: Uint16Array;
    readonly calls: Int32Array;
  } {
    return {
      lengths: this.lengths.view(),
      offsets: this.offsets.view(),
      calls: this.calls.view(),
    };
  }
}

/** The smallest area in which every mapping finds room that could find it anywhere. */
export interface SwiotlbArea {
  /** Slots of 2 KiB, as swiotlb= counts them, in whole sets of 128; null: 4 GiB are not enough. */
  readonly slots: number | null;
  /** Slots in use at most. What the area has beyond these goes to alignment and gaps. */
  readonly peakSlots: number;
  /** Mappings that were left out: a piece needs more than 128 slots with the offset that is kept, so no area serves it. */
  readonly tooLarge: number;
}

/**
 * @param alignMask bits of an address that the device's driver wants to keep: 4095 for NVMe, else 0
 * @param progress called between tries
 */
export function swiotlbArea(
  load: SwiotlbLoad,
  alignMask: number,
  progress: (tries: number) => void = () => undefined,
): SwiotlbArea {
  const area = new TriedArea(load, alignMask);
  const { tooLarge } = area;
  const peakSlots = area.peakOf();
  const least = Math.max(1, Math.ceil(peakSlots / IO_TLB_SEGSIZE));
  let tries = 0;
  const fits = (sets: number): boolean => {
    progress(++tries);
    return area.fits(sets);
  };
  let low = least - 1;
  let high = least;
  while (!fits(high)) {
    low = high;
    if (high >= MOST_SETS) return { slots: null, peakSlots, tooLarge };
    high = Math.min(MOST_SETS, Math.max(high + 1, Math.ceil(high * 1.125)));
  }
  const sets = firstWith(low, high, fits);
  return { slots: sets * IO_TLB_SEGSIZE, peakSlots, tooLarge };
}

class TriedArea {
  private readonly k = new machine({ memory: { nodes: [{ lowmem_pages: 16 }] } });
  private readonly dev: device;
  private readonly arrays: SwiotlbLoad['arrays'];
  /** Where each piece lies now. */
  private readonly places: Float64Array;
  /** By first piece: 1 if the mapping is left out. */
  private readonly leftOut: Uint8Array;
  tooLarge = 0;

  constructor(
    load: SwiotlbLoad,
    private readonly alignMask: number,
  ) {
    const dev = pciDevice('0000:00:00.0');
    if (dev.dma_parms) dev.dma_parms.min_align_mask = alignMask;
    this.k.dma.dma_set_mask(dev, 2 ** 52 - 1);
    this.dev = dev;
    this.arrays = load.arrays;
    this.places = new Float64Array(this.arrays.lengths.length);
    this.leftOut = new Uint8Array(this.arrays.lengths.length);
    this.leaveOut();
  }

  private leaveOut(): void {
    const { lengths, offsets, calls } = this.arrays;
    for (const first of calls) {
      if (first < 0) continue;
      let i = first;
      while (lengths[i] !== 0 && this.slotsOf(lengths[i], offsets[i]) <= IO_TLB_SEGSIZE) i++;
      if (lengths[i] === 0) continue;
      this.leftOut[first] = 1;
      this.tooLarge++;
    }
  }

  /** Slots in use at most, if each mapping finds room. */
  peakOf(): number {
    const { lengths, offsets, calls } = this.arrays;
    const slots = (from: number): number => {
      let sum = 0;
      if (this.leftOut[from] === 1) return 0;
      for (let i = from; lengths[i] !== 0; i++) sum += this.slotsOf(lengths[i], offsets[i]);
      return sum;
    };
    let now = 0;
    let peak = 0;
    for (const call of calls) {
      if (call < 0) now -= slots(calls[-1 - call] ?? 0);
      else peak = Math.max(peak, (now += slots(call)));
    }
    return peak;
  }

  /** Whether every mapping finds room in so many sets of 128 slots. */
  fits(sets: number): boolean {
    try {
      return this.findsRoom(sets);
    } catch (error) {
      // v5.13 searches for ever where its stride steps over the slot that it began at: this area is none to boot with.
      if (error instanceof oops) return false;
      throw error;
    }
  }

  private findsRoom(sets: number): boolean {
    const { swiotlb } = this.k;
    const { lengths, offsets, calls } = this.arrays;
    swiotlb.swiotlb_init_with_tbl(AREA, sets * IO_TLB_SEGSIZE);
    // Where bytes are not copied, addresses need no memory behind them.
    const attrs = DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN;
    for (const call of calls) {
      const first = call < 0 ? (calls[-1 - call] ?? 0) : call;
      if (this.leftOut[first] === 1) continue;
      if (call < 0) {
        for (let i = first; lengths[i] !== 0; i++)
          swiotlb.swiotlb_tbl_unmap_single(
            this.dev,
            phys_addr_t(this.places[i] as number),
            lengths[i] as number,
            DMA_TO_DEVICE,
            attrs,
          );
        continue;
      }
      for (let i = call; lengths[i] !== 0; i++) {
        const size = lengths[i] as number;
        const at = swiotlb.swiotlb_tbl_map_single(
          this.dev,
          phys_addr_t(offsets[i] as number),
          size,
          size,
          DMA_TO_DEVICE,
          attrs,
        );
        if ((at as number) === DMA_MAPPING_ERROR) return false;
        this.places[i] = at;
      }
    }
    return true;
  }

  private slotsOf(length = 0, offset = 0): number {
    const kept = offset & this.alignMask & (IO_TLB_SIZE - 1) & PAGE_MASK;
    return Math.ceil((length + kept) / IO_TLB_SIZE);
  }
}
