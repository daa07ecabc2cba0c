// SPDX-License-Identifier: GPL-2.0-only
// docs/testing.md: its commands name tests that exist, its tables are what was measured, and each survivor has a reason.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Figures, figuresOf, readFigures } from '../tools/mutants/figures';
import { TARGETS, namedIn, rangesOf, root } from '../tools/mutants/scope';
import {
  PAGE,
  outdated,
  readReasons,
  testingPage,
  unexplained,
} from '../tools/mutants/testing-page';

const page = readFileSync(PAGE, 'utf8');

describe('docs/testing.md', () => {
  it('names tests that exist', () => {
    const files = [...page.matchAll(/npx mocha (\S+?)`/g)].map(([, file = '']) => file);
    expect(files).to.have.length.above(8);
    for (const file of files) expect(existsSync(join(root, file)), file).to.equal(true);
  });

  it('has the tables that npm run mutants wrote', () => {
    expect(testingPage(page, readFigures(), readReasons())).to.equal(page);
  });
});

describe('the mutants that survive', () => {
  const figures = readFigures();

  it('are at most one in ten, in each file', () => {
    expect(figures.map(({ file }) => file)).to.deep.equal(TARGETS.map(({ file }) => file));
    for (const { file, mutants, survivors, killed, timeouts } of figures) {
      expect(killed + timeouts + survivors.length, file).to.equal(mutants);
      expect(survivors.length / mutants, file).to.be.at.most(0.1);
    }
  });

  it('have a reason each, and nothing else has', () => {
    expect(unexplained(figures, readReasons())).to.deep.equal([]);
    expect(outdated(figures, readReasons())).to.deep.equal([]);
  });

  it('are in functions that exist @long-only', () => {
    for (const { file, survivors } of figures) {
      const names = new Set(namedIn(file).map(({ name }) => name));
      for (const one of survivors) expect(names, file).to.include(one.in);
    }
  });
});

describe('rangesOf', () => {
  it('takes of dma-iommu.ts what the patches changed, and no other function', () => {
    const [pool, dmaIommu] = TARGETS;
    expect(pool && rangesOf(pool)).to.deep.equal(['packages/io-buffer-pool/src/io-buffer-pool.ts']);
    expect(dmaIommu?.functions).to.have.length(20);
    expect(dmaIommu?.functions).to.include('iommu_dma_map_page');
    expect(dmaIommu?.functions).to.not.include('iommu_dma_mmap');
    expect(dmaIommu && rangesOf(dmaIommu)).to.have.length(20);
  });

  it('refuses a function that is not there', () => {
    const [pool] = TARGETS;
    expect(() => pool && rangesOf({ ...pool, functions: ['io_buffer_pool_mmap'] })).to.throw(
      'expected the function io_buffer_pool_mmap',
    );
  });
});

describe('figuresOf', () => {
  const file = 'packages/dma-iommu/src/dma-iommu.ts';
  const source = readFileSync(join(root, file), 'utf8');
  const at = source
    .split('\n')
    .findIndex((line) => line.includes('if (!pages) p = this.k.vmalloc'));

  function mutant(status: string): {
    status: string;
    replacement: string;
    location: Record<'start' | 'end', { line: number; column: number }>;
  } {
    const place = (column: number): { line: number; column: number } => ({ line: at + 1, column });
    return { status, replacement: 'pages', location: { start: place(11), end: place(17) } };
  }

  const figures = (...all: string[]): Figures =>
    figuresOf({ files: { [file]: { source, mutants: all.map(mutant) } } }, file);

  it('counts, and tells of what survived where it is and what it was', () => {
    const { survivors, ...counts } = figures(
      'Killed',
      'Timeout',
      'Killed',
      'Survived',
      'NoCoverage',
    );
    expect(counts).to.include({ mutants: 5, killed: 2, timeouts: 1 });
    const survivor = { in: '__iommu_dma_free', was: '!pages', is: 'pages' };
    expect(survivors).to.deep.equal([survivor, survivor]);
  });

  it('refuses a run in which a mutant was not tried', () => {
    expect(() => figures('Killed', 'RuntimeError')).to.throw('a mutant is RuntimeError');
    expect(() => figuresOf({ files: {} }, file)).to.throw(`expected ${file}`);
  });
});
