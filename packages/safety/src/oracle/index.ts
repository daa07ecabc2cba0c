// SPDX-License-Identifier: GPL-2.0-only
// oracle: what hostile devices could do under each policy, byte by byte.

export * from './operations'; // what drivers and devices do
export * from './kinds'; // kinds of exposure
export * from './cells'; // how much of each kind
export { OracleRun } from './oracle-run'; // operations under a policy
export { type OracleMachine, oracleMachine } from './oracle-machine'; // the machine that it runs on

// what a run consists of
export type { Shadow } from './shadow'; // who wrote each byte
export type { RunList, Runs } from './runs'; // of one page
export type { Origins } from './origins'; // who that can be
export type { LivePiece, LivePieces } from './live'; // what devices may do
export type { Reach } from './reach'; // what they can reach
export type { WatchedDomain } from './watched-domain'; // one of them
export type { Exposures } from './exposures'; // since when, and for how long
export type { Classifier, SeenFrame } from './classify'; // what kind it is
export type { CallerCheck } from './caller-check'; // what callers find
export type { Held } from './held'; // a mapping in force
export type { DriverBuffer, Piece } from './buffers'; // its memory
export type { Probes } from './probes'; // accesses that are tried
export type { ShadowedMemory, ShadowedPages } from './shadow-parts'; // who tells the shadow
