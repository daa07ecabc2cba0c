// SPDX-License-Identifier: GPL-2.0-only
// Bundles a library package: dist/ for Node, by require and by import alike, and dist/esm/ for browsers and bundlers.
// Usage, in the package's folder: node ../../bundle.mjs src/index.ts [src/testing/index.ts]

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const entryPoints = process.argv.slice(2);
const shared = {
  entryPoints,
  bundle: true,
  splitting: true,
  format: 'esm',
  packages: 'external',
  target: 'es2022',
  outbase: 'src',
  sourcemap: true,
  sourcesContent: false, // src is shipped
  logLevel: 'warning',
};

/**
 * One CommonJS file out of one ES module of esbuild's, line by line, so that its source map stays right. Every name,
 * imported or the file's own, becomes a local constant: V8 puts its value into the code that uses it. A getter of an
 * exports object it has to call, and a binding of an ES module it has to load and check each time.
 */
function commonJs(text, file) {
  const js = text
    .replace(/^import \{([^}]*)\} from "([^"]+)";$/gm, (_, names, from) => {
      const local = names.replaceAll(' as ', ': ');
      return `const {${local}} = require("${from}");`;
    })
    .replace(/^import "([^"]+)";$/gm, 'require("$1");') // a chunk that an entry shares and takes no name of
    .replace(/^import (\w+) from "(node:[^"]+)";$/gm, 'const $1 = require("$2");')
    .replace(/^import (\w+) from "([^"]+)";$/gm, 'const $1 = defaultOf(require("$2"));')
    .replace(/^export \{([^}]*)\};$/gm, (_, names) => {
      const given = names.replace(/(\w+) as (\w+)/g, '$2: $1');
      return `module.exports = {${given}};`;
    })
    .replace(/^var (?=[\w$]+ = |[[{])/gm, 'const ');
  const left = /^(import|export|let|var)\b.*/m.exec(js);
  if (left) throw new Error(`${file}: bundle.mjs cannot turn this line into CommonJS: ${left[0]}`);
  const helper = js.includes('defaultOf(')
    ? ' const defaultOf = (m) => (m && m.__esModule ? m.default : m);'
    : '';
  return `"use strict";${helper} ${js}`;
}

/** A variable that changes would become a constant that cannot. */
function checkSources(folder) {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    const bad = /^(export )?(let|var|enum|namespace) .*/m.exec(text);
    if (bad)
      throw new Error(
        `${join(folder, file)}: a library package has no variables of a file: ${bad[0]}`,
      );
  }
}

checkSources('src');
for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' }))
  if (/\.m?js(\.map)?$/.test(file)) rmSync(join('dist', file));

const { outputFiles } = await build({ ...shared, outdir: 'dist', write: false });
for (const { path, text } of outputFiles)
  writeFileSync(path, path.endsWith('.js') ? commonJs(text, relative('.', path)) : text);
await build({ ...shared, outdir: 'dist/esm', outExtension: { '.js': '.mjs' } });

// Loading finds what a constant must not be: used before it is made, or made anew.
const require = createRequire(resolve('package.json'));
for (const entry of entryPoints) {
  const built = join('dist', relative('src', entry)).replace(/\.ts$/, '.js');
  if (Object.keys(require(resolve(built))).length === 0)
    throw new Error(`${dirname(built)} is empty`);
}
