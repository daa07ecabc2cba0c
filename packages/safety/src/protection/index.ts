// SPDX-License-Identifier: GPL-2.0-only
// protection: who leaks what, how much, for how long, and at what price.

export * from './columns'; // what is added up
export * from './document'; // what comes of it
export * from './protection-of'; // policies x machines
export { rowOf } from './row'; // from a run
export * from './usual'; // where nothing is asked for
