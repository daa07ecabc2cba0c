// SPDX-License-Identifier: GPL-2.0-only
// The sizes that allocations have are those of docs/porting.md.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '..', '..', '..');
const PORTED = ['linux-shim', 'iommu-core', 'dma-iommu', 'io-buffer-pool'];
/** A class, and the size that it starts with. */
const SIZED =
  /class (\w+)(?: extends [\w<>]+)? \{\n {2}static readonly sizeof(?:: number)? = (\d+);/g;
const ROW = /^\| (\w+) +\| (\d+) +\| /gm;

function declared(): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const name of PORTED) {
    const folder = join(root, 'packages', name, 'src');
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts'))
        for (const [, type, size] of readFileSync(join(folder, file), 'utf8').matchAll(SIZED))
          sizes.set(String(type), Number(size));
  }
  return sizes;
}

describe('sizes of structs', () => {
  it('are those of the table', () => {
    const porting = readFileSync(join(root, 'docs/porting.md'), 'utf8');
    const section = /## Sizes of structs\n([^]*?)\n## /.exec(porting)?.[1] ?? '';
    const table = [...section.matchAll(ROW)].map(([, type, size]) => [type, Number(size)]);
    const sizes = declared();
    expect(sizes.size).to.be.at.least(20);
    expect(Object.fromEntries(table) as object).to.deep.equal(Object.fromEntries(sizes));
  });
});
