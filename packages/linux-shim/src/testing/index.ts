// SPDX-License-Identifier: GPL-2.0-only
// The verbs that the tests of every package share: leak-checked machines, devices, bytes, seeds, failures, oopses.

export * from './bytes';
export * from './devices';
export * from './failures';
export * from './leaks';
export * from './random';
