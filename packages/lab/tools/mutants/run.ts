// SPDX-License-Identifier: GPL-2.0-only
// `npm run mutants`: what survives of all mutants; figures go into found.json, tables into docs/testing.md.
// `npm run mutants -- FILE` does so for one of the two files. `--again` keeps what this machine found last time, but for
// survivors and what changed since. `npm run mutants -- FUNCTION` and `FILE:FIRST-LAST` print.

import { writeFileSync } from 'node:fs';
import { type Figures, figuresOf, FOUND, readFigures } from './figures';
import { TARGETS, type Target, rangesOf } from './scope';
import { installStryker, mutate } from './stryker';
import { writeTestingPage } from './testing-page';

const args = process.argv.slice(2);
const again = args.includes('--again');
const given = args.find((one) => one !== '--again') ?? '';
const whole = TARGETS.filter(({ file }) => given === '' || given === file);
installStryker();
for (const target of whole) {
  const { file, tests } = target;
  keep(figuresOf(mutate(rangesOf(target), tests, { file, again }), file));
}
if (whole.length > 0) writeTestingPage();
else print(given);

/** In the place of the file's earlier figures. */
function keep(made: Figures): void {
  const others = readFigures().filter(({ file }) => file !== made.file);
  const all = TARGETS.flatMap(({ file }) => [made, ...others].filter((one) => one.file === file));
  writeFileSync(FOUND, `${JSON.stringify(all, null, 2)}\n`);
}

/** @throws Error if there is no such function */
function print(name: string): void {
  for (const target of TARGETS) {
    const ranges = rangesIn(target, name);
    if (ranges.length === 0) continue;
    const { mutants, survivors } = figuresOf(mutate(ranges, target.tests, null), target.file);
    for (const { in: place, was, is } of survivors) console.log(`${place}\n- ${was}\n+ ${is}`);
    console.log(`${String(mutants)} mutants, ${String(survivors.length)} survived`);
    return;
  }
  throw new Error(`expected a function of ${TARGETS.map(({ file }) => file).join(' or ')}`);
}

/** None if it is not in the file. */
function rangesIn(target: Target, name: string): string[] {
  if (name.startsWith(`${target.file}:`)) return [name];
  try {
    return rangesOf({ ...target, functions: [name] });
  } catch {
    return [];
  }
}
