// SPDX-License-Identifier: GPL-2.0-only
// Kinds of exposure: where a byte lies that a device can touch though it may not, and what the byte is.

/** Where it lies, from the point of view of the device. */
export const PLACES = [
  /** In a mapping in force that allows the access: only what the byte holds can be wrong. */
  'live',
  /** In a mapping in force whose direction forbids the access. */
  'direction',
  /** In a mapping in force, while the CPU has it after a sync. */
  'cpu',
  /** Beside a mapping in force, on the same page of the driver's memory. */
  'page',
  /** Beside a mapping in force, in the same bounce buffer. */
  'slot',
  /** In memory whose mapping was given back: a translation is left. */
  'stale',
  /** In a bounce buffer that stays mapped and that no mapping uses. */
  'idle',
  /** Anywhere: no IOMMU stands in between. */
  'all',
] as const;
export type Place = (typeof PLACES)[number];

/** What the byte is. */
export const CONTENTS = [
  /** Cleared; read: or what the device itself wrote. */
  'nothing',
  /** Written: in a bounce buffer, and nobody's data changes. What an unmap copies back counts as driver_data. */
  'bounce',
  /** Read: what an earlier mapping of the domain has given to the device. */
  'residue',
  /** Written: memory of the driver's buffers. */
  'driver_data',
  /** Memory that no mapping of the domain has given away. */
  'private',
  /** What a page held when the page allocator handed it out. */
  'uninitialised',
  'driver_metadata',
  'os_metadata',
  'colocated',
  /** Data of another domain's mappings. */
  'other_domain',
] as const;
export type Content = (typeof CONTENTS)[number];

export const ACCESSES = ['read', 'write'] as const;
export type Access = (typeof ACCESSES)[number];

export const KINDS = 1 + PLACES.length * CONTENTS.length;

/** The number of a kind; 0 is none. */
export function kindOf(place: number, content: number): number {
  return 1 + place * CONTENTS.length + content;
}

export function placeOf(kind: number): Place {
  return PLACES[Math.floor((kind - 1) / CONTENTS.length)] as Place;
}

export function contentOf(kind: number): Content {
  return CONTENTS[(kind - 1) % CONTENTS.length] as Content;
}

export const PlaceNumber = numbersOf(PLACES);
export const ContentNumber = numbersOf(CONTENTS);

function numbersOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>;
}

/** Whether an exposure tells a device something, or lets it change something that is used. */
export function isHarmful(content: Content): boolean {
  return content !== 'nothing' && content !== 'bounce';
}
