// SPDX-License-Identifier: GPL-2.0-only
// The six packages of the port in one script for a browser, from what is published: it boots and maps there as in Node.js.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'esbuild';
import { packages, root } from '../consume/workspace';
import { withFolder } from '../commands/run-cli';
import { findChromium, startChromium } from '../../../reader/test/chromium';
import { open } from '../fio-report/chromium';

const LONG = process.env['TEST_LONG'] === '1';

const PORT = [
  'linux-shim',
  'kconfig-options',
  'iommu-core',
  'dma-iommu',
  'io-buffer-pool',
  'integration',
];
const IMPORTS = PORT.map(
  (name) => `import * as ${name.replaceAll('-', '_')} from '@iommu-bounce/${name}';`,
);

/** All that the six give away, for a page to use. */
const ALL = `${IMPORTS.join('\n')}
globalThis.port = { ${PORT.map((name) => name.replaceAll('-', '_')).join(', ')} };
`;

const PAIRS = 100_000;

/** Pairs of map and unmap on a machine with a pool, and what reached the IOMMU. */
const PROGRAM = `
const { boot, plug, pciDevice, IO_BUFFER_Y } = port.integration;
const { check_ptr, DMA_FROM_DEVICE, DMA_MAPPING_ERROR, GFP_KERNEL } = port.linux_shim;
const m = boot({ config: IO_BUFFER_Y });
const nvme = pciDevice('0000:00:01.0');
plug(m, nvme);
let reached = 0;
m.iommu.set_trace({ trace_map: () => reached++ });
const page = check_ptr(m.k.page_alloc.alloc_pages(GFP_KERNEL, 0), 'alloc_pages');
let mapped = 0;
for (let i = 0; i < ${String(PAIRS)}; i++) {
  const addr = m.k.dma.dma_map_page_attrs(nvme, page, 0, 4096, DMA_FROM_DEVICE, 0);
  if (addr !== DMA_MAPPING_ERROR) mapped++;
  m.k.dma.dma_unmap_page_attrs(nvme, addr, 4096, DMA_FROM_DEVICE, 0);
}
globalThis.found = JSON.stringify({ mapped, reached });
`;
const FOUND = JSON.stringify({ mapped: PAIRS, reached: 1 });

/** Without an API of Node.js: esbuild refuses to bundle one for a browser. */
async function bundled(): Promise<string> {
  const stdin = { contents: ALL, resolveDir: __dirname };
  const { outputFiles } = await build({
    ...{ stdin, bundle: true, minify: true, platform: 'browser', format: 'iife', write: false },
  });
  return outputFiles[0]?.text ?? '';
}

describe('the port in a browser', function () {
  this.timeout(60_000);
  let script = '';

  before(async function () {
    if (!packages.every(({ folder }) => existsSync(join(folder, 'dist/index.js')))) {
      console.log('      skipped: the packages are not built (npm run build)');
      this.skip();
    }
    script = await bundled();
  });

  it('is one script, as large as the README says', () => {
    const kib = gzipSync(script, { level: 9 }).length / 1024;
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const said = /(\d+) KiB gzipped with all/.exec(readme)?.[1];
    expect(Math.abs(kib - Number(said)), `${kib.toFixed(1)} KiB`).to.be.below(2);
  });

  it('maps and unmaps 100,000 times where there is nothing of Node.js', () => {
    const page: { found?: string } = createContext({});
    runInContext(script, page);
    runInContext(PROGRAM, page);
    expect(page.found).to.equal(FOUND);
  });

  (LONG ? it : it.skip)('does the same in Chromium, and asks for nothing @long', async function () {
    const executable = findChromium();
    if (executable === undefined) {
      console.log('      skipped: no Chromium on the PATH or in CHROMIUM');
      this.skip();
    }
    await withFolder(async (folder) => {
      const page = join(folder, 'page.html');
      const text = `${script}\n;{${PROGRAM}}`.replaceAll('</script', '<\\/script');
      writeFileSync(page, `<!doctype html><meta charset="utf-8"><script>${text}</script>`);
      const browser = await startChromium(executable);
      try {
        const opened = await open(browser, page, 1280);
        expect(await opened.page.evaluate('found')).to.equal(FOUND);
        expect(opened.wrong).to.deep.equal([]);
      } finally {
        await browser.close();
      }
    });
  });
});
