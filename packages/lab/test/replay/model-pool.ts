// SPDX-License-Identifier: GPL-2.0-only
// What the model machine is made with, and its pool: lists of slots, and nothing else.

export interface ModelOptions {
  readonly seed: number;
  readonly numSlots: number;
  /** Bytes, ascending. */
  readonly classes: readonly number[];
  readonly devices?: readonly string[];
  /** DMA API calls per burst; between bursts the machine idles. */
  readonly bursts: readonly { readonly calls: number; readonly idleMs: number }[];
  /** Mappings in force at most. */
  readonly depth: number;
  /** Of 100 calls, those that are lists. */
  readonly lists?: number;
  /** Of 100 fills, those that fail. */
  readonly failingFills?: number;
  /** Mappings of the first device that are made first and stay. */
  readonly ring?: number;
  /** Ticks per second of its timer wheel, default 250; null: timers run 5 s and at most 0.2 s after they were armed. */
  readonly hz?: 250 | 1000 | null;
}

export interface Cached {
  readonly slot: number;
  readonly prot: number;
  old: boolean;
}

export class ModelClass {
  readonly empty: number[];
  /** By permission: to device, from device, both. */
  readonly caches: Cached[][] = [[], [], []];
  constructor(
    readonly index: number,
    readonly size: number,
    readonly base: number,
    slots: number,
  ) {
    this.empty = Array.from({ length: slots }, (_, i) => i);
  }
}

export class ModelPool {
  readonly classes: ModelClass[];
  /** When its worker is due, in microseconds. */
  due: number | null = null;
  constructor(
    readonly device: string,
    sizes: readonly number[],
    slots: number,
  ) {
    this.classes = sizes.map((size, i) => new ModelClass(i, size, 0x40000000 * (i + 1), slots));
  }
}

export const hex = (n: number): string => n.toString(16);

/** Which cache a permission belongs to. */
export const cacheOf = (prot: number): number => (prot & 3) - 1;

/** The pieces of a list: pages far from each other, the last with the rest. */
export function splitList(phys: number, total: number, nents: number): [number, number][] {
  return Array.from({ length: nents }, (_, i) => [
    phys + i * 0x100000,
    i === nents - 1 ? total - 4096 * (nents - 1) : 4096,
  ]);
}
