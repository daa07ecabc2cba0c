// SPDX-License-Identifier: GPL-2.0-only
// All names of both languages: where each is defined, and which words of a line are links to them.

import type { Definition, DefinitionKind } from '../syntax/definition';
import type { Linker } from './code';
import { type FileView, type LinePlace, type Places, type Section, lineAnchor } from './view';

/** f: function, s: struct or enum, m: macro, constant or variable, e: field, p: prototype or stub in a header, of a
 * function that is defined elsewhere. */
export type NameKind = 'f' | 's' | 'm' | 'e' | 'p';

export interface NameTarget {
  readonly name: string;
  readonly kind: NameKind;
  readonly page: string;
  readonly anchor: string;
}

const KINDS: Readonly<Record<DefinitionKind, NameKind | null>> = {
  function: 'f',
  prototype: 'f',
  struct: 's',
  field: 'e',
  enum: 's',
  enumerator: 'm',
  macro: 'm',
  variable: 'm',
  registration: null,
};

/** The index of names. */
export class Names {
  readonly #targets = new Map<string, NameTarget[]>();

  constructor(views: readonly FileView[], places: Places) {
    for (const view of views) {
      for (const one of view.cDefinitions) this.#add(view, one, 'c', places);
      for (const one of view.tsDefinitions) this.#add(view, one, 'ts', places);
    }
    // A prototype counts where nothing else has the name.
    for (const view of views)
      for (const one of view.cDefinitions)
        if (one.kind === 'prototype' && !this.#targets.has(one.name))
          this.#put(view, one, 'c', places);
    this.#tellPrototypes(views);
  }

  /** What a section of a page is; null: lines without a name. */
  kindAt(page: string, { id, name }: Section): NameKind | null {
    const own = name === null ? [] : this.of(name);
    return own.find((one) => one.page === page && one.anchor === id)?.kind ?? null;
  }

  /** The header of a function has its prototype, or a stub where it is not built: the definition comes first. */
  #tellPrototypes(views: readonly FileView[]): void {
    const headers = new Set(
      views.filter(({ cPath }) => cPath.endsWith('.h')).map(({ page }) => page),
    );
    for (const [name, targets] of this.#targets) {
      const functions = targets.filter(({ kind }) => kind === 'f');
      if (functions.every(({ page }) => headers.has(page))) continue;
      const told = targets.map((one) =>
        one.kind === 'f' && headers.has(one.page) ? { ...one, kind: 'p' as const } : one,
      );
      this.#targets.set(name, told);
    }
  }

  of(name: string): readonly NameTarget[] {
    return this.#targets.get(name) ?? [];
  }

  /** Everything, in the order of the pages. */
  all(): NameTarget[] {
    return [...this.#targets.values()].flat();
  }

  /**
   * Which words of a section's lines are links.
   * @param used gets the names whose links the page's script fills in
   */
  linker(view: FileView, section: Section, side: 'c' | 'ts', used: Set<string>): Linker {
    const definition = side === 'c' ? section.c : section.ts;
    return (token, text) => {
      const name = text.slice(token.start, token.end);
      const before = endOf(text.slice(0, token.start));
      const jump = side === 'c' ? /\bgoto\s+$/ : /\b(?:break|continue)\s+$/;
      if (jump.test(before)) return this.#label(view, section, side, definition, name);
      const targets = this.#targets.get(name);
      if (!targets) return null;
      return noted(choose(targets, view.page, side, before, text.slice(token.end)), name, used);
    };
  }

  /** The same for lines outside of a file page. */
  linkerOfWords(side: 'c' | 'ts', used: Set<string>): Linker {
    return (token, text) => {
      const name = text.slice(token.start, token.end);
      const targets = this.#targets.get(name);
      if (!targets) return null;
      const before = endOf(text.slice(0, token.start));
      return noted(choose(targets, '', side, before, text.slice(token.end)), name, used);
    };
  }

  #label(
    view: FileView,
    section: Section,
    side: 'c' | 'ts',
    definition: Definition | null,
    name: string,
  ): string | null {
    const step = definition?.steps.find((one) => one.kind === 'label' && one.name === name);
    const line = step && view[side].get(step.line);
    return line ? `#${lineAnchor(section, side, line.number)}` : null;
  }

  #add(view: FileView, definition: Definition, side: 'c' | 'ts', places: Places): void {
    if (definition.kind !== 'prototype') this.#put(view, definition, side, places);
  }

  #put(view: FileView, { name, kind, from }: Definition, side: 'c' | 'ts', places: Places): void {
    const nameKind = KINDS[kind];
    const path = side === 'c' ? view.cPath : view.tsPath;
    const line = view[side].get(from);
    if (nameKind === null || path === null || !line || !/^[\w$]+$/.test(name)) return;
    const place = places.of(path, line.number);
    if (place?.page !== view.page) return;
    const target = { name, kind: nameKind, page: view.page, anchor: anchorOf(place, name) };
    const others = this.#targets.get(name) ?? [];
    // The row of a definition has both sides: one target does for them.
    const same = others.some(
      (one) => one.page === target.page && sectionOf(one) === sectionOf(target),
    );
    if (!same) others.push(target);
    this.#targets.set(name, others);
  }
}

function noted(link: string | true | null, name: string, used: Set<string>): string | true | null {
  if (link === true) used.add(name);
  return link;
}

function anchorOf({ section, anchor }: LinePlace, name: string): string {
  return section.name === name ? section.id : anchor;
}

function sectionOf({ anchor }: NameTarget): string {
  return anchor.replace(/\.[ct]-?\d+$/, '');
}

/** The last word of what is before a token, and a space if it has any behind it: a line is as long as it likes. */
function endOf(before: string): string {
  const words = before.trimEnd();
  return words.slice(-20) + (words.length < before.length ? ' ' : '');
}

/** Whether a word in this place means that name: true, or the very link where the name alone does not tell. */
function choose(
  targets: readonly NameTarget[],
  page: string,
  side: 'c' | 'ts',
  before: string,
  after: string,
): string | true | null {
  const called = /^\s*(?:\(|<[^;]*>\()/.test(after);
  const member = side === 'c' ? /(?:->|\.)\s*$/.test(before) : /\.\s*$/.test(before);
  const of = (kind: NameKind): readonly NameTarget[] => targets.filter((one) => one.kind === kind);
  const functions = of('f');
  if (member && !(side === 'ts' && called && functions.length > 0)) {
    const fields = of('e');
    const here = fields.length === 1 ? fields : fields.filter((one) => one.page === page);
    const [field] = here;
    if (here.length !== 1 || field === undefined) return null;
    if (targets.length === 1) return true;
    return field.page === page ? `#${field.anchor}` : `${field.page}#${field.anchor}`;
  }
  const long = targets[0]?.name.includes('_') ?? false;
  if (functions.length > 0 && (called || long)) return true;
  if (of('s').length > 0 && namesType(side, before, long)) return true;
  return of('m').some(({ name }) => long || name === name.toUpperCase()) ? true : null;
}

function namesType(side: 'c' | 'ts', before: string, long: boolean): boolean {
  if (side === 'c') return /\b(?:struct|enum|union)\s+$/.test(before);
  return /(?:[:<|]|\b(?:new|extends|as|instanceof|type|typeof))\s*$/.test(before) || long;
}
