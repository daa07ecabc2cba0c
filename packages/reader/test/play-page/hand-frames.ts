// SPDX-License-Identifier: GPL-2.0-only
// Frames built by hand, for what is drawn of them.

import type {
  ClassFrame,
  Frame,
  MappingFrame,
  PoolFrame,
  RangeFrame,
  SlotFrame,
} from '../../src/play/frame';

export const IOVA_BASE = 0xfff00000;

export function slot(index: number, given: Partial<SlotFrame> = {}): SlotFrame {
  return {
    ...{ index, state: 'empty', access: null, old: false, iova: IOVA_BASE + index * 4096 },
    ...given,
  };
}

/** A 4 KiB class; slots that are not given are empty, lists are in the order of the slots. */
export function klass(
  count: number,
  given: Readonly<Record<number, Partial<SlotFrame>>> = {},
): ClassFrame {
  const slots = Array.from({ length: count }, (_, index) => slot(index, given[index]));
  const cached = (access: string): number[] =>
    slots
      .filter((one) => one.state === 'cached' && one.access === access)
      .map(({ index }) => index);
  return {
    ...{ bufferSize: 4096, iovaBase: IOVA_BASE, slots },
    empty: slots.filter(({ state }) => state === 'empty').map(({ index }) => index),
    ...{ cachedRo: cached('RO'), cachedWo: cached('WO'), cachedRw: cached('RW') },
  };
}

export function pool(...classes: readonly ClassFrame[]): PoolFrame {
  return { domain: 'dev 0', classes, evictInMs: null };
}

export function range(iova: number, size: number, given: Partial<RangeFrame> = {}): RangeFrame {
  return {
    domain: 'dev 0',
    iova,
    size,
    phys: iova - 0x10000000,
    access: 'RO',
    wanted: true,
    ...given,
  };
}

export function mapping(id: number, given: Partial<MappingFrame> = {}): MappingFrame {
  const dmaAddress = given.dmaAddress ?? IOVA_BASE;
  const size = given.size ?? 4096;
  return {
    ...{ id, device: 'dev 0', kind: 'page', dmaAddress, size, segments: [[dmaAddress, size]] },
    ...{ direction: 'to-device', bounced: true, slot: { pool: 0, klass: 0, slot: 0 } },
    ...{ original: [], reached: [] },
    ...given,
  };
}

export function frame(step: number, given: Partial<Frame> = {}): Frame {
  const counts = { requests: 0, exits: 0, copiedBytes: 0 };
  return {
    ...{ step, timeMs: 0, call: '', result: '', caption: '', difference: null, pools: [] },
    ...{ ranges: [], mappings: [], ended: [], copies: [], executed: [] },
    ...{ counts, countsWithout: counts },
    ...given,
  };
}
