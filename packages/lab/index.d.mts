// SPDX-License-Identifier: GPL-2.0-only
// The types of the ES module build: the same as those of the CommonJS one.
export * from './dist/index.js';
