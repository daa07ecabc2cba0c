// SPDX-License-Identifier: GPL-2.0-only
// Rules without which no driver works: data arrives, and nothing else changes. One of them is younger than the series.

import { joined } from '../joined';
import { type Bench, Broken } from './bench';
import type { Rule } from './rule';
import type { CpuRange, DmaDirection, DmaRange } from './subject';

/** Offsets and lengths: a page, less, across a page's end, several pages. */
const SHAPES = [
  [0, 4096],
  [0, 60],
  [1000, 512],
  [3840, 512],
  [0, 16384],
  [17, 9000],
] as const;

export const CORRECT_RULES: readonly Rule[] = [
  {
    id: 'to-device',
    kind: 'correct',
    says: 'The device reads what the CPU wrote before the map.',
    check: (bench) => {
      for (const direction of ['to', 'both'] as const)
        for (const [offset, bytes] of SHAPES) {
          const address = bench.at(1, offset);
          const data = bench.fill({ address, bytes });
          const dma = bench.map(address, bytes, direction);
          bench.same(bench.read(dma, bytes), data, words(offset, bytes, direction));
          bench.subject.unmap_page(dma, bytes, direction);
          bench.finds(address, data, `after the unmap, ${words(offset, bytes, direction)}`);
        }
    },
  },
  {
    id: 'from-device',
    kind: 'correct',
    says: 'After the unmap the CPU finds what the device wrote.',
    check: (bench) => {
      for (const direction of ['from', 'both'] as const)
        for (const [offset, bytes] of SHAPES) {
          const address = bench.at(1, offset);
          bench.fill({ address, bytes });
          const dma = bench.map(address, bytes, direction);
          const data = bench.fresh(bytes);
          bench.write(dma, data);
          bench.subject.unmap_page(dma, bytes, direction);
          bench.finds(address, data, words(offset, bytes, direction));
        }
    },
  },
  {
    id: 'list',
    kind: 'correct',
    says: 'The segments of a list hold its pieces, in order, and nothing is missing.',
    check: (bench) => {
      const pieces = [3, 7, 5, 6, 1].map((page, i) => ({
        address: bench.at(page, i === 0 ? 512 : 0),
        bytes: i === 0 ? bench.page - 512 : i === 4 ? 100 : bench.page,
      }));
      const data = joined(pieces.map((piece) => bench.fill(piece)));
      const there = mapList(bench, pieces, 'to');
      bench.same(joined(there.map(({ dma, bytes }) => bench.read(dma, bytes))), data, 'to');
      bench.subject.unmap_sg(pieces, there, 'to');
      const back = mapList(bench, pieces, 'from');
      const written = bench.fresh(data.length);
      let at = 0;
      for (const { dma, bytes } of back) bench.write(dma, written.slice(at, (at += bytes)));
      bench.subject.unmap_sg(pieces, back, 'from');
      const found = pieces.map(({ address, bytes }) => bench.subject.cpuRead(address, bytes));
      bench.same(joined(found), written, 'from');
    },
  },
  {
    id: 'sync',
    kind: 'correct',
    says: 'A sync hands over the bytes that it names, in its direction, while the mapping stays.',
    check: (bench) => {
      const { subject } = bench;
      const address = bench.at(1);
      const bytes = bench.page;
      bench.fill({ address, bytes });
      const dma = bench.map(address, bytes, 'both');
      const fromDevice = bench.fresh(96);
      bench.write(dma + 1000, fromDevice);
      subject.sync_single_for_cpu(dma + 1000, 96, 'both');
      bench.finds(address + 1000, fromDevice, 'for the CPU');
      const toDevice = bench.fill({ address: address + 1000, bytes: 96 });
      subject.sync_single_for_device(dma + 1000, 96, 'both');
      bench.same(bench.read(dma + 1000, 96), toDevice, 'for the device');
      subject.unmap_page(dma, bytes, 'both');
      bench.finds(address + 1000, toDevice, 'after the unmap');
    },
  },
  {
    id: 'short-transfer',
    kind: 'since-v5.17',
    says: 'Bytes that the device did not write are after the unmap what they were before the map.',
    check: (bench) => {
      const { subject } = bench;
      const address = bench.at(1);
      // So that a buffer that is used again holds something.
      const other = bench.at(9);
      bench.fill({ address: other, bytes: bench.page });
      for (const direction of ['to', 'from', 'both'] as const) {
        const earlier = bench.map(other, bench.page, direction);
        subject.unmap_page(earlier, bench.page, direction);
      }
      const before = bench.fill({ address, bytes: bench.page });
      const dma = bench.map(address, bench.page, 'from');
      const data = bench.fresh(100);
      bench.write(dma, data);
      subject.unmap_page(dma, bench.page, 'from');
      bench.finds(address, joined([data, before.slice(100)]), 'after 100 bytes of a page');
    },
  },
  {
    id: 'addresses',
    kind: 'correct',
    says: 'Two mappings in force share no device address.',
    check: (bench) => {
      const held: DmaRange[] = [];
      for (let page = 0; page < 16; page++) {
        const bytes = page % 2 === 0 ? bench.page : 100;
        held.push({ dma: bench.map(bench.at(page), bytes, 'to'), bytes });
      }
      for (const one of held)
        for (const other of held)
          if (one !== other && one.dma < other.dma + other.bytes && other.dma < one.dma + one.bytes)
            throw new Broken(`0x${one.dma.toString(16)} is in two mappings`);
      for (const { dma, bytes } of held) bench.subject.unmap_page(dma, bytes, 'to');
    },
  },
  {
    id: 'coherent',
    kind: 'correct',
    says: 'Coherent memory is cleared at first, and each side sees at once what the other wrote.',
    check: (bench) => {
      const { subject } = bench;
      for (const bytes of [64, 4096, 10000]) {
        const made = subject.alloc_coherent(bytes);
        if (!made) throw new Broken(`no coherent memory of ${String(bytes)} bytes`);
        const { address, dma } = made;
        bench.finds(address, new Uint8Array(bytes), 'at first');
        const toDevice = bench.fill({ address, bytes });
        bench.same(bench.read(dma, bytes), toDevice, 'for the device');
        const fromDevice = bench.fresh(bytes);
        bench.write(dma, fromDevice);
        bench.finds(address, fromDevice, 'for the CPU');
        subject.free_coherent(address, dma, bytes);
      }
    },
  },
  {
    id: 'leaks',
    kind: 'correct',
    says: 'After the last unmap nothing is held.',
    check: (bench) => {
      const { subject } = bench;
      const held = (): number => {
        subject.settle?.();
        return subject.held?.() ?? 0;
      };
      const before = held();
      for (const direction of ['to', 'from', 'both'] as const)
        for (const [offset, bytes] of SHAPES) {
          const dma = bench.map(bench.at(1, offset), bytes, direction);
          subject.unmap_page(dma, bytes, direction);
        }
      const pieces = [{ address: bench.at(1), bytes: bench.page }];
      const segments = mapList(bench, pieces, 'from');
      subject.unmap_sg(pieces, segments, 'from');
      const made = subject.alloc_coherent(bench.page);
      if (made) subject.free_coherent(made.address, made.dma, bench.page);
      const after = held();
      if (after !== before)
        throw new Broken(`${String(before)} bytes before, ${String(after)} after`);
    },
  },
];

function words(offset: number, bytes: number, direction: DmaDirection): string {
  return `${String(bytes)} bytes at ${String(offset)} of a page, ${direction}`;
}

function mapList(
  bench: Bench,
  pieces: readonly CpuRange[],
  direction: DmaDirection,
): readonly DmaRange[] {
  const segments = bench.subject.map_sg(pieces, direction);
  if (!segments) throw new Broken('the list cannot be mapped');
  const total = (of: readonly { readonly bytes: number }[]): number =>
    of.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total(segments) !== total(pieces))
    throw new Broken(
      `the segments have ${String(total(segments))} bytes, the pieces ${String(total(pieces))}`,
    );
  return segments;
}
