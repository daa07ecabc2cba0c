// SPDX-License-Identifier: GPL-2.0-only
// The folder of a sweep: rows and failures in the order of the points, a manifest, and at the end the rows as Parquet.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { makeFolder } from '../make-folder';
import { codeOf, statOrNot } from '../files';
import { writeFile } from '../write-file';
import { LineFile, type StoredLine } from './line-file';
import { locked } from './lock';
import { type Manifest, type ManifestBefore, expectSame, readManifest } from './manifest';
import { writeParquet } from './parquet';
import type { Point } from './points';
import type { PointOutcome } from './engine';
import type { Spec } from './spec';

const PARQUET = 'results.parquet';
const MANIFEST = 'manifest.json';
const LINES = ['results.jsonl', 'failures.jsonl'] as const;

export class Results {
  /** The first point that has neither row nor failure. */
  next = 0;
  rows = 0;
  failures = 0;
  /** Nothing is left to do: every point has its row or failure, Parquet and the manifest are there. */
  ended = false;
  /** Its manifest is there: --resume goes on with it. */
  begun: boolean;

  private constructor(
    readonly folder: string,
    private readonly spec: Spec,
    private readonly manifest: Manifest,
    private readonly rowFile: LineFile,
    private readonly failureFile: LineFile,
    before: ManifestBefore | null,
    private readonly leave: () => void,
  ) {
    this.begun = before !== null;
  }

  /**
   * Opens the folder, makes it, or goes on with what is in it. Until begin() it holds no sweep.
   * @param warn is told what a crash left and is dropped
   * @throws UsageError
   */
  static open(
    spec: Spec,
    manifest: Manifest,
    folder: string,
    { resume, warn }: { readonly resume: boolean; readonly warn: (text: string) => void },
  ): Results {
    const leave = taken(folder, resume);
    try {
      const path = join(folder, MANIFEST);
      // Only now: another sweep may have ended since the folder was looked at.
      const before = isNew(folder, resume) ? null : readManifest(path);
      if (before) expectSame(folder, before, manifest);
      const [rows, failures] = LINES.map((name) => new LineFile(join(folder, name))) as [
        LineFile,
        LineFile,
      ];
      const results = new Results(folder, spec, manifest, rows, failures, before, leave);
      if (before) {
        const isWhole = results.recover(warn);
        results.ended = isWhole && before.complete === true && existsSync(join(folder, PARQUET));
      }
      return results;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** To be called when points can run. @throws UsageError */
  begin(): void {
    if (!this.ended) writeManifest(join(this.folder, MANIFEST), this.manifest);
    this.begun = true;
  }

  /**
   * What became of the point `next`.
   * @throws UsageError if it cannot be written: then it is not counted
   */
  add(point: Point, outcome: PointOutcome): void {
    if ('row' in outcome) {
      this.rowFile.append(`${JSON.stringify(this.rowOf(point, outcome.row))}\n`);
      this.rows++;
    } else {
      const { index, hash, args } = point;
      const { tries, error } = outcome;
      this.failureFile.append(`${JSON.stringify({ point: index, hash, tries, error, args })}\n`);
      this.failures++;
    }
    this.next++;
  }

  /** Parquet, and the manifest as it stays. @throws UsageError; then --resume does it */
  async finish(): Promise<void> {
    const { rows, failures } = this;
    await writeParquet(join(this.folder, PARQUET), this.spec, this.stored());
    writeManifest(join(this.folder, MANIFEST), {
      ...this.manifest,
      ...{ rows, failures, complete: true },
      run: { ...this.manifest.run, finished: new Date().toISOString() },
    });
  }

  /** The rows that are written, one after the other. */
  *stored(): Generator<Readonly<Record<string, unknown>>> {
    for (const { value } of this.rowFile.lines()) yield value;
  }

  /** Points that failed, as they are written. */
  *failed(): Generator<Readonly<Record<string, unknown>>> {
    for (const { value } of this.failureFile.lines()) yield value;
  }

  /** Leaves nothing of a sweep that has not begun. */
  close(): void {
    this.rowFile.close();
    this.failureFile.close();
    if (!this.begun) for (const name of LINES) rmSync(join(this.folder, name), { force: true });
    this.leave();
  }

  private rowOf(
    { index, hash, values }: Point,
    row: { readonly status: number; readonly values: readonly unknown[] },
  ): Record<string, unknown> {
    const { axes, axisKinds, columns } = this.spec;
    // Without a prototype: a column may have any name.
    const all = Object.create(null) as Record<string, unknown>;
    Object.assign(all, { point: index, hash, status: row.status });
    for (const [i, axis] of axes.entries()) {
      const { text, value } = values[i] ?? { text: null, value: null };
      // As in Parquet, whose columns are of one kind.
      all[axis] = axisKinds[i] === 'string' ? text : value;
    }
    for (const [i, { name }] of columns.entries()) all[name] = row.values[i] ?? null;
    return all;
  }

  /**
   * Counts what is there up to the first point without row or failure; what lies behind it is dropped.
   * @returns whether all points are there, and nothing was dropped
   */
  private recover(warn: (text: string) => void): boolean {
    let isWhole = true;
    const files = [this.rowFile, this.failureFile].map((file) => {
      const torn = file.torn();
      if (torn > 0) {
        isWhole = false;
        warn(
          `${file.path}: the last line is torn and dropped (${String(torn)} bytes); its point runs again`,
        );
      }
      const lines = file.lines();
      return { file, lines, head: lines.next(), end: 0, points: 0 };
    });
    for (const point of this.spec.points.from()) {
      const found = files.find(
        ({ head }) => head.done !== true && head.value.value['point'] === point.index,
      );
      const line = found?.head.value as StoredLine | undefined;
      if (!found || !line) break;
      if (line.value['hash'] !== point.hash)
        throw new UsageError(
          `${found.file.path}: point ${String(point.index)} is another one; expected results of this spec`,
        );
      found.end = line.end;
      found.points++;
      found.head = found.lines.next();
      this.next++;
    }
    for (const { file, end, head } of files) {
      if (head.done !== true) {
        isWhole = false;
        warn(
          `${file.path}: lines that are out of order, or of a point that has one, are dropped; what lacks one runs again`,
        );
      }
      if (end < file.bytes) file.cut(end);
    }
    [this.rows, this.failures] = files.map(({ points }) => points) as [number, number];
    return isWhole && this.next === this.spec.points.count;
  }
}

function writeManifest(path: string, manifest: Manifest): void {
  writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`, { what: 'manifest', force: true });
}

/**
 * Makes the folder and locks it.
 * @returns gives it back; then one that was made for this, and is empty, is not there
 * @throws UsageError
 */
function taken(folder: string, resume: boolean): () => void {
  let unmake: () => void;
  try {
    unmake = makeFolder(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
  try {
    // No lock is put beside somebody else's files.
    isNew(folder, resume);
    const unlock = locked(join(folder, 'lock'));
    return () => {
      unlock();
      unmake();
    };
  } catch (error) {
    unmake();
    throw error;
  }
}

/** @returns whether nothing of a sweep is there. @throws UsageError */
function isNew(folder: string, resume: boolean): boolean {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
  if (names.includes(MANIFEST)) {
    if (!resume)
      throw new UsageError(
        `${folder}: holds a sweep; give --resume to go on with it, or another folder`,
      );
    return false;
  }
  // A sweep that was killed before its manifest was there leaves these.
  const isLeft = (name: string): boolean =>
    name === 'lock' ||
    name.endsWith('.tmp') ||
    (LINES.some((one) => one === name) && statOrNot(join(folder, name))?.size === 0);
  if (!names.every(isLeft))
    throw new UsageError(`${folder}: is not empty and holds no sweep; expected another folder`);
  return true;
}

function unusable(folder: string, error: unknown): UsageError {
  return new UsageError(`${folder}: the folder cannot be made or read (${codeOf(error)})`);
}
