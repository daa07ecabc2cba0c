// SPDX-License-Identifier: GPL-2.0-only
// Search for a name in both languages; with nothing typed it lists the functions of the page.

import { sections } from './places';
import { type Target, type Targets, hrefOf, kindOf, thisPage } from './targets';

const KIND_NAMES: Readonly<Record<string, string>> = {
  f: 'function',
  s: 'struct',
  m: 'constant or variable',
  e: 'field',
  p: 'prototype or stub',
  x: 'lines without a name',
};
/** Of one name, those that it is looked for first. */
const KINDS = 'fsmepx';
const MOST = 60;

export class Search {
  readonly #dialog: HTMLDialogElement;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #count: HTMLElement;
  #hits: readonly Target[] = [];
  #chosen = 0;

  constructor(private readonly targets: Targets) {
    this.#dialog = document.getElementById('-find') as HTMLDialogElement;
    this.#input = document.getElementById('-q') as HTMLInputElement;
    this.#list = document.getElementById('-hits') as HTMLElement;
    this.#count = document.getElementById('-count') as HTMLElement;
    this.#input.addEventListener('input', () => {
      this.#update();
    });
    this.#input.addEventListener('keydown', (event) => {
      this.#key(event);
    });
    this.#list.addEventListener('click', (event) => {
      const item = event.target instanceof Element ? event.target.closest('li') : null;
      if (item) this.#go(Number(item.dataset['n']));
    });
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open(query = ''): void {
    this.#input.value = query;
    this.#update();
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#input.focus();
  }

  #update(): void {
    const query = this.#input.value.trim();
    const found = query === '' ? ofThisPage() : ranked(this.targets.all, query);
    const elsewhere = query !== '' && !this.targets.complete ? [inAllFiles(query)] : [];
    this.#hits = [...found.slice(0, MOST), ...elsewhere];
    this.#chosen = 0;
    this.#list.replaceChildren(...this.#hits.map((hit, i) => item(hit, i)));
    const more = found.length > MOST ? `, the first ${String(MOST)} shown` : '';
    this.#count.textContent =
      query === '' && found.length === 0 ? '' : `${String(found.length)} found${more}`;
    this.#showChosen();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Enter') {
      event.preventDefault();
      this.#go(this.#chosen);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.#chosen = Math.max(0, Math.min(this.#hits.length - 1, this.#chosen + step));
      this.#showChosen();
    }
  }

  #showChosen(): void {
    [...this.#list.children].forEach((one, i) => {
      one.setAttribute('aria-selected', String(i === this.#chosen));
      if (i === this.#chosen) one.scrollIntoView({ block: 'nearest' });
    });
    if (this.#hits.length > 0)
      this.#input.setAttribute('aria-activedescendant', `-hit${String(this.#chosen)}`);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  #go(index: number): void {
    const hit = this.#hits[index];
    if (!hit) return;
    this.#dialog.close();
    location.href = hrefOf(hit, thisPage());
  }
}

function item({ name, kind, path }: Target, index: number): HTMLElement {
  const line = document.createElement('li');
  line.id = `-hit${String(index)}`;
  line.setAttribute('role', 'option');
  line.dataset['n'] = String(index);
  const title = document.createElement('b');
  title.textContent = name;
  const note = document.createElement('span');
  note.textContent = [KIND_NAMES[kind] ?? '', path === '' ? 'on this page' : path]
    .filter((text) => text !== '')
    .join(' · ');
  line.append(title, ' ', note);
  return line;
}

/** The first page has the names of all files. */
function inAllFiles(query: string): Target {
  const anchor = `?${encodeURIComponent(query)}`;
  return { name: query, kind: '', page: 'index.html', path: 'search in all files', anchor };
}

function ofThisPage(): Target[] {
  const page = thisPage();
  return sections().map((section) => {
    const { id } = section;
    return { name: id, kind: kindOf(section), page, path: '', anchor: id };
  });
}

/** Names that begin with the text, then those with a word that does, then those that have it anywhere. */
function ranked(all: readonly Target[], query: string): Target[] {
  const wanted = query.toLowerCase();
  const rank = ({ name }: Target): number => {
    const text = name.toLowerCase();
    if (text === wanted) return 0;
    if (text.startsWith(wanted)) return 1;
    if (text.includes(`_${wanted}`)) return 2;
    return text.includes(wanted) ? 3 : 4;
  };
  return all
    .map((target): [number, Target] => [rank(target), target])
    .filter(([order]) => order < 4)
    .sort(
      ([a, one], [b, other]) =>
        a - b ||
        KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) ||
        one.name.length - other.name.length ||
        (one.name < other.name ? -1 : 1),
    )
    .map(([, target]) => target);
}
