// SPDX-License-Identifier: GPL-2.0-only
// promises: what the series promises, and what breaks it.

export * from './check';
export * from './series-promises';
