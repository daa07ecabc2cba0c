// SPDX-License-Identifier: GPL-2.0-only
// what-ifs: what a later kernel does differently, as overlays and parts over the machine of 5.13.

export * from './iova-depot-6-7'; // a cache of addresses without a limit
export * from './single-queue-6-7'; // one large flush queue
export * from './swiotlb-area-6-6'; // swiotlb in areas
export * from './swiotlb-dynamic-6-6'; // swiotlb that grows
export * from './deferred-flush-6-8'; // a virtio-iommu driver that flushes lazily
