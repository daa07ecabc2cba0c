// SPDX-License-Identifier: GPL-2.0-only
// devices: many, most of them idle; what their bounce memory takes.

export * from './document'; // what comes of it
export * from './load'; // who does what when
export * from './sizes'; // of the C's structures
export * from './counting-swiotlb'; // swiotlb by device
export * from './run'; // under one policy
export * from './experiment'; // side by side
