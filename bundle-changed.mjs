// SPDX-License-Identifier: GPL-2.0-only
// Bundles each package in turn (its script `bundle`), but none whose inputs and dist/ are what they were after its last one.
// Usage, in the root: node bundle-changed.mjs

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const DONE = 'node_modules/.cache/bundles.json';
/** What any bundle may depend on, beside the sources of the package and of those that it needs. */
const COMMON = ['package-lock.json', 'tsconfig.base.json', 'bundle.mjs', 'docs'];

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

const packages = json('package.json').workspaces.map((folder) => {
  const { name, scripts, dependencies = {} } = json(join(folder, 'package.json'));
  return { folder, name, script: scripts.bundle, needs: Object.keys(dependencies) };
});

/** The package's folder and those of the workspace packages that it needs, and they. */
function folders({ folder, needs }, found = new Set()) {
  found.add(folder);
  for (const pkg of packages) if (needs.includes(pkg.name)) folders(pkg, found);
  return [...found];
}

function files(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const all = readdirSync(path, { recursive: true, withFileTypes: true });
  return all.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
}

/** Of the texts that go in, and of the names and sizes of what came out: tsc may have put its own files there since. */
function stateOf(pkg) {
  const hash = createHash('sha256').update(pkg.script);
  const scripts = readdirSync(pkg.folder).filter((name) => name.endsWith('.mjs'));
  const inputs = [
    ...COMMON,
    ...scripts.map((name) => join(pkg.folder, name)),
    ...folders(pkg).map((folder) => join(folder, 'src')),
  ];
  for (const file of inputs.flatMap(files).sort())
    hash.update(`${file}\n`).update(readFileSync(file));
  for (const file of files(join(pkg.folder, 'dist')).sort())
    hash.update(`${file} ${String(statSync(file).size)}\n`);
  return hash.digest('hex');
}

const done = existsSync(DONE) ? json(DONE) : {};
const PATH = `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`;
for (const pkg of packages) {
  if (pkg.script === undefined || done[pkg.name] === stateOf(pkg)) continue;
  const { folder: cwd, script } = pkg;
  const options = { cwd, env: { ...process.env, PATH }, shell: true, stdio: 'inherit' };
  const { status } = spawnSync(script, options);
  if (status !== 0) process.exit(status ?? 1);
  done[pkg.name] = stateOf(pkg);
  mkdirSync('node_modules/.cache', { recursive: true });
  writeFileSync(DONE, JSON.stringify(done));
}
