// SPDX-License-Identifier: GPL-2.0-only
// advise: which sizes and slots a recorded load needs, of the pool, of swiotlb, of a flush queue.

export { LONGEST_CLASS, type PoolCall, type PoolCalls, PoolLoad, type PoolMap } from './pool-load'; // what a capture asks of the pool
export { PoolModel, type PoolOutcome, type PoolSizes, classBytes } from './pool-model'; // what a pool of given classes and slots decides
export { type ModelledLoad, type OnSearch, type PoolPoint, PoolSearch } from './pool-search'; // the least memory that serves a share
export {
  type BouncePiece,
  LONGEST_BOUNCE,
  type SwiotlbArea,
  SwiotlbLoad,
  swiotlbArea,
} from './swiotlb-load'; // what a capture asks of swiotlb, and the area that it needs
export { type FlushQueueFigures, FlushQueues } from './flush-queue'; // entries and windows of lazy mode
export {
  type SwiotlbCause,
  SwiotlbFull,
  type SwiotlbFullGroup,
  type SwiotlbFullLine,
} from './swiotlb-full'; // what a message of the kernel log means
