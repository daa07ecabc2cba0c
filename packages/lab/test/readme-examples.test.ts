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

/** Imports one program after the other, each when the one before has nothing left to do, and prints what they printed as JSON. */
const ONE_BY_ONE = `
const names = process.argv.slice(2);
const printed = {};
const write = process.stdout.write.bind(process.stdout);
let name;
process.stdout.write = (text) => { printed[name] += text; return true; };
process.on('beforeExit', () => {
  name = names.shift();
  if (name === undefined) {
    process.removeAllListeners('beforeExit');
    write(JSON.stringify(printed));
    return;
  }
  printed[name] = '';
  void import('./' + name + '.mjs');
});
`;

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
    writeFileSync(join(folder, 'one-by-one.mjs'), ONE_BY_ONE);
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

  const node = async (...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, args, { env: ENV, cwd: folder })).stdout;

  describe('run', () => {
    const programs = all.filter(({ isSuite }) => !isSuite);
    let printed: Readonly<Record<string, string>> = {};
    before(async () => {
      const names = programs.map(({ name }) => name);
      printed = JSON.parse(await node('one-by-one.mjs', ...names)) as typeof printed;
    });

    for (const { name, prints } of programs)
      it(name, () => {
        if (prints === undefined) expect(printed[name]).to.not.equal('');
        else expect(printed[name]).to.equal(prints);
      });

    for (const { name } of all.filter(({ isSuite }) => isSuite))
      it(name, async () => {
        const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
        const file = join(folder, `${name}.mjs`);
        const said = await node(mocha, '--no-config', '--reporter', 'dot', file);
        expect(said).to.match(/[1-9]\d* passing/);
      });
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
