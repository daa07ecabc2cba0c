// SPDX-License-Identifier: GPL-2.0-only
// Lets Node require TypeScript: ts-node with swc, which drops the types; `npm run typecheck` checks them. For tests only.
'use strict';
const path = require('node:path');

require('ts-node').register({
  project: path.join(__dirname, 'tsconfig.test.json'),
  swc: true,
  compilerOptions: { target: 'es2022', module: 'commonjs', moduleResolution: 'bundler' },
});

// Values in place of swc's getters, which cost a third of a simulation's time. There are no cycles that need them.
const compile = require.extensions['.ts'];
require.extensions['.ts'] = (module, filename) => {
  compile(module, filename);
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
