// SPDX-License-Identifier: GPL-2.0-only
// Every order in which CPUs, interrupts, work and the device can get at the pool.

export * from './touch';
export * from './program';
export * from './executor';
export * from './detect/monitor';
export * from './search/clocks';
export * from './search/dpor';
export * from './search/brute';
export * from './toy';
