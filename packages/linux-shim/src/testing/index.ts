// SPDX-License-Identifier: GPL-2.0-only
// The verbs that the tests of every package share: machines that are checked for leaks, bytes, seeds, failures, oopses.

export * from './bytes';
export * from './failures';
export * from './leaks';
export * from './random';
