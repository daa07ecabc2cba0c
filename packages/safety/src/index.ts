// SPDX-License-Identifier: GPL-2.0-only
// The safety lab: what the series promises, proved or broken by running the ported code.

export * from './schedules';
export * from './model'; // random operations against a reference of the DMA API
export * from './faults'; // each failure, and each two
