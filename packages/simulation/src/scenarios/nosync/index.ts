// SPDX-License-Identifier: GPL-2.0-only
// nosync: what becomes of a driver's data when it does not sync.

export * from './document'; // what comes of it
export * from './mapping'; // a driver's mapping, byte by byte
export * from './experiment'; // through every policy
