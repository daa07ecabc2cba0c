// SPDX-License-Identifier: GPL-2.0-only
// Every order in which CPUs, interrupts, work and the device can get at the pool.

export * from './touch';
export * from './program';
export * from './resources';
export * from './executor';
export * from './detect/monitor';
export * from './search/clocks';
export * from './search/dpor';
export * from './search/brute';
export * from './search/pct';
export * from './kernel';
export * from './detect/happens-before';
export * from './detect/lockdep';
export * from './scenarios';
export * from './scenarios/derived-classes';
export * from './scenarios/checks';
export * from './scenarios/snapshot';
export * from './scenarios/machine';
export * from './scenarios/parts';
export * from './scenarios/pool';
export * from './schedule-string';
export * from './certificate';
export * from './explore';
export * from './toy';
