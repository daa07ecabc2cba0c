// SPDX-License-Identifier: GPL-2.0-only
// What is mutated, and by which tests: the pool, and of dma-iommu.c the functions that the series brought or changed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Named, outlineOf } from '../../../reader/tools/outline';

export const root = join(__dirname, '../../../..');

const POOL = 'packages/io-buffer-pool';
const DMA_IOMMU = 'packages/dma-iommu';

/** A file with mutants. */
export interface Target {
  readonly file: string;
  /** Null: the whole file. */
  readonly functions: readonly string[] | null;
  /** Patterns of test files; the first test that fails ends a run, so what finds most comes first. */
  readonly tests: readonly string[];
}

const OWN_TESTS = 'test/!(examples|model).test.ts';
const TRANSCRIPTS = 'packages/integration/test/transcripts.test.ts';
const MODEL = `${POOL}/test/model.test.ts`;

/** Tests of the tests, which find no mutant that others do not. */
export const LEFT_OUT = 'a transcript with one observation changed';

export const TARGETS: readonly Target[] = [
  {
    file: `${POOL}/src/io-buffer-pool.ts`,
    functions: null,
    tests: [`${POOL}/${OWN_TESTS}`, `${DMA_IOMMU}/${OWN_TESTS}`, TRANSCRIPTS, MODEL],
  },
  {
    file: `${DMA_IOMMU}/src/dma-iommu.ts`,
    functions: patchedFunctions(),
    tests: [`${DMA_IOMMU}/${OWN_TESTS}`, `${POOL}/${OWN_TESTS}`, TRANSCRIPTS, MODEL],
  },
];

interface Inventory {
  readonly items: readonly {
    readonly name: string;
    readonly kind: string;
    readonly file: string;
    readonly introduced_by_patch: number;
    readonly changed_by_patches: readonly number[];
  }[];
}

/** The functions of dma-iommu.c that a patch of the series brought or changed, by the name that they have after it. */
function patchedFunctions(): string[] {
  const text = readFileSync(join(root, 'test-fixtures/inventory.json'), 'utf8');
  return (JSON.parse(text) as Inventory).items
    .filter(({ file, kind }) => file === 'drivers/iommu/dma-iommu.c' && kind === 'function')
    .filter((one) => one.introduced_by_patch > 0 || one.changed_by_patches.length > 0)
    .map(({ name }) => name);
}

/** What a file of the repository names. */
export function namedIn(file: string): readonly Named[] {
  return outlineOf({ path: file, text: readFileSync(join(root, file), 'utf8') }).named;
}

/**
 * What Stryker is told to mutate: a file, or `FILE:FIRST-LAST` for each function.
 * @throws Error for a function that the file does not have
 */
export function rangesOf({ file, functions }: Target): string[] {
  if (functions === null) return [file];
  const named = namedIn(file);
  return functions.map((name) => {
    const found = named.find((one) => one.statements !== null && one.name === name);
    if (!found) throw new Error(`${file}: expected the function ${name}`);
    return `${file}:${String(found.from)}-${String(found.to)}`;
  });
}
