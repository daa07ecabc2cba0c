// SPDX-License-Identifier: GPL-2.0-only
// The function that one came from, on the page of a patch that did not change it: its address keeps the way back.

import { decodedAnchor } from './places';
import { thisPage } from './targets';

interface From {
  readonly page: string;
  readonly id: string;
}

/** `from=PAGE,NAME` of the address; null where it says nothing of the kind. */
function fromOf(anchor: string): From | null {
  const [, page, id] = /^from=([\w.~-]+\.html),([\w$.~-]+)$/.exec(anchor) ?? [];
  return page !== undefined && id !== undefined ? { page, id } : null;
}

/** The address of the whole file, at the function that one came from; null where one came from none. */
export function wayBack(): string | null {
  const from = fromOf(decodedAnchor());
  return from ? `${from.page}#${from.id}` : null;
}

/** What to put behind a page's name, so that it knows where one was. */
export function fromHere(section: HTMLElement | null): string {
  const from = fromOf(decodedAnchor());
  if (from) return `#from=${from.page},${from.id}`;
  if (!section) return '';
  const whole = section.querySelector<HTMLAnchorElement>(':scope > div a.whole');
  const [page = '', id = ''] = whole
    ? (whole.getAttribute('href') ?? '').split('#')
    : [thisPage(), section.id];
  return id === '' ? '' : `#from=${page},${id}`;
}

/** Goes to the function if it is on this page too, else says that it is not, with the way back. */
export function followFrom(anchor: string): boolean {
  const from = fromOf(anchor);
  if (!from) return false;
  document.getElementById('-from')?.remove();
  if (document.getElementById(from.id)?.matches('section') === true) {
    history.replaceState(null, '', `#${from.id}`);
    return false;
  }
  const note = document.createElement('p');
  note.id = '-from';
  note.setAttribute('role', 'status');
  const link = document.createElement('a');
  link.href = `${from.page}#${from.id}`;
  link.textContent = from.id;
  const key = document.createElement('kbd');
  key.textContent = '0';
  note.append('This patch did not change ', link, '; ', key, ' leads back to it.');
  document.querySelector('#main .top')?.append(note);
  return true;
}
