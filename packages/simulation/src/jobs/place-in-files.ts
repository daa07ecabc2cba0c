// SPDX-License-Identifier: GPL-2.0-only
// Where a job is in its files: a block that does not fit into what is left of a file is not done, as in fio.

import type { Pass } from './job';

export class PlaceInFiles {
  private read = 0;
  private write = 0;
  private file = 0;

  /** @param shared whether reads and writes take their blocks from one supply: those of a random job do */
  constructor(
    private readonly pass: Pass,
    private readonly shared: boolean,
  ) {}

  get files(): number {
    return this.pass.files;
  }

  /** A pass begins. */
  rewind(): void {
    this.read = this.write = this.file = 0;
  }

  fits(isRead: boolean, bytes: number): boolean {
    if (this.pass.freely) return true;
    return this.position(isRead) + bytes <= this.pass.fileBytes;
  }

  /** Goes on with the next file. @returns false after the last; a pass that never ends begins again */
  nextFile(): boolean {
    const { files, count } = this.pass;
    this.read = this.write = 0;
    if (++this.file < files) return true;
    if (count !== Infinity) return false;
    this.file = 0;
    return true;
  }

  take(isRead: boolean, bytes: number): void {
    if (isRead || this.shared) this.read += bytes;
    else this.write += bytes;
  }

  private position(isRead: boolean): number {
    return isRead || this.shared ? this.read : this.write;
  }
}
