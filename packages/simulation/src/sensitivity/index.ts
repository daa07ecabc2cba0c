// SPDX-License-Identifier: GPL-2.0-only
// sensitivity: policies against each other, and what the difference of two depends on.

export * from './cases'; // workloads
export * from './price'; // what an I/O pays for, to price it anew
export * from './uncertainty'; // costs drawn from what is known of them
export * from './dependence'; // parameters changed, alone and at once
export * from './part'; // the part of a run that is measured
export * from './compare-policies'; // all policies on one machine
