// SPDX-License-Identifier: GPL-2.0-only
// Random programs of maps, unmaps, syncs and time: with them "Predict" never runs out of steps.

import type { Direction, PlayCall, PlayMachine, PlayProgram } from './calls';
import { type Random, randomFrom } from './random';

const PAGE = 4096;
const BUFFER_PAGES = 64;
const DEVICE = 'nvme';
const DIRECTIONS = [0, 1, 1, 2, 2] as const;
/** Bytes; around the edges of the classes, since what happens there is worth a question. */
const SIZES = [512, PAGE, PAGE, PAGE, PAGE + 1, 2 * PAGE, 4 * PAGE, 5 * PAGE, 33 * PAGE] as const;
/** Milliseconds, on both sides of the eviction worker's period. */
const PAUSES = [100, 4900, 5000, 5000, 5100, 10_000] as const;
/** Few slots, so that classes run out. */
const SLOTS = [2, 3, 4] as const;
/** Bit i: the class of 4096 << i bytes. */
const CLASSES = [1, 5, 5, 37] as const;
/** What the CPU and the device write, over and over. */
const [OF_CPU, OF_DEVICE] = ['driver. ', 'DEVICE! '];

interface Held {
  readonly id: number;
  readonly length: number;
  readonly dir: Direction;
}

function machine(random: Random): PlayMachine {
  const [slots, classes] = [random.pick(SLOTS), random.pick(CLASSES)];
  return {
    ...{ devices: [{ name: DEVICE }], pages: BUFFER_PAGES, buddyPages: 512 },
    params: `io_buffer_pool.num_slots=${String(slots)} io_buffer_pool.class_sizes=${String(classes)}`,
    ...{ swiotlbSlabs: 0, cpus: 1 },
  };
}

function map(random: Random, id: number): Extract<PlayCall, { call: 'map_page' }> {
  const length = random.pick(SIZES);
  // Most buffers begin at a page; one that does not can need the next class.
  const offset = random.below(6) === 0 ? 256 : 0;
  const pages = Math.ceil((offset + length) / PAGE);
  const page = random.below(BUFFER_PAGES - pages + 1);
  const dir = random.pick(DIRECTIONS);
  return { call: 'map_page', id, device: DEVICE, page, offset, length, dir };
}

function sync(random: Random, { id, length }: Held): PlayCall {
  const part = Math.min(length, PAGE);
  return { call: 'sync', id, forCpu: random.below(2) === 0, offset: 0, length: part };
}

/** What a device does with a mapping, as far as its direction allows. */
function access(random: Random, { id, length, dir }: Held): PlayCall {
  const part = Math.min(length, random.pick([16, 64]));
  if (dir === 1) return { call: 'device_read', id, offset: 0, length: part };
  return { call: 'device_write', id, offset: 0, length: part, text: OF_DEVICE };
}

/**
 * A program whose driver makes no mistake: it unmaps each mapping once, and syncs no more than it has mapped. It ends
 * with nothing mapped and nothing cached.
 *
 * @param seed whole number below 2^32
 * @param length calls between the set-up and the last unmaps
 */
export function randomProgram(seed: number, length = 24): PlayProgram {
  const random = randomFrom(seed);
  const calls: PlayCall[] = [
    { call: 'cpu_write', page: 0, offset: 0, length: BUFFER_PAGES * PAGE, text: OF_CPU },
  ];
  const held: Held[] = [];
  const made = { machine: machine(random), calls };
  const unmap = (at: number): void => {
    const [one] = held.splice(at, 1);
    if (one) calls.push({ call: 'unmap', id: one.id });
  };
  for (let id = 0; id < length; id++) {
    const choice = random.below(20);
    if (held.length === 0 || choice < 8) {
      const call = map(random, id);
      calls.push(call);
      held.push(call);
    } else if (choice < 14) unmap(random.below(held.length));
    else if (choice < 16) calls.push(sync(random, random.pick(held)));
    else if (choice < 17) calls.push(access(random, random.pick(held)));
    else calls.push({ call: 'wait', ms: random.pick(PAUSES) });
  }
  while (held.length > 0) unmap(held.length - 1);
  calls.push({ call: 'wait', ms: 20_000 });
  return made;
}
