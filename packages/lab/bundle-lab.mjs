// SPDX-License-Identifier: GPL-2.0-only
// Bundles the lab: dist/esm/ for programs that import it, and dist/command/, the command and its threads. The latter are
// CommonJS, as the packages that they load: Node starts them in half the time of ES modules, which look through each for names.
// Usage, in the package's folder: node bundle-lab.mjs

import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const shared = {
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'es2022',
  outbase: 'src',
  sourcemap: true,
  sourcesContent: false, // src is shipped
  logLevel: 'warning',
};

for (const folder of ['dist/esm', 'dist/command']) rmSync(folder, { recursive: true, force: true });

await build({
  ...shared,
  entryPoints: ['src/index.ts', 'src/bench/main.ts'],
  format: 'esm',
  splitting: true,
  outdir: 'dist/esm',
  outExtension: { '.js': '.mjs' },
  define: { __dirname: 'import.meta.dirname' },
});
await build({
  ...shared,
  entryPoints: ['src/cli.ts', 'src/sweep/point-worker.ts'],
  format: 'cjs',
  outdir: 'dist/command',
  outExtension: { '.js': '.cjs' },
});
