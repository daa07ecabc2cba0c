// SPDX-License-Identifier: GPL-2.0-only
// The index of names that the page has in it, and the links of the code, which are written out here: they are thousands.

import type { NamesData } from '../names-json';

export interface Target {
  readonly name: string;
  readonly kind: string;
  readonly page: string;
  /** The C file that the page shows. */
  readonly path: string;
  readonly anchor: string;
}

/** All targets, and those of one name. */
export class Targets {
  readonly all: readonly Target[];
  /** Whether they are those of the whole site. */
  readonly complete: boolean;
  readonly #byName = new Map<string, Target[]>();

  constructor(data: NamesData) {
    const all: Target[] = [];
    for (const group of data.names) {
      const [kind = '', index = '', ...names] = group.split(' ');
      const [page = '', path = ''] = data.pages[Number(index)] ?? [];
      for (const one of names) {
        const [name = '', text = name] = one.split('=');
        const anchor = text.startsWith('.') ? name + text : text;
        all.push({ name, kind, page, path, anchor });
      }
    }
    const own = thisPage();
    for (const section of data.all ? [] : document.querySelectorAll('section')) {
      const { id } = section;
      all.push({ name: id, kind: kindOf(section), page: own, path: '', anchor: id });
    }
    this.all = all;
    this.complete = data.all;
    for (const target of all) {
      const list = this.#byName.get(target.name);
      if (list) list.push(target);
      else this.#byName.set(target.name, [target]);
    }
  }

  /** Where a name in the code leads to: on this page if it is here, and to no field if it is something else too. */
  of(name: string, page: string): Target | undefined {
    const targets = this.#byName.get(name) ?? [];
    const rank = ({ kind, page: own }: Target): number =>
      'fsmepx'.indexOf(kind) * 2 + (own === page ? 0 : 1);
    return [...targets].sort((a, b) => rank(a) - rank(b))[0];
  }
}

/** What a section is; without an attribute a function. */
export function kindOf(section: HTMLElement): string {
  return section.dataset['k'] ?? 'f';
}

/** The file name of this page. */
export function thisPage(): string {
  const name = location.pathname.slice(location.pathname.lastIndexOf('/') + 1);
  return name === '' ? 'index.html' : decodeURIComponent(name);
}

export function hrefOf({ page, anchor }: Target, here: string): string {
  return page === here ? `#${anchor}` : `${page}#${anchor}`;
}

/** Gives the links of the code their addresses. They are no tab stops; those of the marked line are. */
export function fillLinks(targets: Targets): void {
  const here = thisPage();
  for (const link of document.querySelectorAll<HTMLAnchorElement>('section h2 a'))
    link.href = `#${link.closest('section')?.id ?? ''}`;
  for (const list of document.querySelectorAll<HTMLElement>('.names'))
    for (const link of list.querySelectorAll<HTMLAnchorElement>('a:not([href])'))
      link.setAttribute('href', `${list.dataset['page'] ?? ''}#${link.textContent}`);
  for (const link of document.querySelectorAll<HTMLAnchorElement>('section td a')) {
    if (link.matches('.X, .E')) {
      link.href = `check.html#d${String(parseInt(link.textContent.slice(1), 10))}`;
    } else if (!link.hasAttribute('href')) {
      const target = targets.of(link.textContent, here);
      if (!target) continue;
      link.setAttribute('href', hrefOf(target, here));
    }
    if (link.className === '') link.tabIndex = -1;
  }
}

/** The data of an element; null if the page has none. */
export function pageData(id: string): unknown {
  const text = document.getElementById(id)?.textContent;
  return text ? JSON.parse(text) : null;
}
