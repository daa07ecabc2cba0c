// SPDX-License-Identifier: GPL-2.0-only
// Where the documents of the margin are: in a clone, in an installed package, or beside the sources of another port.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Texts, and the names that errors call them by; null for what is not there. */
export interface MarginDocuments {
  readonly findings: { readonly name: string; readonly text: string } | null;
  readonly porting: { readonly name: string; readonly text: string } | null;
  /** The text of reach.json. */
  readonly reach: string | null;
}

/**
 * Reads the documents of our own port: docs/ of the clone, or the copy that the build put into the package.
 * @param folder of another port: findings.md, porting.md and reach.json in it, each optional
 */
export function readMarginDocuments(folder?: string): MarginDocuments {
  const home = join(__dirname, '..', '..'); // of the package, from src/margin and dist/margin alike
  const clone = join(home, '..', '..', 'docs');
  const docs =
    folder ?? (existsSync(join(clone, 'findings.md')) ? clone : join(home, 'dist', 'docs'));
  const document = (file: string): { name: string; text: string } | null => {
    const path = join(docs, file);
    const name = folder === undefined ? `docs/${file}` : path;
    return existsSync(path) ? { name, text: readFileSync(path, 'utf8') } : null;
  };
  const reach = join(folder ?? join(home, 'data'), 'reach.json');
  return {
    findings: document('findings.md'),
    porting: document('porting.md'),
    reach: existsSync(reach) ? readFileSync(reach, 'utf8') : null,
  };
}
