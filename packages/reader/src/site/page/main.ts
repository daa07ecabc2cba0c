// SPDX-License-Identifier: GPL-2.0-only
// Starts a page of the site: links, marks, sides, search, keys.

import type { NamesData } from '../names-json';
import { startKeyboard } from './keyboard';
import {
  anchorOf,
  cellsOf,
  currentOf,
  decodedAnchor,
  findPlace,
  mark,
  sections,
  show,
} from './places';
import { startReach } from './reach';
import { Search } from './search';
import { setSide, startSides } from './sides';
import { followFrom } from './way-back';
import { Targets, fillLinks, pageData } from './targets';

const targets = new Targets(
  (pageData('-names') ?? { pages: [], names: [], all: true }) as NamesData,
);
fillLinks(targets);
startSides();
startReach();
const search = new Search(targets);
startKeyboard(search);
startMarks();
startHere();
startMenu();
addEventListener('hashchange', follow);
follow();

/** Goes to what the address names. */
function follow(): void {
  if (followFrom(decodedAnchor())) return;
  const anchor = decodedAnchor();
  if (anchor.startsWith('?')) {
    history.replaceState(null, '', '#');
    search.open(anchor.slice(1));
    return;
  }
  const place = findPlace(anchor);
  if (!place) return;
  mark(place.row, place.side);
  const target = place.row ?? place.section;
  // The side that the address names may be hidden.
  if (place.side && place.row?.getClientRects().length === 0) setSide(place.side);
  show(target, place.row ? 'third' : 'top');
}

/** A click on a line marks it and its counterpart, and the address becomes its link. */
function startMarks(): void {
  document.getElementById('main')?.addEventListener('click', (event) => {
    if (!(event.target instanceof Element) || event.target.closest('a, button, summary')) return;
    const cell = event.target.closest('td');
    const row = cell?.closest<HTMLTableRowElement>('section > table tr:not(.z)');
    if (!cell || !row) return;
    // Whoever selects text does not want a mark.
    if (getSelection()?.isCollapsed === false) return;
    const side = cellsOf(row, 't')?.includes(cell) === true ? 't' : 'c';
    const anchor = anchorOf(row, side) ?? anchorOf(row, side === 't' ? 'c' : 't');
    mark(row, side);
    if (anchor !== null) history.replaceState(null, '', `#${anchor}`);
  });
}

/** On a phone the pages are behind a button. */
function startMenu(): void {
  const button = document.getElementById('-menu');
  button?.addEventListener('click', () => {
    const open = document.body.classList.toggle('menu');
    button.setAttribute('aria-expanded', String(open));
  });
}

/** The bar names the function that one reads. */
function startHere(): void {
  const button = document.getElementById('-here');
  const all = sections();
  if (!button || all.length === 0) return;
  button.hidden = false;
  let waits = false;
  const update = (): void => {
    waits = false;
    const section = currentOf(all) ?? all[0];
    button.textContent = section?.querySelector('h2')?.textContent ?? '';
    button.setAttribute('aria-label', `Function: ${button.textContent}; list all`);
  };
  addEventListener(
    'scroll',
    () => {
      if (waits) return;
      waits = true;
      requestAnimationFrame(update);
    },
    { passive: true },
  );
  update();
}
