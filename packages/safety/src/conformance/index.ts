// SPDX-License-Identifier: GPL-2.0-only
// conformance: the rules of the DMA API, tried on any implementation that is handed in.

export type * from './subject'; // what is handed in
export type { Rule, RuleKind } from './rule'; // what is tried
export { Bench } from './bench'; // what a rule is given
export * from './conformance'; // the kit
export * from './port-subject'; // the port, under any policy
