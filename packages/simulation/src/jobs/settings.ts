// SPDX-License-Identifier: GPL-2.0-only
// What the options of a job have said so far, each with its place.

import type { BlockSize, Rates, ReadWrite } from './job';
import type { KbBase } from './numbers';
import type { Place } from './place';

/** A value, where it was set, and in which section (a job's own settings come after those of the global ones). */
export interface Said<T> {
  readonly value: T;
  readonly at: Place;
  readonly section: number;
}

export type Maybe<T> = Said<T> | null;
export type Sizes = readonly BlockSize[];

/** Copied for each job from what the global sections said. */
export class Settings {
  section = 0;
  kbBase: KbBase = 1024;
  name: Maybe<string> = null;
  rw: Maybe<ReadWrite> = null;
  bsRead: Maybe<Sizes> = null;
  bsWrite: Maybe<Sizes> = null;
  rangeRead: Maybe<Sizes> = null;
  rangeWrite: Maybe<Sizes> = null;
  splitRead: Maybe<Sizes> = null;
  splitWrite: Maybe<Sizes> = null;
  size: Maybe<number> = null;
  /** Of each file. */
  sizePercent: Maybe<number> = null;
  ioSize: Maybe<number> = null;
  /** Of size. */
  ioSizePercent: Maybe<number> = null;
  numberIos: Maybe<number> = null;
  runtimeNs: Maybe<number> = null;
  timeBased: Maybe<boolean> = null;
  iodepth: Maybe<number> = null;
  numjobs: Maybe<number> = null;
  direct: Maybe<boolean> = null;
  ioengine: Maybe<string> = null;
  rwmixread: Maybe<number> = null;
  rwmixwrite: Maybe<number> = null;
  stonewall: Maybe<boolean> = null;
  loops: Maybe<number> = null;
  fileSize: Maybe<number> = null;
  files: Maybe<number> = null;
  fileNames: Maybe<number> = null;
  noRandomMap: Maybe<boolean> = null;
  rate: Maybe<Rates> = null;
  rateIops: Maybe<Rates> = null;
  thinkNs: Maybe<number> = null;
  thinkBlocks: Maybe<number> = null;
  startDelayNs: Maybe<readonly [least: number, most: number]> = null;
  waitFor: Maybe<string> = null;
  verifies: Maybe<boolean> = null;
  doVerify: Maybe<boolean> = null;
  verifyOnly: Maybe<boolean> = null;
  backlog: Maybe<number> = null;
  batch: Maybe<number> = null;
  seed: Maybe<number> = null;

  copy(section: number): Settings {
    return Object.assign(new Settings(), this, { section });
  }
}

/** What to say of a job, and where, when its settings lack something. */
export interface JobHead {
  readonly name: string;
  readonly at: Place;
  /** I/Os to do where nothing says when to end; null: that is an error. */
  readonly defaultIos: number | null;
  /** Whether to say that direct=1 and libaio are taken for granted: in a job file, where fio would not. */
  readonly tellDefaults: boolean;
}
