// SPDX-License-Identifier: GPL-2.0-only
// promises: what the series promises, and what breaks it.

export * from './check';
export * from './search-task';
export * from './searches'; // what is tried beside the findings
export * from './series-promises';
