// SPDX-License-Identifier: GPL-2.0-only
// Rules that a hostile device tries to break: it reads and writes where and when it may not.

import { type Bench, Broken } from './bench';
import type { Rule } from './rule';

/** A buffer in the middle of a page, with neighbours on both sides. */
const OFFSET = 1024;
const BYTES = 512;

/** Fills a page, and maps a part of it. */
function onSharedPage(
  bench: Bench,
  direction: 'to' | 'from',
): { readonly before: Uint8Array; readonly dma: number; readonly own: number } {
  const before = bench.fill({ address: bench.at(1), bytes: bench.page });
  const own = bench.at(1, OFFSET);
  return { before, dma: bench.map(own, BYTES, direction), own };
}

export const PROTECT_RULES: readonly Rule[] = [
  {
    id: 'no-read',
    kind: 'protects',
    says: 'What a device may only write it cannot read.',
    check: (bench) => {
      const address = bench.at(1);
      const secret = bench.fill({ address, bytes: bench.page });
      const dma = bench.map(address, bench.page, 'from');
      bench.cannotSee(secret, dma, 0, bench.page, 'what the caller had there');
      bench.subject.unmap_page(dma, bench.page, 'from');
    },
  },
  {
    id: 'no-write',
    kind: 'protects',
    says: 'What a device may only read it cannot change.',
    check: (bench) => {
      const address = bench.at(1);
      const data = bench.fill({ address, bytes: bench.page });
      const dma = bench.map(address, bench.page, 'to');
      bench.attack(dma, 0, bench.page);
      bench.finds(address, data, 'while it is mapped');
      bench.subject.unmap_page(dma, bench.page, 'to');
      bench.finds(address, data, 'after the unmap');
    },
  },
  {
    id: 'neighbours-read',
    kind: 'protects',
    says: 'Bytes beside a buffer on its page cannot be read.',
    check: (bench) => {
      const { before, dma } = onSharedPage(bench, 'to');
      const { page } = bench;
      bench.cannotSee(before.slice(0, OFFSET), dma, -page, 0, 'what is before the buffer');
      const behind = before.slice(OFFSET + BYTES);
      bench.cannotSee(behind, dma, BYTES, BYTES + page, 'what is behind the buffer');
      bench.subject.unmap_page(dma, BYTES, 'to');
    },
  },
  {
    id: 'neighbours-write',
    kind: 'protects',
    says: 'Bytes beside a buffer on its page cannot be changed.',
    check: (bench) => {
      const { before, dma, own } = onSharedPage(bench, 'from');
      bench.attack(dma, -bench.page, 0);
      bench.attack(dma, BYTES, BYTES + bench.page);
      bench.subject.unmap_page(dma, BYTES, 'from');
      bench.finds(bench.at(1), before.slice(0, OFFSET), 'before the buffer');
      bench.finds(own + BYTES, before.slice(OFFSET + BYTES), 'behind the buffer');
    },
  },
  {
    id: 'unmap-write',
    kind: 'protects',
    says: 'Once the unmap has returned, the device changes nothing that the driver has.',
    check: (bench) => {
      const { subject } = bench;
      const address = bench.at(1);
      bench.fill({ address, bytes: bench.page });
      const dma = bench.map(address, bench.page, 'from');
      const data = bench.fresh(bench.page);
      bench.write(dma, data);
      subject.unmap_page(dma, bench.page, 'from');
      bench.attack(dma, 0, bench.page);
      subject.settle?.();
      bench.finds(address, data, 'after the unmap');
    },
  },
  {
    id: 'unmap-read',
    kind: 'protects',
    says: 'Once the unmap has returned, the device sees nothing that is written into the buffer.',
    check: (bench) => {
      const address = bench.at(1);
      bench.fill({ address, bytes: bench.page });
      const dma = bench.map(address, bench.page, 'to');
      bench.subject.unmap_page(dma, bench.page, 'to');
      const secret = bench.fill({ address, bytes: bench.page });
      bench.cannotSee(secret, dma, 0, bench.page, 'what the CPU wrote after the unmap');
    },
  },
  {
    id: 'residue',
    kind: 'protects',
    says: 'What one mapping held cannot be read through its address later, nor beside a later mapping.',
    check: (bench) => {
      const { subject, page } = bench;
      const address = bench.at(1);
      const secret = bench.fill({ address, bytes: page });
      const first = bench.map(address, page, 'to');
      subject.unmap_page(first, page, 'to');
      bench.cannotSee(secret, first, 0, page, 'what an earlier mapping held');
      const other = bench.at(9);
      bench.fill({ address: other, bytes: page });
      const second = bench.map(other, 100, 'to');
      bench.cannotSee(secret, second, -page, 2 * page, 'what an earlier mapping held');
      subject.unmap_page(second, 100, 'to');
    },
  },
  {
    id: 'cpu-owns',
    kind: 'protects',
    says: 'Between a sync for the CPU and one for the device, the device changes nothing that the driver sees.',
    check: (bench) => {
      const { subject } = bench;
      const address = bench.at(1);
      const dma = bench.map(address, bench.page, 'from');
      const data = bench.fresh(bench.page);
      bench.write(dma, data);
      subject.sync_single_for_cpu(dma, bench.page, 'from');
      bench.attack(dma, 0, bench.page);
      bench.finds(address, data, 'after the sync');
      subject.sync_single_for_device(dma, bench.page, 'from');
      subject.unmap_page(dma, bench.page, 'from');
    },
  },
  {
    id: 'unmap-checked',
    kind: 'protects',
    says: 'What the driver took with a sync for the CPU, and looked at, is the same after the unmap.',
    check: (bench) => {
      const { subject, page } = bench;
      const address = bench.at(1);
      const dma = bench.map(address, page, 'from');
      const data = bench.fresh(page);
      bench.write(dma, data);
      subject.sync_single_for_cpu(dma, page, 'from');
      bench.finds(address, data, 'after the sync');
      bench.attack(dma, 0, page);
      subject.unmap_page(dma, page, 'from');
      bench.finds(address, data, 'after the unmap');
    },
  },
  {
    id: 'free',
    kind: 'protects',
    says: 'Once coherent memory is freed, the device cannot read what it held.',
    check: (bench) => {
      const { subject, page } = bench;
      const made = subject.alloc_coherent(page);
      if (!made) throw new Broken('no coherent memory');
      const secret = bench.fill({ address: made.address, bytes: page });
      subject.free_coherent(made.address, made.dma, page);
      bench.cannotSee(secret, made.dma, 0, page, 'what the memory held');
    },
  },
];
