// SPDX-License-Identifier: GPL-2.0-only
// Seeded races: the derived code with one change, as a machine's classes.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { DERIVED, type Derived } from '@iommu-bounce/safety';

const FOLDER = join(__dirname, '../../src/schedules/derived');

/** A change: what is looked for, once or as often as it is there within `within`, and what takes its place. */
export interface Change {
  readonly find: RegExp;
  readonly put: string;
  /** Only in the function of this name. */
  readonly within: string;
}

/** The text of a method, from its name to the closing brace. */
function bounds(text: string, name: string): [number, number] {
  const start = text.search(new RegExp(`^  (?:private |protected )?\\*?${name}\\(`, 'm'));
  if (start < 0) throw new Error(`no function ${name}`);
  return [start, text.indexOf('\n  }\n', start)];
}

/** @throws Error for a change that finds nothing: a mutant that is none */
export function mutant(
  file: 'io-buffer-pool' | 'dma-iommu' | 'iova' | 'virtio-iommu',
  changes: readonly Change[],
): Derived {
  let text = readFileSync(join(FOLDER, `${file}.ts`), 'utf8');
  for (const { find, put, within } of changes) {
    const [start, end] = bounds(text, within);
    const before = text.slice(start, end);
    const after = before.replace(find, put);
    if (after === before) throw new Error(`${within} has no ${String(find)}`);
    text = text.slice(0, start) + after + text.slice(end);
  }
  const { code } = transformSync(text, { loader: 'ts', format: 'cjs', target: 'es2022' });
  const made = { exports: {} as Partial<Derived> };
  // oxlint-disable-next-line typescript/no-implied-eval -- the derived code, changed
  const run = new Function('module', 'exports', 'require', code) as (
    module: object,
    exports: object,
    require: NodeJS.Require,
  ) => void;
  run(made, made.exports, createRequire(join(FOLDER, `${file}.ts`)));
  return { ...DERIVED, ...made.exports };
}
