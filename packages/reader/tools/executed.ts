// SPDX-License-Identifier: GPL-2.0-only
// What V8's coverage says of TypeScript: which functions and lines were executed.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Profiler } from 'node:inspector';
import { type Named, type SourceText, functionsOf, outlineOf } from './outline';
import { root } from './sources';

/** A function as it is written, with the offsets of its name and statements in what swc made of the file. */
interface Compiled {
  readonly name: string;
  readonly at: number;
  readonly lines: readonly number[];
  readonly statements: readonly number[];
}

/** What ran of a function: lines with a statement. */
export interface Executed {
  readonly called: boolean;
  readonly lines: readonly number[];
}

/** By `PATH#FUNCTION`. */
export type ExecutedFunctions = Map<string, Executed>;

type Coverage = readonly Pick<Profiler.ScriptCoverage, 'url' | 'functions'>[];

/** Reads coverage of the given files, as register.cjs compiles them. */
export class CoverageReader {
  private readonly files = new Map<string, { path: string; functions: Compiled[] }>();

  constructor(files: readonly SourceText[]) {
    for (const file of files)
      this.files.set(pathToFileURL(join(root, file.path)).href, {
        path: file.path,
        functions: compiledFunctions(file),
      });
  }

  /** Adds what was executed to `found`. */
  read(coverage: Coverage, found: ExecutedFunctions = new Map()): ExecutedFunctions {
    for (const script of coverage) {
      const file = this.files.get(script.url);
      if (!file) continue;
      const count = countsOf(script.functions);
      for (const { name, at, lines, statements } of file.functions) {
        if (count(at) === 0) continue;
        const key = `${file.path}#${name}`;
        const hit = new Set(found.get(key)?.lines);
        for (const [i, statement] of statements.entries())
          if (count(statement) > 0) hit.add(lines[i] ?? 0);
        found.set(key, { called: true, lines: [...hit] });
      }
    }
    return found;
  }
}

/** The count of the innermost range around an offset; 0 where V8 reports none. */
function countsOf(functions: Coverage[number]['functions']): (offset: number) => number {
  const ranges = functions
    .flatMap((f) => f.ranges)
    .sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  return (offset) => {
    let count = 0;
    for (const range of ranges) {
      if (range.startOffset > offset) break;
      if (offset < range.endOffset) count = range.count;
    }
    return count;
  };
}

interface Register {
  readonly compile: (text: string, path: string) => string;
}

/** swc drops the types and moves the rest: both texts have the same functions with the same statements. */
function compiledFunctions(file: SourceText): Compiled[] {
  const path = join(root, 'register.cjs');
  const { compile } = createRequire(path)(path) as Register;
  const js = compile(file.text, join(root, file.path));
  const written = [...functionsOf(outlineOf(file))];
  const made = functionsOf(outlineOf({ path: file.path.replace(/\.ts$/, '.js'), text: js }));
  return written.map(([name, { statements }]) => {
    const other: Named | undefined = made.get(name);
    if (!other || other.statements?.length !== statements?.length)
      throw new Error(`${file.path}: swc made something else of ${name}`);
    return {
      name,
      at: other.at,
      lines: statements?.map((s) => s.line) ?? [],
      statements: other.statements?.map((s) => s.at) ?? [],
    };
  });
}
