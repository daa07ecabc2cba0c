// SPDX-License-Identifier: GPL-2.0-only
// Which sides are shown: both, the C alone or the TypeScript alone; on a phone one of the two, changed by a swipe.

import { currentOf, rowsOf, say, sections, show } from './places';

export type Shown = 'b' | 'c' | 't';

const NAMES: Readonly<Record<Shown, string>> = { b: 'both sides', c: 'the C', t: 'the TypeScript' };
const PHONE = '(max-width: 700px)';
/** A swipe is so many pixels wide at least, and twice as wide as high. */
const SWIPE = 60;

function shown(): Shown {
  const side = document.documentElement.dataset['side'];
  if (side === 'c' || side === 't') return side;
  return matchMedia(PHONE).matches ? 'c' : 'b';
}

export function setSide(side: Shown): void {
  const row = rowInView();
  document.documentElement.dataset['side'] = side;
  updateButtons();
  if (row && row.getClientRects().length > 0) show(row, 'third');
  say(`Shown: ${NAMES[side]}`);
}

export function nextSide(): void {
  const order: readonly Shown[] = matchMedia(PHONE).matches ? ['c', 't'] : ['b', 'c', 't'];
  setSide(order[(order.indexOf(shown()) + 1) % order.length] ?? 'c');
}

export function startSides(): void {
  const buttons = sideButtons();
  if (buttons.length === 0) return;
  for (const button of buttons)
    button.addEventListener('click', () => {
      setSide(button.dataset['side'] as Shown);
    });
  matchMedia(PHONE).addEventListener('change', updateButtons);
  updateButtons();
  let start: Touch | null = null;
  addEventListener(
    'touchstart',
    ({ touches }) => {
      start = touches.length === 1 ? (touches[0] ?? null) : null;
    },
    { passive: true },
  );
  addEventListener(
    'touchend',
    ({ changedTouches }) => {
      const end = changedTouches[0];
      if (!start || !end || !matchMedia(PHONE).matches) return;
      const x = end.clientX - start.clientX;
      const y = end.clientY - start.clientY;
      if (Math.abs(x) < SWIPE || Math.abs(x) < 2 * Math.abs(y)) return;
      if (start.target instanceof Element && start.target.closest('.l, .scroll, dialog, nav'))
        return;
      setSide(x < 0 ? 't' : 'c');
    },
    { passive: true },
  );
}

function sideButtons(): HTMLButtonElement[] {
  return [...document.querySelectorAll<HTMLButtonElement>('.sides button')];
}

function updateButtons(): void {
  for (const button of sideButtons())
    button.setAttribute('aria-pressed', String(button.dataset['side'] === shown()));
}

/** The row with both sides that is read now: it stays where it is when a side goes. */
function rowInView(): HTMLTableRowElement | null {
  const section = currentOf(sections());
  if (!section) return null;
  const rows = rowsOf(section).filter((row) => !row.matches('.c, .t'));
  return currentOf(rows.filter((row) => row.getClientRects().length > 0));
}
