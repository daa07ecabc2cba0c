// SPDX-License-Identifier: GPL-2.0-only
// Lets Node require TypeScript: swc drops the types, which `npm run typecheck` checks. For tests only.
'use strict';
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

process.setSourceMapsEnabled(true);

const options = {
  swcrc: false,
  configFile: false,
  sourceMaps: 'inline',
  module: { type: 'commonjs' },
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
};

require.extensions['.ts'] = (module, filename) => {
  const source = readFileSync(filename, 'utf8');
  const { code } = transformSync(source, { ...options, filename, sourceFileName: filename });
  module._compile(code, filename);
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
