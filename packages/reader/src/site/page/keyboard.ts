// SPDX-License-Identifier: GPL-2.0-only
// The keys: from function to function, change to change, finding to finding, line to line, page to page.

import { type Action, KEYS } from '../keys';
import {
  anchorOf,
  currentOf,
  decodedAnchor,
  findPlace,
  mark,
  markedRow,
  rowsOf,
  say,
  sections,
  show,
  topOfCode,
} from './places';
import type { Search } from './search';
import { nextSide } from './sides';
import { fromHere, wayBack } from './way-back';

export function startKeyboard(search: Search): void {
  const help = document.getElementById('-keys') as HTMLDialogElement;
  const openHelp = (): void => {
    help.showModal();
  };
  const openSearch = (): void => {
    search.open();
  };
  help.addEventListener('click', ({ target }) => {
    if (target === help) help.close();
  });
  document.getElementById('-help')?.addEventListener('click', openHelp);
  for (const id of ['-search', '-open', '-here'])
    document.getElementById(id)?.addEventListener('click', openSearch);

  const actions: Readonly<Record<Action, (key: string) => void>> = {
    'next-function': () => {
      step(sections(), 1, 'top');
    },
    'previous-function': () => {
      step(sections(), -1, 'top');
    },
    'next-hunk': () => {
      step(hunks(), 1, 'third');
    },
    'previous-hunk': () => {
      step(hunks(), -1, 'third');
    },
    'next-finding': () => {
      step(badgeRows(), 1, 'third');
    },
    'previous-finding': () => {
      step(badgeRows(), -1, 'third');
    },
    'next-line': () => {
      nextLine(1);
    },
    'previous-line': () => {
      nextLine(-1);
    },
    sides: nextSide,
    page: goToPage,
    search: openSearch,
    help: openHelp,
  };
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]')) return;
    if (event.target instanceof HTMLInputElement) return;
    const key = KEYS.find(({ keys }) => keys.includes(event.key));
    if (!key) return;
    event.preventDefault();
    actions[key.action](event.key);
  });
}

/** To the next of these below or above where one reads; a row is marked, and the address is its link. */
function step(elements: readonly HTMLElement[], by: 1 | -1, at: 'top' | 'third'): void {
  const visible = elements.filter((one) => one.getClientRects().length > 0);
  const line = at === 'top' ? topOfCode() - 38 : Math.max(topOfCode(), innerHeight / 3);
  const tops = visible.map((one) => one.getBoundingClientRect().top - line);
  // At the end of a page what one is at cannot come up to the line: the mark tells.
  const marked = markedRow();
  const own = marked ? visible.indexOf(marked) : -1;
  const next =
    own >= 0
      ? visible[own + by]
      : by > 0
        ? visible[tops.findIndex((top) => top > 4)]
        : visible[tops.findLastIndex((top) => top < -4)];
  if (!next) {
    say(by > 0 ? 'None below' : 'None above');
    return;
  }
  if (next instanceof HTMLTableRowElement) {
    visit(next);
  } else {
    mark(null);
    history.replaceState(null, '', `#${next.id}`);
    show(next, 'top');
    say(next.id);
  }
}

/** Marks a row, makes the address its link, and brings it into view. */
export function visit(row: HTMLTableRowElement): void {
  const side = document.documentElement.dataset['side'] === 't' ? 't' : 'c';
  mark(row, side);
  const anchor = anchorOf(row, side) ?? anchorOf(row, side === 't' ? 'c' : 't');
  if (anchor !== null) history.replaceState(null, '', `#${anchor}`);
  show(row, 'third');
  say(`${anchor ?? ''}: ${row.textContent.slice(0, 200)}`);
}

function nextLine(by: 1 | -1): void {
  const rows = sections()
    .flatMap(rowsOf)
    .filter((row) => row.getClientRects().length > 0);
  const marked = markedRow();
  const at = marked
    ? rows.indexOf(marked) + by
    : rows.indexOf(currentOf(rows) ?? (rows[0] as HTMLTableRowElement));
  const row = rows[at];
  if (row) visit(row);
}

/** The first row of each change: lines added or removed, on a file's page lines of another patch than those above. */
function hunks(): HTMLElement[] {
  const starts: HTMLElement[] = [];
  let before = '';
  for (const section of sections()) {
    const classes = section.querySelector(':scope > table')?.className ?? '';
    const usual = /\ba(\d)/.exec(classes)?.[1] ?? '';
    for (const row of rowsOf(section)) {
      const kind = kindOf(row, usual);
      if (kind !== '' && kind !== before) starts.push(row);
      before = kind;
    }
    if (document.body.classList.contains('patch')) before = '';
  }
  return starts;
}

function kindOf(row: HTMLTableRowElement, usual: string): string {
  if (row.querySelector(':scope > .a, :scope > .d')) return 'change';
  if (row.classList.contains('t')) return '';
  const own = /\bp(\d)/.exec(row.cells[1]?.className ?? '')?.[1] ?? usual;
  return own === '' || own === '0' ? '' : `patch ${own}`;
}

function badgeRows(): HTMLElement[] {
  return [
    ...document.querySelectorAll<HTMLElement>('section > table tr:has(> td > .F, > td > .D)'),
  ];
}

/** The page of a patch, or with 0 the whole file, at the function where one is. */
function goToPage(key: string): void {
  const section = findPlace(decodedAnchor())?.section ?? currentOf(sections());
  if (key === '0') {
    const from = wayBack();
    if (from !== null) {
      location.href = from;
      return;
    }
    const whole = section
      ?.querySelector<HTMLAnchorElement>(':scope > div a.whole')
      ?.getAttribute('href');
    if (whole) location.href = whole;
    else say('The whole file is shown here');
    return;
  }
  const own = section?.querySelector<HTMLAnchorElement>(
    `:scope > div a[href^="patch-${key}.html"]`,
  );
  const any = document.querySelector<HTMLAnchorElement>(`header nav a[data-key="${key}"]`);
  const href = (own ?? any)?.getAttribute('href');
  // A patch that did not change the function: its page keeps the name for the way back.
  const kept = own ? '' : fromHere(section);
  if (href) location.href = href + kept;
  else say(`There is no patch ${key}`);
}
