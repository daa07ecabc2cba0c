// SPDX-License-Identifier: GPL-2.0-only
// The import directions of docs/architecture.md, and no cycle anywhere. Run by `npm run imports`, which `npm run check` does.
'use strict';

const PORT = [
  'linux-shim',
  'kconfig-options',
  'iommu-core',
  'dma-iommu',
  'io-buffer-pool',
  'integration',
];

/** Package: what it may import, besides itself. */
const MAY_IMPORT = {
  'linux-shim': [],
  'kconfig-options': ['linux-shim'],
  'iommu-core': ['linux-shim'],
  'dma-iommu': ['linux-shim', 'iommu-core'],
  'io-buffer-pool': ['linux-shim', 'iommu-core', 'dma-iommu'],
  integration: PORT.slice(0, -1),
  'dma-trace': ['linux-shim'],
  simulation: [...PORT, 'dma-trace'],
  reader: [...PORT, 'dma-trace'],
  safety: [...PORT, 'simulation'],
  // Places for more between simulation and lab: each gets a line here.
  lab: [...PORT, 'dma-trace', 'simulation', 'safety', 'reader'],
};

const directions = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `${name}-imports-down-only`,
  comment: `${name} may import ${allowed.join(', ') || 'no other package'}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: {
    path: '^packages/([^/]+)/',
    pathNot: [name, ...allowed].map((other) => `^packages/${other}/`),
  },
}));

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-node-api-below-the-lab',
      comment:
        'the packages below the lab run in a browser too, but for the modules that read files',
      severity: 'error',
      from: {
        path: '^packages/(?!lab/)[^/]+/src/',
        pathNot: '/files\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'readers-need-no-machine',
      comment: 'a reader of traces or options takes types of linux-shim, and its check of options',
      severity: 'error',
      from: { path: '^packages/(dma-trace|kconfig-options)/src/' },
      to: {
        path: '^packages/linux-shim/',
        pathNot: '^packages/linux-shim/src/options/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'simulation-reads-no-files',
      comment: 'dma-trace is entered where it needs no file',
      severity: 'error',
      from: { path: '^packages/simulation/src/' },
      to: { path: '^packages/dma-trace/src/index\\.ts$' },
    },
    {
      name: 'drive-knows-no-comparison',
      comment: 'a machine does what a trace says; compare looks on',
      severity: 'error',
      from: { path: '^packages/lab/src/drive/' },
      to: { path: '^packages/lab/src/(compare|commands|tables|reports|show)/' },
    },
    {
      name: 'play-knows-no-page',
      comment: 'what plays the port does not know how it is shown',
      severity: 'error',
      from: { path: '^packages/reader/src/play/[^/]+\\.ts$' },
      to: { path: '^packages/reader/src/play/(page|view)/' },
    },
    {
      name: 'public-index-only',
      comment: 'another package is entered by what its package.json exports',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/src/((testing|options)/)?index\\.ts$',
          '^packages/dma-trace/src/parse\\.ts$',
          '^packages/(reader|safety)/src/light\\.ts$',
        ],
      },
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: {
        pathNot: '^packages/',
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined', 'npm-dev'],
      },
    },
    {
      name: 'no-tests-from-sources',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '/test/' },
    },
    ...directions,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'require', 'node', 'default'],
    },
  },
};
