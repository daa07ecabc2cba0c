// SPDX-License-Identifier: GPL-2.0-only
// oracle: what hostile devices could do under each policy, byte by byte.

export * from './operations'; // what drivers and devices do
export * from './kinds'; // kinds of exposure
export * from './cells'; // how much of each kind
export { OracleRun } from './oracle-run'; // operations under a policy
