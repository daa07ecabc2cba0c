// SPDX-License-Identifier: GPL-2.0-only
// Lets Node require TypeScript: swc drops the types; `npm run typecheck` checks them. For tests and tools only.
'use strict';
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { threadId } = require('node:worker_threads');

const OPTIONS = {
  swcrc: false,
  sourceMaps: 'inline',
  // Stacks and coverage name lines of the file, which is there.
  inlineSourcesContent: false,
  module: { type: 'commonjs', strictMode: true },
  jsc: {
    parser: { syntax: 'typescript', dynamicImport: true },
    target: 'es2022',
    transform: { useDefineForClassFields: true },
    keepClassNames: true,
  },
};

// What swc made of a file is kept until the file changes: a process that loads all packages starts in half the time.
const CACHE = path.join(__dirname, 'node_modules/.cache/swc');
const { version } = require('@swc/core/package.json');
mkdirSync(CACHE, { recursive: true });

/** The JavaScript of a TypeScript file, with its source map. */
function compile(text, filename) {
  const hash = createHash('sha1').update(`${version} ${JSON.stringify(OPTIONS)} ${filename}\n`);
  const key = hash.update(text).digest('hex');
  const kept = path.join(CACHE, path.relative(__dirname, filename).replaceAll(path.sep, '+'));
  try {
    const js = readFileSync(kept, 'utf8');
    if (js.startsWith(key)) return js.slice(key.length + 1);
  } catch {
    // Compiled for the first time.
  }
  const { code } = require('@swc/core').transformSync(text, { ...OPTIONS, filename });
  // Other processes and threads may write the same file.
  const own = `${kept}.${String(process.pid)}-${String(threadId)}`;
  writeFileSync(own, `${key}\n${code}`);
  renameSync(own, kept);
  return code;
}

/**
 * A machine's RAM is an array that is hardly touched, so V8 sees no reason to collect those of the tests before: hundreds
 * came together, in one area larger than the RAM of the computer, and Linux refuses to fork such a process (ENOMEM).
 */
const MOST_ARRAY_BYTES = 2 ** 30;
let collectGarbage;
const mochaHooks = {
  afterEach() {
    if (process.memoryUsage().arrayBuffers < MOST_ARRAY_BYTES) return;
    v8.setFlagsFromString('--expose-gc');
    collectGarbage ??= vm.runInNewContext('gc');
    collectGarbage();
  },
};

module.exports = { compile, mochaHooks };

process.setSourceMapsEnabled(true);
require.extensions['.ts'] = (module, filename) => {
  module._compile(compile(readFileSync(filename, 'utf8'), filename), filename);
  // Values in place of swc's getters, which cost a third of a simulation's time. There are no cycles that need them.
  module.exports = Object.defineProperty({ ...module.exports }, '__esModule', { value: true });
};

// A property that failed once: FC_SEED and FC_PATH are the seed and the path that fast-check printed.
const { FC_SEED, FC_PATH } = process.env;
if (FC_SEED !== undefined)
  require('fast-check').configureGlobal({
    seed: Number(FC_SEED),
    ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
  });

// mocha ends a worker of --parallel a second after its last test; what c8 needs may take longer to be written.
if (process.send && process.env.NODE_V8_COVERAGE !== undefined)
  process.on('SIGTERM', () => undefined);
