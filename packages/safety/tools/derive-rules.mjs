// SPDX-License-Identifier: GPL-2.0-only
// What the derivation of the suspendable forms knows of the port: which files, which calls are steps, which functions
// look into a list or a tree.

/** Source, and the package that exports what it exports: translation units, and overlays of one. */
export const FILES = [
  ['packages/io-buffer-pool/src/io-buffer-pool.ts', '@iommu-bounce/io-buffer-pool'],
  ['packages/dma-iommu/src/dma-iommu.ts', '@iommu-bounce/dma-iommu'],
  ['packages/iommu-core/src/iova.ts', '@iommu-bounce/iommu-core'],
  ['packages/iommu-core/src/virtio-iommu.ts', '@iommu-bounce/iommu-core'],
  ['packages/iommu-core/src/iommu.ts', '@iommu-bounce/iommu-core'],
  ['packages/simulation/src/fixes/virtio-iommu/attach.ts', '@iommu-bounce/simulation'],
];

/**
 * Calls that are steps, by class and method: what is asked first, `$0` being the text of the first argument. Each
 * question is `rt.NAME(…)`, true if another thread goes first.
 */
export const STEPS = {
  'spinlock_c.spin_lock': ['lock($0)'],
  'spinlock_c.spin_lock_irqsave': ['irqOff()', 'lock($0)'],
  'spinlock_c.spin_unlock': ['unlock($0)'],
  'spinlock_c.spin_unlock_irqrestore': ['unlock($0)'],
  'spinlock_c.mutex_lock': ['mutexLock($0)'],
  'spinlock_c.mutex_unlock': ['mutexUnlock($0)'],
  'context_c.local_irq_save': ['irqOff()'],
  'page_alloc_c.alloc_pages_node': ['allocPages()'],
  'page_alloc_c.__free_page': ['freePages()'],
  'page_alloc_c.__free_pages': ['freePages()'],
  'page_alloc_c.free_page': ['freePages()'],
  'page_alloc_c.dma_free_contiguous': ['freePages()'],
  'workqueue_c.queue_delayed_work': ['queue($1)'],
  'workqueue_c.cancel_delayed_work_sync': ['cancel($0)', 'waitBegin($0)', 'waitEnd($0)'],
  'workqueue_c.destroy_workqueue': ['waitBegin($0)', 'waitEnd($0)'],
  'timer_c.mod_timer': ['queue($0)'],
  'timer_c.del_timer': ['cancel($0)'],
  'iova_domain.flush_cb': ['flush($0)'],
};

/** What is asked after such a call. */
export const AFTER = {
  'spinlock_c.spin_unlock_irqrestore': ['irqOn($1)'],
  'context_c.local_irq_restore': ['irqOn($0)'],
};

/** Told of memory that is given back. */
export const FREES = new Set(['slab_c.kfree', 'slab_c.kvfree']);

/**
 * They run in one step: what tables call that were filled when the machine booted, where nothing waits; and a copy of bytes with
 * interrupts off, which no other thread can tell from one without a step.
 */
export const IN_ONE_STEP = new Set([
  'iommu_dma_entry_dtor',
  'iommu_dma_flush_iotlb_all',
  'copy_highmem',
]);

/** Interfaces behind which a suspendable function can be. */
export const INTERFACES = new Set(['io_buffer_pool_h', 'dma_iommu_h', 'iommu_ops']);

/** Entries of iommu_ops that drivers implement as steps. */
export const DRIVER_STEPS = [
  'map',
  'unmap',
  'iotlb_sync',
  'attach_dev',
  'domain_free',
  'domain_alloc',
];

/** Functions that look into lists and trees: argument, and whether they change it. `node` also its neighbours. */
export const CONTAINERS = {
  list_add: 'listAdd($0, $1, SITE)',
  list_add_tail: 'listAddTail($0, $1, SITE)',
  list_del: 'listDel($0, SITE)',
  list_empty: 'r($0, NEXT)',
  list_first_entry: 'r($0, NEXT)',
  list_last_entry: 'r($0, NEXT)',
  rb_erase: 'w($1, NODE)',
  rb_insert_color: 'w($1, NODE)',
  interval_tree_insert: 'w($1, NODE)',
  interval_tree_remove: 'w($1, NODE)',
  interval_tree_iter_first: 'r($0, NODE)',
};

/** Structs whose fields threads share, and whose accesses are told of. */
export const STRUCTS = new Set([
  'io_buffer_slot',
  'io_buffer_class',
  'io_buffer_pool',
  'iommu_dma_cookie',
  'iova_domain',
  'iova_magazine',
  'iova_cpu_rcache',
  'iova_rcache',
  'iova_fq',
  'iova_fq_entry',
  'viommu_dev',
  'viommu_domain',
  'io_buffer_pool_c',
  'dma_iommu_c',
  'iova_c',
]);

/** Fields that C has as atomic_t or atomic64_t: each access is a step, and no race. */
export const ATOMICS = new Set([
  'iova_domain.fq_timer_on',
  'iova_domain.fq_flush_start_cnt',
  'iova_domain.fq_flush_finish_cnt',
]);

/**
 * Fields that findings are about which the C reads and writes plainly. In the forms in `derived/marked` each access is READ_ONCE or
 * WRITE_ONCE: a step, and no race.
 */
export const MARKS = ['io_buffer_slot.orig_buffer', 'viommu_domain.nr_endpoints'];

/** Fields that are no memory of the C: what the port remembers, or counts, for itself. Others say `JS:` where they stand. */
export const OURS = new Set([
  'io_buffer_class.slots',
  'io_buffer_class.buffer_size',
  'io_buffer_class.iova_end',
  'io_buffer_slot.index',
  'dma_iommu_c.recent_group',
  'dma_iommu_c.recent_cookie',
  'dma_iommu_c.adj_phys',
]);
