// SPDX-License-Identifier: GPL-2.0-only
// The scripts of the play page: dist/play.js is the port with probes and what steps it, dist/play-page.js draws it;
// dist/play-sources.json has the texts of the files with probes.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { instrumented } from './instrument.mjs';

const ROOT = resolve('../..');
/** The files whose lines are shown as they run. */
const SHOWN = [
  'packages/io-buffer-pool/src/io-buffer-pool.ts',
  'packages/dma-iommu/src/dma-iommu.ts',
  'packages/dma-iommu/src/before-patch-4.ts',
  'packages/dma-iommu/src/before-patch-3.ts',
  'packages/dma-iommu/src/before-patch-2.ts',
  'packages/dma-iommu/src/before-patch-1.ts',
  'packages/iommu-core/src/iommu.ts',
  'packages/iommu-core/src/iova.ts',
  'packages/iommu-core/src/virtio-iommu.ts',
];

const probes = {
  name: 'probes',
  setup: (b) => {
    b.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const shown = SHOWN.find((one) => resolve(ROOT, one) === path);
      if (shown === undefined) return undefined;
      const text = readFileSync(path, 'utf8');
      return { contents: instrumented(text, shown, resolve('src/play/probe.ts')), loader: 'ts' };
    });
  },
};

const shared = {
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
  conditions: ['source'],
};

/** Into the folder dist, which is there. */
export async function bundlePlay() {
  await build({
    ...shared,
    entryPoints: ['src/play/browser.ts'],
    globalName: 'iommuBouncePlay',
    plugins: [probes],
    outfile: 'dist/play.js',
  });
  await build({
    ...shared,
    entryPoints: ['src/play/page/main.ts'],
    globalName: 'iommuBouncePlayPage',
    outfile: 'dist/play-page.js',
  });
  const sources = SHOWN.map((path) => ({ path, text: readFileSync(resolve(ROOT, path), 'utf8') }));
  writeFileSync('dist/play-sources.json', JSON.stringify(sources));
}
