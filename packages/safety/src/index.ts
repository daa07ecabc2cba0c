// SPDX-License-Identifier: GPL-2.0-only
// The safety lab: what the series promises, proved or broken by running the ported code.

export * from './findings'; // what goes wrong, shown on a machine
export * from './promises'; // what the series promises, and what breaks it
