// SPDX-License-Identifier: GPL-2.0-only
// What drivers and devices do, step by step: a list that is given, or one that a seed makes.

import { InputError, type Random, below, newRandom, unit } from '@iommu-bounce/simulation';

/**
 * Memory of a buffer. disk: whole pages in one piece; list: single pages, mapped as a list; struct: inside a structure of
 * the driver; packet: half a page of a network card, with the system's fields behind it; jumbo: three pages with such
 * fields; kmalloc: 512 bytes on a page that devices and kernel share.
 */
export const BUFFERS = ['disk', 'list', 'struct', 'packet', 'jumbo', 'kmalloc'] as const;
export type BufferKind = (typeof BUFFERS)[number];

/** Bytes that a buffer has at most. */
export const MOST_BYTES: Readonly<Record<BufferKind, number>> = {
  disk: 65536,
  list: 65536,
  struct: 896,
  packet: 1728,
  jumbo: 9000,
  kmalloc: 512,
};

export const DIRECTIONS = ['to', 'from', 'both'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** One step. `id` names a mapping, or coherent memory, from the step that makes it to the one that gives it back. */
export type Operation =
  | {
      readonly op: 'map';
      readonly id: number;
      readonly device: number;
      readonly buffer: BufferKind;
      readonly bytes: number;
      readonly direction: Direction;
    }
  /** The device moves the first bytes of what was asked; fewer than all: a short transfer. */
  | { readonly op: 'transfer'; readonly id: number; readonly bytes: number }
  | {
      readonly op: 'sync_for_cpu' | 'sync_for_device';
      readonly id: number;
      /** Bytes of the mapping; of a list always all. */
      readonly offset: number;
      readonly bytes: number;
    }
  | { readonly op: 'unmap'; readonly id: number }
  | { readonly op: 'alloc'; readonly id: number; readonly device: number; readonly bytes: number }
  | { readonly op: 'free'; readonly id: number }
  /** Nothing is called for some nanoseconds. */
  | { readonly op: 'idle'; readonly ns: number };

/** Devices, each in a domain of its own: a drive, a network card, and one on USB. */
export const DEVICES = ['0000:00:05.0', '0000:00:06.0', '0000:00:07.0'] as const;
const [DRIVE, CARD, USB] = [0, 1, 2] as const;

/** Mappings that are in force at once, at most. */
const DEPTH = 16;
const RING_BYTES = [1024, 4096] as const;
const SHORT_PAUSE_NS = 20e6;
/** Pauses are rare: one in so many steps. */
const PAUSES = 400;

interface InForce {
  readonly id: number;
  readonly bytes: number;
  readonly direction: Direction;
  readonly isList: boolean;
  /** Steps that are still to come before the unmap. */
  readonly todo: Operation[];
}

/**
 * A mix of what drivers do.
 * @param count steps, about: all that is mapped is given back at the end
 */
export function generateOperations(seed: number, count: number): Operation[] {
  const random = newRandom(seed);
  const steps: Operation[] = [];
  const inForce: InForce[] = [];
  let id = 0;
  const rings = DEVICES.map((_, device) => ({ id: id++, device }));
  for (const ring of rings)
    steps.push({ op: 'alloc', ...ring, bytes: RING_BYTES[below(random, 2)] as number });
  while (steps.length < count) {
    if (below(random, PAUSES) === 0) steps.push({ op: 'idle', ns: SHORT_PAUSE_NS });
    const isFull = inForce.length === DEPTH;
    if (inForce.length === 0 || (!isFull && unit(random) < 0.4)) {
      const made = newMapping(random, id++);
      steps.push(made.map);
      inForce.push(made.inForce);
      continue;
    }
    const at = below(random, Math.min(4, inForce.length));
    const one = inForce[at] as InForce;
    const next = one.todo.shift();
    if (next) steps.push(next);
    else {
      steps.push({ op: 'unmap', id: one.id });
      inForce.splice(at, 1);
    }
  }
  for (const one of inForce) steps.push(...one.todo, { op: 'unmap', id: one.id });
  for (const ring of rings) steps.push({ op: 'free', id: ring.id });
  return steps;
}

function newMapping(
  random: Random,
  id: number,
): { readonly map: Operation; readonly inForce: InForce } {
  const kind = pick(random, [
    ['disk', 30],
    ['list', 10],
    ['struct', 15],
    ['packet', 25],
    ['jumbo', 8],
    ['kmalloc', 12],
  ] as const);
  const device =
    kind === 'packet' || kind === 'jumbo' ? CARD : kind === 'struct' ? USB : deviceOf(random, kind);
  const bytes = bytesOf(random, kind);
  const direction = pick(random, [
    ['from', 50],
    ['to', 42],
    ['both', 8],
  ] as const);
  const one: InForce = { id, bytes, direction, isList: kind === 'list', todo: [] };
  planTransfers(random, one, kind);
  return { map: { op: 'map', id, device, buffer: kind, bytes, direction }, inForce: one };
}

function deviceOf(random: Random, kind: BufferKind): number {
  return kind === 'kmalloc' ? ([DRIVE, CARD][below(random, 2)] as number) : DRIVE;
}

/** Bytes of a buffer of a kind. */
function bytesOf(random: Random, kind: BufferKind): number {
  if (kind === 'disk')
    return pick(random, [
      [512, 10],
      [4096, 45],
      [8192, 15],
      [16384, 15],
      [65536, 15],
    ] as const);
  if (kind === 'list') return 4096 * (2 + below(random, 15));
  if (kind === 'packet') return 60 + below(random, MOST_BYTES.packet - 60 + 1);
  if (kind === 'jumbo') return MOST_BYTES.jumbo;
  return 16 + below(random, MOST_BYTES[kind] - 16 + 1);
}

/**
 * One transfer in four of a network card or on USB is short, one in twenty of a drive. Some drivers look in between: two of
 * three give the buffer back to the device, the third has seen enough and unmaps it.
 */
function planTransfers(
  random: Random,
  { id, bytes, direction, isList, todo }: InForce,
  kind: BufferKind,
): void {
  const short = unit(random) < (kind === 'disk' || kind === 'list' ? 0.05 : 0.25);
  const moved = short ? below(random, bytes + 1) : bytes;
  todo.push({ op: 'transfer', id, bytes: moved });
  if (direction === 'to' || unit(random) >= 0.15) return;
  const offset = isList ? 0 : below(random, bytes);
  const part = isList ? bytes : 1 + below(random, bytes - offset);
  todo.push({ op: 'sync_for_cpu', id, offset, bytes: part });
  if (unit(random) < 1 / 3) return;
  todo.push(
    { op: 'sync_for_device', id, offset, bytes: part },
    { op: 'transfer', id, bytes: moved },
  );
}

function pick<const T>(random: Random, of: readonly (readonly [T, number])[]): T {
  let left = unit(random) * of.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of of) {
    left -= weight;
    if (left < 0) return value;
  }
  return (of.at(-1) as readonly [T, number])[0];
}

/**
 * That a list can be carried out.
 * @throws InputError that names the first step that cannot
 */
export function checkOperations(steps: readonly Operation[]): void {
  const known = new Map<number, { readonly bytes: number; readonly isCoherent: boolean }>();
  steps.forEach((step, i) => {
    checkShape(step, i);
    const fail = (expected: string): never => {
      throw new InputError(`operation ${String(i + 1)} (${step.op}): expected ${expected}`);
    };
    const whole = (n: number, least: number, most: number, what: string): void => {
      if (!Number.isInteger(n) || n < least || n > most)
        fail(`${what} from ${String(least)} to ${String(most)}, got ${String(n)}`);
    };
    if (step.op === 'idle') {
      whole(step.ns, 0, 3600e9, 'nanoseconds');
      return;
    }
    const found = known.get(step.id);
    if (step.op === 'map' || step.op === 'alloc') {
      if (found) fail(`an id that is not in use, got ${String(step.id)}`);
      whole(step.device, 0, DEVICES.length - 1, 'a device');
      whole(step.bytes, 1, step.op === 'map' ? MOST_BYTES[step.buffer] : 65536, 'bytes');
      known.set(step.id, { bytes: step.bytes, isCoherent: step.op === 'alloc' });
      return;
    }
    if (!found || (found.isCoherent && step.op !== 'free' && step.op !== 'transfer'))
      return fail(`the id of a mapping in force, got ${String(step.id)}`);
    if (step.op === 'free' && !found.isCoherent)
      fail(`the id of coherent memory, got ${String(step.id)}`);
    if (step.op === 'transfer') whole(step.bytes, 0, found.bytes, 'bytes');
    else if (step.op === 'unmap' || step.op === 'free') known.delete(step.id);
    else {
      whole(step.offset, 0, found.bytes - 1, 'an offset');
      whole(step.bytes, 1, found.bytes - step.offset, 'bytes');
    }
  });
}

const OPERATIONS = [
  'map',
  'transfer',
  'sync_for_cpu',
  'sync_for_device',
  'unmap',
  'alloc',
  'free',
  'idle',
] as const satisfies readonly Operation['op'][];

/** A list may have been read from a file. */
function checkShape(step: unknown, i: number): void {
  const which = `operation ${String(i + 1)}`;
  if (typeof step !== 'object' || step === null)
    throw new InputError(`${which}: expected an object with op, got ${String(step)}`);
  const { op, buffer, direction } = step as Readonly<Record<string, unknown>>;
  const called = `${which} (${String(op)}): expected`;
  if (!isOneOf(OPERATIONS, op)) throw new InputError(`${called} op to be ${words(OPERATIONS)}`);
  if (op !== 'map') return;
  if (!isOneOf(BUFFERS, buffer))
    throw new InputError(`${called} a buffer that is ${words(BUFFERS)}, got ${String(buffer)}`);
  if (!isOneOf(DIRECTIONS, direction))
    throw new InputError(
      `${called} a direction that is ${words(DIRECTIONS)}, got ${String(direction)}`,
    );
}

function isOneOf(names: readonly string[], name: unknown): boolean {
  return typeof name === 'string' && names.includes(name);
}

/** `a, b or c`. */
function words(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
