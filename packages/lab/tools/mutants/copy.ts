// SPDX-License-Identifier: GPL-2.0-only
// A copy of the sources and tests, whose packages find each other and not the ones that they were copied from.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './scope';

const PACKAGES = readdirSync(join(root, 'packages'));

/** Stryker changes files where they lie. @returns a new folder, for the caller to remove */
export function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  for (const name of PACKAGES)
    for (const part of ['src', 'test', 'package.json']) {
      const from = join(root, 'packages', name, part);
      if (existsSync(from)) cpSync(from, join(folder, 'packages', name, part), { recursive: true });
    }
  for (const name of ['package.json', 'register.cjs']) cpSync(join(root, name), join(folder, name));
  symlinkSync(join(root, 'test-fixtures'), join(folder, 'test-fixtures'));

  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@iommu-bounce'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@iommu-bounce' && !name.startsWith('.'))
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  for (const name of PACKAGES)
    symlinkSync(join(folder, 'packages', name), join(modules, '@iommu-bounce', name));
  return folder;
}
