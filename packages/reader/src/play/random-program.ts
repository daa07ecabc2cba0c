// SPDX-License-Identifier: GPL-2.0-only
// Random programs of maps, unmaps, syncs and time, as transcripts without results: "Predict" never runs out of steps.

import { type Random, randomFrom } from './random';

const PAGE = 4096;
const BUFFER_PAGES = 64;
const DIRECTIONS = ['to_device', 'from_device', 'bidirectional'] as const;
/** Bytes; around the edges of the classes, since what happens there is worth a question. */
const SIZES = [512, PAGE, PAGE, PAGE, PAGE + 1, 2 * PAGE, 4 * PAGE, 5 * PAGE, 33 * PAGE] as const;
/** Milliseconds, on both sides of the eviction worker's period. */
const PAUSES = [100, 4900, 5000, 5000, 5100, 10_000] as const;
/** Few slots, so that classes run out. */
const SLOTS = [2, 3, 4] as const;
/** Bit i: the class of 4096 << i bytes. */
const CLASSES = [1, 5, 5, 37] as const;

interface Held {
  readonly id: number;
  readonly size: number;
  readonly direction: (typeof DIRECTIONS)[number];
}

type Operation = Readonly<Record<string, unknown>>;

function header(random: Random, seed: number): Operation {
  const device = {
    ...{ dma_mask_bits: 32, coherent_dma_mask_bits: 32, bus_dma_limit: 0, coherent: true },
    ...{ max_seg_size: 65536, seg_boundary_mask: 2 ** 32 - 1, min_align_mask: 0, node: 0 },
    ...{ pci: false, untrusted: false, deferred_attach: false },
  };
  return {
    ...{ format: 'dma-transcript', version: 1, stage: 4 },
    config: { IOMMU_IO_BUFFER: true, SWIOTLB: true },
    params: {
      ...{ num_slots: random.pick(SLOTS), class_sizes: random.pick(CLASSES) },
      ...{ swiotlb_slabs: 2048, forcedac: false },
    },
    domain: {
      ...{ aperture_start: 0, aperture_end: 2 ** 32 - 1, pgsize_bitmap: [PAGE] },
      ...{ strict: true, has_flush_all: true },
    },
    ...{ device, nr_cpus: 1, jiffies_hz: 1000, page_size: PAGE, poison: 170 },
    comment: `a random program, seed ${String(seed)}`,
  };
}

function map(random: Random, id: number): { readonly op: Operation; readonly held: Held } {
  const size = random.pick(SIZES);
  const direction = random.pick(DIRECTIONS);
  // Most buffers begin at a page; one that does not can need the next class.
  const offset = random.below(6) === 0 ? 256 : 0;
  const pages = Math.ceil((offset + size) / PAGE);
  const off = random.below(BUFFER_PAGES - pages + 1) * PAGE + offset;
  const op = { op: 'map_page', id, buf: 1, off, len: size, dir: direction, attrs: [] };
  return { op, held: { id, size, direction } };
}

function sync(random: Random, { id, size, direction }: Held): Operation {
  const name = random.pick(['sync_single_for_cpu', 'sync_single_for_device']);
  return { op: name, map: id, off: 0, len: Math.min(size, PAGE), dir: direction };
}

/** What a device does with a mapping, as far as its direction allows. */
function deviceAccess(random: Random, { id, size, direction }: Held): Operation {
  const len = Math.min(size, random.pick([64, 512]));
  if (direction === 'to_device') return { op: 'dev_read', map: id, off: 0, len };
  return { op: 'dev_write', map: id, off: 0, len, seed: random.below(256) };
}

/**
 * A transcript (docs/transcript-format.md) without observed fields: each mapping is unmapped at most once, each sync has
 * the direction and a length of its mapping. The program ends with nothing mapped.
 *
 * @param seed whole number below 2^32
 * @param length calls between the set-up and the last unmaps
 */
export function randomProgram(seed: number, length = 24): string {
  const random = randomFrom(seed);
  const operations: Operation[] = [
    header(random, seed),
    { op: 'attach', dev: 0 },
    { op: 'buf', id: 1, pages: BUFFER_PAGES, highmem: false },
    { op: 'cpu_write', buf: 1, off: 0, len: BUFFER_PAGES * PAGE, seed: random.below(256) },
  ];
  const held: Held[] = [];
  const unmap = (at: number): void => {
    const [one] = held.splice(at, 1);
    if (one) operations.push({ op: 'unmap_page', id: one.id, attrs: [] });
  };
  for (let id = 0; id < length; id++) {
    const choice = random.below(20);
    if (held.length === 0 || choice < 8) {
      const made = map(random, id);
      operations.push(made.op);
      held.push(made.held);
    } else if (choice < 14) unmap(random.below(held.length));
    else if (choice < 16) operations.push(sync(random, random.pick(held)));
    else if (choice < 17) operations.push(deviceAccess(random, random.pick(held)));
    else operations.push({ op: 'advance_ms', ms: random.pick(PAUSES) });
  }
  while (held.length > 0) unmap(held.length - 1);
  operations.push({ op: 'advance_ms', ms: 10_000 });
  return operations.map((one) => `${JSON.stringify(one)}\n`).join('');
}
