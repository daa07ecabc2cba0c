// SPDX-License-Identifier: GPL-2.0-only
// `trace-cmd report` of a host with its guests, or of several files: each line begins with the name of its machine or file.

import { firstLines } from '../first-lines';

/** `     vm1:              fio-266   [000] `. */
const LINE = /^ *([\w.-]{1,64}): +\S.{0,20}?-\d+ +\[(\d+)\]/;
/** Lines that are looked at. */
const MOST = 64;
/** Characters of one. */
const LONGEST = 160;

export class Inputs {
  private lines = 0;
  /** CPUs by name. */
  private readonly cpus = new Map<string, Set<string>>();

  /** The next lines of a file. */
  look(text: string): void {
    for (const line of firstLines(text, LONGEST)) {
      if (this.lines >= MOST) return;
      const [, name, cpu = ''] = LINE.exec(line) ?? [];
      if (name === undefined) continue;
      this.lines++;
      this.cpus.set(name, (this.cpus.get(name) ?? new Set()).add(cpu));
    }
  }

  /** Two that have a CPU of the same number, and so are no files of the CPUs of one machine; null if there are none. */
  get mixed(): readonly [string, string] | null {
    const all = [...this.cpus];
    for (const [i, [name, cpus]] of all.entries())
      for (const [other, others] of all.slice(i + 1))
        if ([...cpus].some((cpu) => others.has(cpu))) return [name, other];
    return null;
  }
}
