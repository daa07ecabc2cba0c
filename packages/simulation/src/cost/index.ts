// SPDX-License-Identifier: GPL-2.0-only
// cost: what each step of an I/O costs.

export * from './parameters'; // the table: units, ranges, sources
export * from './presets'; // named machines
export * from './overrides'; // changing them by file or option
export * from './pieces'; // how many pieces a buffer comes in
export * from './step-counter'; // what is counted
export * from './counting-machine'; // a machine on which it is
export * from './counts'; // what the ported code does for an I/O
export * from './charge'; // which parameter pays for which step
export * from './calibration/surrogate'; // figures of a parameter set in microseconds
export * from './cover-letter'; // what the cover letter prints
export * from './calibration/sampler'; // samples the accepted sets
export * from './calibration/chain'; // one population of a fit
export * from './calibration/fit'; // all parameter sets that give printed figures
export * from './calibration/convergence'; // whether those are all
export * from './calibration/ends'; // ends of ranges that the sets press against
export * from './calibration/sums'; // sums that the figures identify
export * from './calibration/calibrate'; // both fits, and the preset
export type * from './calibration/document'; // what they say
export * from './breakeven'; // copy or map
export * from './calibration/committed'; // the calibration that the default preset comes from
export type { Identified, Spread } from './calibration/summary';
