// SPDX-License-Identifier: GPL-2.0-only
// What the reader needs beside its compiled modules: the C grammar, documents, and the scripts of its pages.

import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { bundlePlay } from './bundle-play.mjs';

const require = createRequire(import.meta.url);
copyFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm'), 'dist/tree-sitter-c.wasm');

mkdirSync('dist/docs', { recursive: true });
for (const name of ['findings.md', 'porting.md'])
  copyFileSync(`../../docs/${name}`, `dist/docs/${name}`);

// The one script and the one style that all pages of the site have in them.
const site = {
  bundle: true,
  minify: true,
  target: 'es2022',
  charset: 'ascii',
  logLevel: 'warning',
};
await build({
  ...site,
  entryPoints: ['src/site/page/main.ts'],
  format: 'iife',
  legalComments: 'none',
  outfile: 'dist/site-page.js',
});
await build({ ...site, entryPoints: ['src/site/page/style.css'], outfile: 'dist/site-page.css' });

await bundlePlay();
