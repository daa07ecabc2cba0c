// SPDX-License-Identifier: GPL-2.0-only
// The simulation in a browser: a program of ten lines, bundled from the built packages, says there what it says here.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { build } from 'esbuild';
import {
  type FioDocument,
  USUAL_MACHINE,
  jobFromFlags,
  policiesNamed,
  preset,
  runExperiment,
} from '@iommu-bounce/simulation';
import { withFolder } from '../commands/run-cli';
import { findChromium, startChromium } from '../../../reader/test/chromium';
import { open } from '../fio-report/chromium';

const LONG = process.env['TEST_LONG'] === '1';

const PROGRAM = `
import { USUAL_MACHINE, jobFromFlags, policiesNamed, preset, runExperiment } from '@iommu-bounce/simulation';
const { job } = jobFromFlags({ rw: 'randread', bs: '16k', iodepth: '32', 'number-ios': '100' });
globalThis.simulated = runExperiment({
  groups: [[job]],
  policies: policiesNamed('all'),
  preset: 'laptop-virtio',
  cost: preset('laptop-virtio'),
  ...USUAL_MACHINE,
  moveData: true,
});
`;

/** The same program, in this process. */
function here(): FioDocument {
  const { job } = jobFromFlags({
    rw: 'randread',
    bs: '16k',
    iodepth: '32',
    'number-ios': '100',
  });
  return runExperiment({
    groups: [[job]],
    policies: policiesNamed('all'),
    preset: 'laptop-virtio',
    cost: preset('laptop-virtio'),
    ...USUAL_MACHINE,
    moveData: true,
  });
}

async function bundled(): Promise<string> {
  const stdin = { contents: PROGRAM, resolveDir: __dirname };
  const { outputFiles } = await build({
    ...{ stdin, bundle: true, platform: 'browser', format: 'iife', write: false },
  });
  return outputFiles[0]?.text ?? '';
}

(LONG ? describe : describe.skip)('a simulation in a browser @long', function () {
  this.timeout(60_000);

  it('gives the same document as in Node.js, and asks for nothing', async function () {
    const executable = findChromium();
    const isBuilt = existsSync(join(__dirname, '../../../simulation/dist/index.js'));
    if (executable === undefined || !isBuilt) {
      const why = isBuilt ? 'no Chromium on the PATH or in CHROMIUM' : 'the packages are not built';
      console.log(`      skipped: ${why}`);
      this.skip();
    }
    await withFolder(async (folder) => {
      const page = join(folder, 'page.html');
      const script = (await bundled()).replaceAll('</script', '<\\/script');
      writeFileSync(page, `<!doctype html><meta charset="utf-8"><script>${script}</script>`);
      const browser = await startChromium(executable);
      try {
        const opened = await open(browser, page, 1280);
        const there: unknown = await opened.page.evaluate('JSON.stringify(simulated)');
        expect(opened.wrong).to.deep.equal([]);
        expect(there).to.equal(JSON.stringify(here()));
        expect(JSON.parse(there as string)).to.have.nested.property('runs.length', 8);
      } finally {
        await browser.close();
      }
    });
  });
});
