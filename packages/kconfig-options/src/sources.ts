// SPDX-License-Identifier: GPL-2.0-only
// The files that `source` and its relatives name: patterns, folders, optional files.

import { KconfigError, errorAt } from './errors';
import type { Place } from './errors';
import type { ParseOptions } from './parse-options';

/** The text of a file, given its path as written after `source`; undefined or a throw if there is none. */
export type ReadFile = (path: string) => string | undefined;

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Relative to the file that sources: rsource, orsource and the older name grsource. */
const RELATIVE: ReadonlySet<string> = new Set(['rsource', 'orsource', 'grsource']);
/** No error without a file: osource, orsource and their older names. */
const OPTIONAL: ReadonlySet<string> = new Set(['osource', 'orsource', 'gsource', 'grsource']);

export function isSource(keyword: string): boolean {
  return keyword === 'source' || RELATIVE.has(keyword) || OPTIONAL.has(keyword);
}

export class Sources {
  constructor(
    private readonly readFile: ReadFile,
    private readonly options: ParseOptions,
  ) {}

  /** The first file of all. */
  first(path: string): SourceFile {
    const { text, why } = this.read(path);
    if (text === undefined) throw new KconfigError(path, 0, `cannot read the file${why}`);
    return { path, text };
  }

  /** The files that `keyword "name"` at `place` means, a pattern's in the order of their names. */
  find(keyword: string, name: string, place: Place): SourceFile[] {
    const path = RELATIVE.has(keyword) ? besides(place.file, name) : name;
    const plain = this.read(path);
    if (plain.text !== undefined) return [{ path, text: plain.text }];
    if (/[*?[]/.test(path)) {
      const found = [...(this.options.glob?.(path) ?? [])].sort(byCode).flatMap((one) => {
        const { text } = this.read(one);
        return text === undefined ? [] : [{ path: one, text }];
      });
      if (found.length > 0 || OPTIONAL.has(keyword)) return found;
      throw errorAt(place, `no file fits the source '${path}'`);
    }
    if (OPTIONAL.has(keyword)) return [];
    throw errorAt(place, `cannot read the source '${path}'${plain.why}`);
  }

  private read(path: string): { text: string | undefined; why: string } {
    try {
      return { text: this.readFile(path), why: '' };
    } catch (error) {
      const detail = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
      return { text: undefined, why: ` (${detail})` };
    }
  }
}

/** `name` in the folder of `file`. */
function besides(file: string, name: string): string {
  if (name.startsWith('/')) return name;
  const slash = file.lastIndexOf('/');
  return slash < 0 ? name : file.slice(0, slash + 1) + name;
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
