// SPDX-License-Identifier: GPL-2.0-only
// The sources that have a margin: those of the four packages that mirror C files.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceText } from './outline';

export const root = join(__dirname, '..', '..', '..');

/** All sources of the four packages, by path. */
export const sources: readonly SourceText[] = [
  'dma-iommu',
  'io-buffer-pool',
  'iommu-core',
  'linux-shim',
].flatMap((name) =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => {
      const path = `packages/${name}/src/${file}`;
      return { path, text: readFileSync(join(root, path), 'utf8') };
    }),
);

/** Those whose first comment names the C. */
export const ported: readonly SourceText[] = sources.filter(({ text }) =>
  /^(?:\/\/.*\n)*\/\/.*\bC: /.test(text),
);
