// SPDX-License-Identifier: GPL-2.0-only
// The safety lab: what the series promises, proved or broken by running the ported code.

export * from './oracle'; // what hostile devices could do under each policy
export * from './protection'; // the same as a table, beside what each policy costs
export * from './conformance'; // the rules of the DMA API, tried on any implementation
export * from './model'; // random operations against a reference of the DMA API
export * from './faults'; // each failure, and each two
export * from './schedules'; // every order of steps of several CPUs
export * from './findings'; // what goes wrong, shown on a machine
export * from './promises'; // what the series promises, and what breaks it
