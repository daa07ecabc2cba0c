// SPDX-License-Identifier: GPL-2.0-only
// The examples of all READMEs, on the built packages: TypeScript accepts them as they are, and they print what the page
// says. test:consume compiles and runs them in their other forms, from the tarballs.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { commonJs, examples } from './consume/readme';
import { packages, root } from './consume/workspace';
import { unbuilt } from './consume/tarballs';

const run = promisify(execFile);
const ENV = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' };

const all = [{ short: 'README', folder: root }, ...packages].flatMap(({ short, folder }) =>
  examples(readFileSync(join(folder, 'README.md'), 'utf8')).map((example) => ({
    ...example,
    package: short,
    name: `${short}-${String(example.index + 1)}`,
  })),
);

/** Strict, and with what it leaves out: an index may lead nowhere. */
const OPTIONS = {
  ...{ target: 'es2022', lib: ['es2023'], module: 'nodenext', moduleResolution: 'nodenext' },
  ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
  ...{ noEmit: true, skipLibCheck: true, types: ['node', 'mocha'] },
};

describe('the examples of the READMEs', function () {
  this.timeout(60_000);
  let folder = '';

  before(function () {
    const missing = unbuilt();
    if (missing.length > 0) {
      console.log(`      skipped: not built (npm run build): ${missing.join(', ')}`);
      this.skip();
    }
    // Inside of the repository, where the packages are found by their names.
    const cache = join(root, 'node_modules', '.cache');
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, 'readme-examples-'));
    for (const { name, code } of all)
      for (const extension of ['mts', 'cts', 'mjs'])
        writeFileSync(join(folder, `${name}.${extension}`), code);
    const tsconfig = { compilerOptions: OPTIONS, include: ['*.mts', '*.cts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('are there for every package', () => {
    const named = new Set(all.map((example) => example.package));
    expect(packages.map(({ short }) => short).filter((short) => !named.has(short))).to.eql([]);
  });

  it('compile under strict TypeScript, as ES modules and as CommonJS', async () => {
    const tsc = join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
    const said = await run(process.execPath, [tsc, '-p', folder], { env: ENV }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { readonly stdout: string }).stdout,
    );
    expect(said).to.equal('');
  });

  for (const { name, isSuite, prints } of all)
    it(`run: ${name}`, async () => {
      const file = join(folder, `${name}.mjs`);
      const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
      const args = isSuite ? [mocha, '--no-config', '--reporter', 'dot', file] : [file];
      const { stdout } = await run(process.execPath, args, { env: ENV, cwd: folder });
      if (isSuite) expect(stdout).to.match(/[1-9]\d* passing/);
      else if (prints !== undefined) expect(stdout).to.equal(prints);
      else expect(stdout).to.not.equal('');
    });

  for (const [short, file] of [
    ['linux-shim', 'machine'],
    ['iommu-core', 'map'],
    ['dma-iommu', 'translate'],
    ['io-buffer-pool', 'bounce'],
    ['reader', 'check'],
  ] as const)
    it(`of ${short} is examples/${file}.js, in CommonJS`, () => {
      const shipped = readFileSync(join(root, `packages/${short}/examples/${file}.js`), 'utf8');
      const bare = (code: string): string => code.replaceAll(/^(?:\/\/.*|'use strict';)\n/gm, '');
      const [first] = all.filter((example) => example.package === short);
      expect(bare(shipped)).to.equal(bare(commonJs(first?.code ?? '')));
    });
});
