// SPDX-License-Identifier: GPL-2.0-only
// How the port writes down what C writes differently everywhere: the table of docs/porting.md#conventions, name by name.

/** A way of writing that needs no explanation at each place. */
export interface Convention {
  /** Words that the table is asked for. */
  readonly names: readonly string[];
  readonly reason: string;
}

/** Calls of the TypeScript that spell a value, and stand for no call of the C. They are no steps at all. */
export const SPELLING: readonly Convention[] = [
  {
    names: ['deref', 'list_entry', 'to_pool', 'to_cookie', 'to_iova', 'to_viommu_domain'],
    reason: 'a pointer that is followed; C casts, or uses container_of',
  },
  {
    names: ['dma_addr_t', 'phys_addr_t', 'virt_addr_t', 'to_dma_addr', 'gfp_t', 'pfn_t'],
    reason: 'a cast to a type of address',
  },
  {
    names: ['u64_add', 'u64_sub', 'and64', 'or64', 'andnot64', 'mod_pow2', 'BIT', 'pa'],
    reason: "arithmetic that is exact beyond 32 bits: C's operators, and shifts of 1",
  },
  {
    names: ['String', 'Number', 'Boolean', 'BigInt'],
    reason: 'an implicit conversion, written out',
  },
];
