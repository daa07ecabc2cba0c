// SPDX-License-Identifier: GPL-2.0-only
// What the margin shows: for a line of the TypeScript, and for a whole function.

import type { CheckResult, Difference } from '../check/difference';
import type { Margin, Mark } from '../margin/margin';
import { Html, attribute, markup } from '../html/html';
import { count } from '../words';
import { rangesText } from '../ranges';
import type { Section } from './view';

export const FINDINGS_PAGE = 'findings.html';
export const CHECK_PAGE = 'check.html';

/** A difference with its place in the check's page. */
export interface NumberedDifference extends Difference {
  /** From 1, in the order of the page: the unexplained first. */
  readonly number: number;
}

export function findingId(number: number): string {
  return `f${String(number)}`;
}

export function deviationId(section: string, number: number): string {
  return `d-${section.replace(/[^\w-]/g, '_')}-${String(number)}`;
}

/** The unexplained first, each part in the order of the C. */
export function numberDifferences(check: CheckResult): NumberedDifference[] {
  const parts = [true, false].flatMap((open) =>
    check.differences.filter(({ explanation }) => (explanation === null) === open),
  );
  return parts.map((one, i) => ({ ...one, number: i + 1 }));
}

/** The margin by place. */
export class Notes {
  readonly #marks = new Map<string, Mark[]>();
  readonly #byLine = new Map<string, NumberedDifference[]>();
  readonly #byName = new Map<string, NumberedDifference[]>();
  readonly differences: readonly NumberedDifference[];
  readonly transcripts: readonly string[];
  readonly tests: readonly string[];

  /** @param state the last one: differences of earlier ones have lines of other texts */
  constructor(
    readonly margin: Margin,
    check: CheckResult | null,
    state: number,
  ) {
    for (const mark of margin.marks) push(this.#marks, `${mark.path}:${String(mark.line)}`, mark);
    this.differences = check ? numberDifferences(check) : [];
    for (const one of this.differences) {
      push(this.#byName, `${one.cPath}#${one.name}`, one);
      if (one.state !== state) continue;
      if (one.cLine !== null) push(this.#byLine, `${one.cPath}:${String(one.cLine)}`, one);
      else if (one.tsPath !== null && one.tsLine !== null)
        push(this.#byLine, `${one.tsPath}:${String(one.tsLine)}`, one);
    }
    const reach = [...margin.reach.values()];
    this.transcripts = [...new Set(reach.flatMap((one) => one.transcripts))].sort();
    this.tests = [...new Set(reach.flatMap((one) => one.tests))].sort();
  }

  marks(path: string, line: number): readonly Mark[] {
    return this.#marks.get(`${path}:${String(line)}`) ?? [];
  }

  /** The badges after a line's code. */
  badges(path: string, line: number): string {
    const marks = new Map(this.marks(path, line).map((mark) => [badgeText(mark), mark]));
    const differences = this.#byLine.get(`${path}:${String(line)}`) ?? [];
    return (
      [...marks]
        .map(([text, mark]) => `<a class=${badgeClass(mark)} href=${markHref(mark)}>${text}</a>`)
        .join('') + differenceBadges(differences)
    );
  }

  /** What is known of a section's function, in its heading. */
  heading(section: Section, cPath: string, tsPath: string | null): Html {
    const chips: Html[] = [];
    const found = new Map<string, Mark>();
    if (tsPath !== null)
      for (const { ts } of section.rows)
        if (ts) for (const mark of this.marks(tsPath, ts.number)) found.set(badgeText(mark), mark);
    for (const [text, mark] of found)
      chips.push(
        markup`<a class="${badgeClass(mark)}" href="${markHref(mark)}" title="${this.#title(mark)}">${text}</a>`,
      );
    const reasons = section.ts?.reasons.filter(({ kind }) => kind === 'JS').length ?? 0;
    if (reasons > 0) chips.push(markup`<span class=J>${count(reasons, 'JS reason')}</span>`);
    const differences =
      section.name === null ? [] : (this.#byName.get(`${cPath}#${section.name}`) ?? []);
    const [first] = differences;
    if (first) {
      const open = differences.filter(({ explanation }) => explanation === null).length;
      const text =
        open > 0 ? count(open, 'difference') : count(differences.length, 'explained difference');
      chips.push(
        markup`<a class="${open > 0 ? 'X' : 'E'}" href="${CHECK_PAGE}#d${String(first.number)}">${text}</a>`,
      );
    }
    if (tsPath !== null && section.name !== null) chips.push(this.#reach(tsPath, section.name));
    return markup`${chips}`;
  }

  /** The names that the numbers of the headings stand for: `t` transcripts, `s` tests. */
  reachJson(): string {
    return JSON.stringify({ t: frontCoded(this.transcripts), s: frontCoded(this.tests) });
  }

  #reach(path: string, name: string): Html {
    const reach = this.margin.reach.get(`${path}#${name}`);
    if (!reach) return markup``;
    const t = rangesText(reach.transcripts.map((one) => this.transcripts.indexOf(one)));
    const s = rangesText(reach.tests.map((one) => this.tests.indexOf(one)));
    const lines = `${String(reach.linesHit)}/${String(reach.linesFound)} lines`;
    const data = new Html(` data-t=${attribute(t)} data-s=${attribute(s)}`);
    return markup`<details class=r${data}><summary>${lines} run by ${count(reach.tests.length, 'test file')}, ${count(reach.transcripts.length, 'transcript')}</summary></details>`;
  }

  #title({ kind, number, section }: Mark): string {
    if (kind === 'finding') {
      const title = this.margin.findings.find((one) => one.number === number)?.title ?? '';
      return `Finding ${String(number)}: ${title}`;
    }
    return `Deviation ${String(number)} of ${section ?? ''}`;
  }
}

/** Links that the page's script fills in: one for each difference that nobody has explained, one for all others of the line. */
function differenceBadges(differences: readonly NumberedDifference[]): string {
  const badge = (kind: string, { number }: NumberedDifference, more: string): string =>
    `<a class=${kind}>≠${String(number)}${more}</a>`;
  const explained = differences.filter(({ explanation }) => explanation !== null);
  const [first] = explained;
  return [
    ...differences
      .filter(({ explanation }) => explanation === null)
      .map((one) => badge('X', one, '')),
    ...(first ? [badge('E', first, explained.length > 1 ? '…' : '')] : []),
  ].join('');
}

function badgeText({ kind, number }: Mark): string {
  return `${kind === 'finding' ? 'F' : 'D'}${String(number)}`;
}

function badgeClass({ kind }: Mark): string {
  return kind === 'finding' ? 'F' : 'D';
}

function markHref({ kind, number, section }: Mark): string {
  const id = kind === 'finding' ? findingId(number) : deviationId(section ?? '', number);
  return `${FINDINGS_PAGE}#${id}`;
}

/** Sorted names, each as how many characters it shares with the one before, and the rest. */
function frontCoded(names: readonly string[]): [number, string][] {
  let before = '';
  return names.map((name) => {
    let shared = 0;
    while (shared < name.length && name[shared] === before[shared]) shared++;
    before = name;
    return [shared, name.slice(shared)];
  });
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
