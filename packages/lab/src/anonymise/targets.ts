// SPDX-License-Identifier: GPL-2.0-only
// Where the anonymised captures and their facts go: all of them or none.

import { existsSync, realpathSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { factsPaths } from '@iommu-bounce/dma-trace';
import { UsageError } from '../errors';
import { makeFolder } from '../make-folder';
import { codeOf, statOrNot } from '../files';
import { cleanedUp, whole } from '../interrupt';
import { type Replacing, checkWritable, temporaryBeside } from '../write-file';

/** One file: under a temporary name until all are whole. */
interface Target {
  readonly path: string;
  readonly temporary: string;
}

export class Targets {
  private readonly all: Target[] = [];
  /** Facts that would be taken for those of a capture without any, and that --force allows to remove. */
  private readonly stale: string[] = [];
  private readonly release: () => void;

  private constructor(private readonly replacing: Replacing) {
    this.release = cleanedUp(() => {
      this.remove();
    });
  }

  /**
   * @param out a file for one capture, a folder for several
   * @throws UsageError if a file is there that must not be replaced
   */
  static of(
    captures: readonly string[],
    out: string,
    force: boolean,
  ): { paths: string[]; targets: Targets } {
    const replacing = { what: 'capture', force };
    const paths = captures.length === 1 ? [out] : inFolder(captures, out);
    const targets = new Targets(replacing);
    try {
      for (const path of paths) {
        refuseInput(path, captures);
        checkWritable(path, replacing);
        refuseStream(path);
        // Whatever lies there would be taken for the facts of what is written.
        for (const facts of factsPaths(path)) if (facts !== path) checkWritable(facts, replacing);
      }
    } catch (error) {
      targets.drop();
      throw error;
    }
    return { paths, targets };
  }

  /** A name to write to until done(). */
  temporaryOf(path: string): string {
    const temporary = temporaryBeside(path);
    this.all.push({ path, temporary });
    return temporary;
  }

  withoutFacts(path: string, facts: string | null): void {
    for (const other of factsPaths(path))
      if (other !== facts && other !== path && existsSync(other)) this.stale.push(other);
  }

  /** All are whole: they get their names. */
  done(): void {
    whole(() => {
      try {
        for (const { path } of this.all) checkWritable(path, this.replacing);
        for (const { path, temporary } of this.all) renameSync(temporary, path);
        for (const path of this.stale) rmSync(path, { force: true });
      } catch (error) {
        if (error instanceof UsageError) throw error;
        throw new UsageError(`the captures cannot be written (${codeOf(error)})`);
      }
    });
  }

  /** Removes what has not got its name. */
  drop(): void {
    this.remove();
    this.release();
  }

  private remove(): void {
    for (const { temporary } of this.all) rmSync(temporary, { force: true });
  }
}

/** What is written is read again, so a pipe will not do. */
function refuseStream(path: string): void {
  if (statOrNot(path)?.isFile() === false)
    throw new UsageError(`--out ${path}: is no file; expected the name of one`);
}

/** Names that tell nothing: those of the captures may. */
function inFolder(captures: readonly string[], out: string): string[] {
  const stat = statOrNot(out);
  if (stat !== undefined && !stat.isDirectory())
    throw new UsageError(`--out ${out}: is a file; expected a folder for several captures`);
  try {
    makeFolder(out);
    readdirSync(out);
  } catch (error) {
    throw new UsageError(`--out ${out}: the folder cannot be made (${codeOf(error)})`);
  }
  const digits = String(captures.length).length;
  return captures.map((capture, i) => {
    const isCompressed = /\.(?:gz|zst|xz)$/.test(basename(capture));
    const name = `capture-${String(i + 1).padStart(digits, '0')}.trace.txt`;
    return join(out, isCompressed ? `${name}.gz` : name);
  });
}

/** The only original would be gone, whatever is forced. */
function refuseInput(path: string, captures: readonly string[]): void {
  if (!existsSync(path)) return;
  const target = realpathSync(path);
  const same = captures.find((capture) => existsSync(capture) && realpathSync(capture) === target);
  if (same !== undefined)
    throw new UsageError(`${path}: is the capture itself; expected another file to write to`);
}
