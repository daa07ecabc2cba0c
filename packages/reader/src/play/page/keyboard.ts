// SPDX-License-Identifier: GPL-2.0-only
// Keys for all that the buttons do, and the dialog that lists them.

import { button, el } from './dom';

export interface Shortcut {
  /** As `KeyboardEvent.key` has them. */
  readonly keys: readonly string[];
  readonly shown: string;
  readonly what: string;
  /** @param key the one of `keys` that was pressed */
  readonly act: (key: string) => void;
}

export interface Keyboard {
  /** The list of keys; Escape closes it. */
  readonly dialog: HTMLDialogElement;
  /** Begins to listen. */
  listen(): void;
}

/** A key that is pressed in a field belongs to the field, Space and Enter to a button. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  const within = (selector: string): boolean => target.closest(selector) !== null;
  if (within('dialog, select, textarea, input[type=number]')) return true;
  if (key === ' ') return within('button, a, summary, input, [tabindex]');
  if (key === 'Enter') return within('button, a, summary');
  const moves = key.startsWith('Arrow') || key === 'Home' || key === 'End';
  return moves && within('input, [tabindex]');
}

/** One character: speech input types such keys by accident, so they can be turned off. */
function isCharacter(key: string): boolean {
  return key.length === 1 && key !== ' ';
}

/** `1 to 4` are two keys. */
function keysOf(shown: string): (Node | string)[] {
  const [first = '', ...rest] = shown.split(' to ');
  return [el('kbd', {}, first), ...rest.flatMap((one) => [' to ', el('kbd', {}, one)])];
}

export function keyboard(shortcuts: readonly Shortcut[]): Keyboard {
  const characters = el('input', { type: 'checkbox', id: 'character-keys', checked: true });
  const dialog = el(
    'dialog',
    { id: 'help', 'aria-labelledby': 'help-title' },
    el('h2', { id: 'help-title' }, 'Keys'),
    el(
      'dl',
      { class: 'keys' },
      ...shortcuts.flatMap(({ shown, what }) => [
        el('dt', {}, ...keysOf(shown)),
        el('dd', {}, what),
      ]),
    ),
    el('p', { class: 'note' }, 'In a list, a field or the slider, a key does what it does there.'),
    el(
      'p',
      {},
      el('label', { class: 'switch' }, characters, 'use the keys that are one character'),
    ),
  );
  const close = button('close', 'Close', () => {
    dialog.close();
  });
  dialog.append(close);
  return {
    dialog,
    listen() {
      document.addEventListener('keydown', (event) => {
        const { key } = event;
        if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event)) return;
        if (isCharacter(key) && !characters.checked) return;
        const found = shortcuts.find(({ keys }) => keys.includes(key));
        if (!found) return;
        event.preventDefault();
        found.act(key);
      });
    },
  };
}
