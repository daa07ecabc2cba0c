// SPDX-License-Identifier: GPL-2.0-only
// advise: which sizes and slots a recorded load needs, of the pool, of swiotlb, of a flush queue.

export * from './pool-load'; // what a capture asks of the pool
export * from './pool-model'; // what a pool of given classes and slots decides
export * from './pool-search'; // the least memory that serves a share
export * from './swiotlb-load'; // what a capture asks of swiotlb, and the area that it needs
export * from './flush-queue'; // entries and windows of lazy mode
export * from './swiotlb-full'; // what a message of the kernel log means
