// SPDX-License-Identifier: GPL-2.0-only
// What the reader needs beside its compiled modules: the C grammar, and the scripts of its pages.

import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bundlePlay } from './bundle-play.mjs';

const require = createRequire(import.meta.url);
copyFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm'), 'dist/tree-sitter-c.wasm');

await bundlePlay();
