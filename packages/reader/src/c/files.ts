// SPDX-License-Identifier: GPL-2.0-only
// The grammar's file: beside the compiled code, or, when the sources run, where npm put it.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Language, Parser } from 'web-tree-sitter';
import { ReadError } from '../read-error';
import { CReader } from './parse';

function grammarFile(): string {
  const beside = path.join(__dirname, '..', 'tree-sitter-c.wasm');
  if (existsSync(beside)) return beside;
  const built = path.join(__dirname, '..', '..', 'dist', 'tree-sitter-c.wasm');
  if (existsSync(built)) return built;
  try {
    return createRequire(__filename).resolve('tree-sitter-c/tree-sitter-c.wasm');
  } catch {
    throw new ReadError(
      `${beside}: the C grammar is missing; expected the file that npm run build copies there`,
    );
  }
}

/**
 * The parser's memory is one for the process. Parser.init() called a second time before the first has ended makes another,
 * and a grammar of the first has no version there.
 */
let initialised: Promise<void> | null = null;

/** A reader of C texts; loading takes about 30 ms. @throws ReadError without the grammar's file */
export async function loadCReader(): Promise<CReader> {
  const file = grammarFile();
  await (initialised ??= Parser.init());
  const parser = new Parser();
  parser.setLanguage(await Language.load(file));
  return new CReader(parser);
}
