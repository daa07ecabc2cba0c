// SPDX-License-Identifier: GPL-2.0-only
// Lines by their links: NAME.c12 is line 12 of NAME in the C, NAME.t12 in the TypeScript; and the line that is marked.

export type Side = 'c' | 't';

export interface PlaceOfLine {
  readonly section: HTMLElement;
  readonly row: HTMLTableRowElement | null;
  readonly side: Side | null;
}

/** The cells of a side of a row: number and code; null where it has none. */
export function cellsOf(row: HTMLTableRowElement, side: Side): [HTMLElement, HTMLElement] | null {
  const one = onlySide(row);
  if (one !== null && one !== side) return null;
  const offset = one === null && side === 't' ? 2 : 0;
  const [number, code] = [row.cells[offset], row.cells[offset + 1]];
  return number && code && number.textContent !== '' ? [number, code] : null;
}

/** The side of a table that has one only. */
function onlySide(row: HTMLTableRowElement): Side | null {
  const classes = row.closest('table')?.classList;
  return classes?.contains('oc') ? 'c' : classes?.contains('ot') ? 't' : null;
}

/** The part of the address after the #; what cannot be decoded is taken as it is. */
export function decodedAnchor(): string {
  const text = location.hash.slice(1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The place that an address names, without the #. */
export function findPlace(anchor: string): PlaceOfLine | null {
  const [, id = anchor, side = null, line] = /^(.*)\.([ct])(-?\d+)$/.exec(anchor) ?? [];
  const section = document.getElementById(id);
  if (!section?.matches('section')) return null;
  if (side === null) return { section, row: null, side: null };
  const wanted = Number(line);
  const of = side as Side;
  for (const row of rowsOf(section))
    if (numberOf(section, row, of) === wanted) return { section, row, side: of };
  return { section, row: null, side: of };
}

/** The address of a line, without the #; null on a side that the row does not have. */
export function anchorOf(row: HTMLTableRowElement, side: Side): string | null {
  const section = row.closest<HTMLElement>('section');
  if (!section) return null;
  const number = numberOf(section, row, side);
  return number === null ? null : `${section.id}.${side}${String(number)}`;
}

export function rowsOf(section: HTMLElement): HTMLTableRowElement[] {
  return [...section.querySelectorAll<HTMLTableRowElement>(':scope > table tr')];
}

/** In its section: from the definition's first line in a file, by position where a patch is shown. */
function numberOf(section: HTMLElement, row: HTMLTableRowElement, side: Side): number | null {
  const cells = cellsOf(row, side);
  if (!cells) return null;
  const base = section.dataset[side];
  if (base !== undefined) return Number(cells[0].textContent) - Number(base) + 1;
  const own = rowsOf(section).filter((one) => cellsOf(one, side) !== null);
  return own.indexOf(row) + 1;
}

/**
 * The rows of a row's counterparts, itself among them: lines of one statement that the other side has on one line. A row
 * whose lines only stand beside each other is alone.
 */
function counterparts(row: HTMLTableRowElement): HTMLTableRowElement[] {
  const joined = (one: Element): boolean => one.classList.contains('j');
  const alone = (one: Element): boolean => one.matches('.c, .t');
  let base: Element | null = row;
  if (joined(row)) while (base && alone(base)) base = base.previousElementSibling;
  if (!base || base.classList.contains('u') || alone(base)) return [row];
  const rows = [base];
  let next = base.nextElementSibling;
  for (; next && alone(next); next = next.nextElementSibling) if (joined(next)) rows.push(next);
  return rows as HTMLTableRowElement[];
}

/**
 * Marks a row and its counterparts. The links on them become tab stops.
 * @param side of the line that is meant, where the row's lines are no counterparts
 */
export function mark(row: HTMLTableRowElement | null, side: Side | null = null): void {
  for (const old of document.querySelectorAll('tr.k, tr.l')) {
    old.classList.remove('k', 'l', 'kc', 'kt');
    for (const link of old.querySelectorAll<HTMLAnchorElement>('a:not([class])'))
      link.tabIndex = -1;
  }
  if (!row) return;
  for (const one of counterparts(row)) {
    one.classList.add(one === row ? 'k' : 'l');
    for (const link of one.querySelectorAll<HTMLAnchorElement>('a:not([class])')) link.tabIndex = 0;
  }
  if (row.classList.contains('u')) row.classList.add(side === 't' ? 'kt' : 'kc');
}

export function markedRow(): HTMLTableRowElement | null {
  return document.querySelector<HTMLTableRowElement>('tr.k');
}

/** How far below the window's top code begins: below the bar and a function's heading. */
export function topOfCode(): number {
  const bar = document.querySelector('header')?.getBoundingClientRect().bottom ?? 0;
  return bar + 38;
}

/** Scrolls so that an element is in the upper third. A second time, when rows that were never drawn have their size. */
export function show(element: Element, at: 'top' | 'third'): void {
  const scroll = (): void => {
    const wanted = at === 'top' ? topOfCode() - 38 : Math.max(topOfCode(), innerHeight / 3);
    scrollBy({ top: element.getBoundingClientRect().top - wanted, behavior: 'instant' });
  };
  scroll();
  requestAnimationFrame(() => {
    scroll();
    requestAnimationFrame(scroll);
  });
}

/** The last of these that begins above the reading line. */
export function currentOf<T extends Element>(elements: readonly T[]): T | null {
  const line = topOfCode() + 4;
  let found: T | null = null;
  for (const element of elements) {
    if (element.getBoundingClientRect().top > line) break;
    found = element;
  }
  return found;
}

export function sections(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('section')];
}

/** What a screen reader is told. */
export function say(text: string): void {
  const status = document.getElementById('-say');
  if (status) status.textContent = text;
}
