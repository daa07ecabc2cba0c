// SPDX-License-Identifier: GPL-2.0-only
// linux-shim, the slice of Linux that the series calls. One module per kernel facility.

export * from './machine'; // everything below, wired into one machine

// types and numbers
export * from './types';
export * from './errno';
export * from './bits';
export * from './kstrtox';

// what is given to it, checked
export { OptionError } from './options'; // the checks themselves: linux-shim/options
export * from './edge';

// what happens: log and oops, context, locks, time
export * from './printk';
export * from './watchdog';
export * from './context';
export * from './spinlock';
export * from './percpu';
export * from './timer';
export * from './exact-timer';
export * from './workqueue';
export * from './fault-inject';

// data structures
export * from './list';
export * from './rbtree';

// memory
export * from './gfp';
export * from './mm';
export * from './page_alloc';
export * from './slab';
export * from './highmem';
export * from './vmalloc';
export * from './scatterlist';

// devices and the DMA API
export * from './device';
export * from './dma-map-ops';
export * from './arch';
export * from './swiotlb';
export * from './dma-direct';
export * from './mapping';
