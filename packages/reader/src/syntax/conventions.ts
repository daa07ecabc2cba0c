// SPDX-License-Identifier: GPL-2.0-only
// How the port writes down what C writes differently everywhere: docs/porting.md#conventions, name by name.

/** A way of writing that needs no explanation at each place. */
export interface Convention {
  readonly names: readonly string[];
  readonly reason: string;
}

/** Calls that spell a value on either side. They are no steps at all. */
export const SPELLING: readonly Convention[] = [
  {
    names: ['deref', 'list_entry', 'rb_entry', 'hlist_entry_safe', 'container_of', 'from_timer'],
    reason:
      'container_of(p, …) is a field that knows its owner, and a pointer is followed by deref()',
  },
  {
    names: [
      'to_pool',
      'to_cookie',
      'to_iova',
      'to_mapping',
      'to_viommu_domain',
      'to_iommu_group',
      'to_delayed_work',
      'pool_of_work',
      'sgt_handle',
      'bus_ops',
      'dev_to_virtio',
    ],
    reason: 'the same, by a function of its own',
  },
  {
    names: ['dma_addr_t', 'phys_addr_t', 'virt_addr_t', 'to_dma_addr', 'gfp_t'],
    reason: 'a cast to a type of address',
  },
  {
    names: ['u64_add', 'u64_sub', 'and64', 'or64', 'andnot64', 'mod_pow2', 'BIT', 'pa'],
    reason: "arithmetic beyond 32 bits is written as a call; C's operators and shifts are none",
  },
  {
    names: ['String', 'Number', 'Boolean', 'BigInt'],
    reason: 'an implicit conversion, written out',
  },
  {
    names: ['likely', 'unlikely', 'READ_ONCE', 'WRITE_ONCE'],
    reason: 'a hint for the compiler',
  },
  {
    names: ['static_branch_unlikely', 'static_branch_likely', 'static_branch_enable'],
    reason: 'a static key is a field',
  },
  {
    names: ['IS_ERR', 'PTR_ERR'],
    reason: 'ERR_PTR becomes null, or the error number itself',
  },
];

/** One name for what both sides spell in their own way. */
export const SAME: readonly (Convention & { readonly as: string })[] = [
  { names: ['__alloc_percpu'], as: 'alloc_percpu', reason: 'its alignment is no matter here' },
  { names: ['min_t', 'umin'], as: 'min', reason: "Math.min is C's min" },
  { names: ['max_t', 'umax'], as: 'max', reason: "Math.max is C's max" },
  {
    names: ['PAGE_SHIFT'],
    as: 'PAGE_SIZE',
    reason: 'a size is divided by PAGE_SIZE where C shifts by PAGE_SHIFT',
  },
  { names: ['ULLONG_MAX', 'ULONG_MAX'], as: 'U64_MAX', reason: 'all ones of 64 bits' },
  { names: ['dev_err'], as: 'pr_err', reason: 'the log names the device itself' },
  { names: ['dev_warn'], as: 'pr_warn', reason: 'the log names the device itself' },
  { names: ['dev_info'], as: 'pr_info', reason: 'the log names the device itself' },
  { names: ['list_move_tail'], as: 'list_add_tail', reason: 'list_del and list_add_tail' },
];

/** Calls of the C that have no call in the TypeScript. */
export const NOT_IN_TS: readonly Convention[] = [
  { names: ['LIST_HEAD', 'DEFINE_MUTEX'], reason: 'a declaration; new makes the object' },
  { names: ['__builtin_return_address'], reason: 'nobody reads /proc/vmallocinfo here' },
  { names: ['pr_debug', 'dev_dbg'], reason: 'debug messages are compiled out' },
  { names: ['swap'], reason: 'written out' },
  { names: ['ERR_PTR'], reason: 'ERR_PTR becomes null' },
];

/** Steps of the TypeScript that have no step in the C. */
export const NOT_IN_C: readonly Convention[] = [
  { names: ['jiffies'], reason: 'a variable in C' },
  {
    names: ['lockup', 'LOCKUP_TURNS', 'oops'],
    reason: 'a wild pointer or an endless loop is a typed oops',
  },
];

/** What a macro of the C calls by itself, and the TypeScript always writes out behind it. */
export const ALWAYS: readonly { readonly by: string; readonly call: string }[] = [
  { by: 'for_each_sg', call: 'sg_next' },
];

/** What a macro or function of the C calls or uses by itself, and the TypeScript writes out. */
export const BROUGHT: readonly (Convention & { readonly by: RegExp })[] = [
  {
    by: /^for_each_(?:possible|online)_cpu$/u,
    names: ['nr_cpu_ids'],
    reason: 'for_each_possible_cpu counts to nr_cpu_ids',
  },
  {
    by: /^fq_ring_for_each$/u,
    names: ['IOVA_FQ_SIZE'],
    reason: 'fq_ring_for_each goes round at IOVA_FQ_SIZE',
  },
  {
    by: /^dev_(?:err|warn|info)(?:_ratelimited)?$/u,
    names: ['dev_name'],
    reason: 'dev_err() and the like name the device by themselves',
  },
];
