// SPDX-License-Identifier: GPL-2.0-only
// What the reader needs beside its compiled modules: the C grammar, documents, and the scripts of its pages.

import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
copyFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm'), 'dist/tree-sitter-c.wasm');

mkdirSync('dist/docs', { recursive: true });
for (const name of ['findings.md', 'porting.md'])
  copyFileSync(`../../docs/${name}`, `dist/docs/${name}`);
