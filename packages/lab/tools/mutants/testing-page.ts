// SPDX-License-Identifier: GPL-2.0-only
// docs/testing.md: its tables of mutants, from what was measured and the reasons that are written by hand.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../../src/show/table';
import { type Figures, type Survivor, readFigures } from './figures';
import { root } from './scope';

export const PAGE = join(root, 'docs/testing.md');

/** Why no test can notice these, or why none does. */
export interface Reason {
  readonly because: string;
  readonly mutants: readonly Survivor[];
}

export function readReasons(): Reason[] {
  return JSON.parse(readFileSync(join(__dirname, 'reasons.json'), 'utf8')) as Reason[];
}

/** Survivors without a reason. */
export function unexplained(figures: readonly Figures[], reasons: readonly Reason[]): Survivor[] {
  return figures.flatMap(({ survivors }) => survivors).filter((one) => !reasonOf(one, reasons));
}

/** What reasons name and did not survive. */
export function outdated(figures: readonly Figures[], reasons: readonly Reason[]): Survivor[] {
  const survivors = figures.flatMap((one) => one.survivors);
  return reasons
    .flatMap(({ mutants }) => mutants)
    .filter((one) => !survivors.some((other) => isSame(one, other)));
}

/** @throws Error if the page has no place for the tables */
export function testingPage(
  text: string,
  figures: readonly Figures[],
  reasons: readonly Reason[],
): string {
  const tables = { mutants: figuresTable(figures), survivors: survivorsTable(figures, reasons) };
  let page = text;
  for (const [name, made] of Object.entries(tables)) {
    const marks = new RegExp(`(<!-- ${name} -->\n).*?(\n<!-- /${name} -->)`, 's');
    if (!marks.test(page))
      throw new Error(`docs/testing.md: expected <!-- ${name} --> … <!-- /${name} -->`);
    page = page.replace(marks, (_, open: string, close: string) => `${open}\n${made}\n${close}`);
  }
  return page;
}

/** Writes the tables anew, and prints what reasons.json lacks or has too much. */
export function writeTestingPage(): void {
  const [figures, reasons] = [readFigures(), readReasons()];
  writeFileSync(PAGE, testingPage(readFileSync(PAGE, 'utf8'), figures, reasons));
  for (const one of unexplained(figures, reasons))
    console.log(`reasons.json: expected a reason for ${JSON.stringify(one)}`);
  for (const one of outdated(figures, reasons))
    console.log(`reasons.json: did not survive: ${JSON.stringify(one)}`);
}

function figuresTable(figures: readonly Figures[]): string {
  const both = { file: 'both', id: '', mutants: 0, killed: 0, timeouts: 0 };
  for (const one of figures)
    for (const name of ['mutants', 'killed', 'timeouts'] as const) both[name] += one[name];
  const rows = [...figures, both].map(({ file, id, mutants, killed, timeouts }) => [
    file.split('/').at(-1) ?? '',
    id === '' ? '' : `\`${id.slice(0, 12)}\``,
    mutants,
    killed,
    timeouts,
    mutants - killed - timeouts,
    (((killed + timeouts) / mutants) * 100).toFixed(1),
  ]);
  const head = ['file', 'id', 'mutants', 'fail a test', 'never end', 'survive', 'killed, %'];
  return markdownTable(head, rows, { numbersFrom: 2 });
}

function survivorsTable(figures: readonly Figures[], reasons: readonly Reason[]): string {
  const rows = figures.flatMap(({ survivors }) =>
    survivors.map((one) => [
      `\`${one.in}\``,
      code(one.was),
      code(one.is),
      reasonOf(one, reasons)?.because ?? '',
    ]),
  );
  return markdownTable(['in', 'text', 'mutant', 'why it survives'], rows, {});
}

function reasonOf(one: Survivor, reasons: readonly Reason[]): Reason | undefined {
  return reasons.find(({ mutants }) => mutants.some((other) => isSame(one, other)));
}

function isSame(a: Survivor, b: Survivor): boolean {
  return a.in === b.in && a.was === b.was && a.is === b.is;
}

function code(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return short === '' ? '' : `\`${short.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
}
