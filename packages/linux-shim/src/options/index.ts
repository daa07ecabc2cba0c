// SPDX-License-Identifier: GPL-2.0-only
// linux-shim/options: what is given to a package is checked where it comes in. All packages use it; it knows no machine.

export * from './check'; // a value or an options object against what is documented
export * from './kinds'; // what a value can be
