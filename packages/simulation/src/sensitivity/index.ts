// SPDX-License-Identifier: GPL-2.0-only
// sensitivity: two policies against each other, and what their difference depends on.

export * from './cases'; // workloads
export * from './price'; // what an I/O pays for, to price it anew
export * from './dependence'; // parameters changed, alone and at once
export * from './compare-policies'; // both policies on one machine
