// SPDX-License-Identifier: GPL-2.0-only
// tally: marks in the order of their time, and a pool of spare ones.

export * from './tally'; // drivers/tally/tally.c
export * from './tally-pool'; // drivers/tally/tally-pool.c
export { tally_pool_h_stubs } from './tally-pool.h'; // drivers/tally/tally-pool.h
export { tally_c_before_patch_1 } from './before-patch-1';
export { tally_c_before_patch_2 } from './before-patch-2';
export { tally_c_before_patch_3 } from './before-patch-3';
export { tally_c_before_patch_4 } from './before-patch-4';
