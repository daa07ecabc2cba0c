// SPDX-License-Identifier: GPL-2.0-only
// Who wrote a byte. Each origin has a number, the tag, and a value that its bytes have in RAM, so that what the shadow says
// can be held against what is there.

/** Tags that belong to no mapping. */
export const Origin = {
  /** Cleared. */
  zero: 0,
  /** Memory of tasks and of the kernel that no driver has to do with. */
  private: 1,
  /** What a page holds when the page allocator hands it out: old kernel memory, nobody knows whose. */
  uninitialised: 2,
  /** Fields of a driver's structure around a buffer, callbacks among them. */
  driverMetadata: 3,
  /** What the system puts into a buffer's memory by design: skb_shared_info. */
  osMetadata: 4,
  /** Other objects of kmalloc on the page. */
  colocated: 5,
} as const;

const FIRST_OF_MAPPINGS = 6;

/** What the page allocator of the machine fills pages with. */
export const POISON = 0xaa;
/** Values below the poison; 0 is what cleared memory has. */
const VALUES = POISON - 1;
/** Coprime to VALUES, so that neighbours differ. */
const STRIDE = 31;

/** The value that bytes of an origin have in RAM. */
export function valueOf(tag: number): number {
  if (tag === Origin.zero) return 0;
  if (tag === Origin.uninitialised) return POISON;
  return 1 + ((tag * STRIDE) % VALUES);
}

/** The origins that mappings add: what the CPU wrote for a mapping, and what the device wrote into it. */
export class Origins {
  private readonly domains: number[] = [];
  private readonly given: boolean[] = [];

  /** One more mapping. @returns its number */
  add(domain: number): number {
    this.given.push(false);
    return this.domains.push(domain) - 1;
  }

  /** The tag of what the CPU wrote for a mapping. */
  byCpu(mapping: number): number {
    return FIRST_OF_MAPPINGS + 2 * mapping;
  }

  /** The tag of what the device wrote into it. */
  byDevice(mapping: number): number {
    return FIRST_OF_MAPPINGS + 2 * mapping + 1;
  }

  /** The mapping that a tag belongs to, or -1. */
  mappingOf(tag: number): number {
    return tag < FIRST_OF_MAPPINGS ? -1 : Math.floor((tag - FIRST_OF_MAPPINGS) / 2);
  }

  isByDevice(tag: number): boolean {
    return tag >= FIRST_OF_MAPPINGS && (tag - FIRST_OF_MAPPINGS) % 2 === 1;
  }

  domainOf(mapping: number): number {
    return this.domains[mapping] as number;
  }

  /** The device may read what the CPU wrote for the mapping. */
  give(mapping: number): void {
    this.given[mapping] = true;
  }

  wasGiven(mapping: number): boolean {
    return this.given[mapping] === true;
  }
}
