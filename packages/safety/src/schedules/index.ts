// SPDX-License-Identifier: GPL-2.0-only
// Every order in which CPUs, interrupts, work and the device can get at the pool.

export * from './explore'; // what is asked: explores a scenario, replays one schedule
export * from './scenarios'; // who does what, by name
export * from './certificate'; // the classes that were visited, to be checked without the search

// What a scenario is made of.
export * from './program'; // threads, and what runs before and after them
export * from './executor'; // takes one step after the other
export * from './kernel'; // what the steps ask: locks, interrupts, memory, work
export * from './resources';
export * from './detect/monitor';
export * from './detect/lockdep';
export * from './detect/happens-before';
export * from './schedule-string';
export * from './scenarios/machine';
export { DeviceAccess } from './scenarios/device-access';
export * from './scenarios/parts';
export * from './scenarios/snapshot';
export * from './scenarios/pool';
export * from './scenarios/derived-classes'; // the ported code in steps

// How schedules are chosen.
export * from './search/dpor'; // one of each class
export * from './search/brute'; // all
export * from './search/pct'; // random ones
export * from './search/clocks';
