// SPDX-License-Identifier: GPL-2.0-only
// Keys for all that the buttons do, and the dialog that lists them.

import { button, el } from './dom';

export interface Shortcut {
  /** As `KeyboardEvent.key` has them; the first is shown. */
  readonly keys: readonly string[];
  readonly shown: string;
  readonly what: string;
  readonly act: () => void;
}

/** A key that is pressed in a field belongs to the field, and Space and Enter to a button. */
function isTaken(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof Element)) return false;
  if (target.closest('dialog') !== null) return true;
  if (target.closest('select, textarea, input:not([type=range]):not([type=radio])') !== null)
    return true;
  const isArrow = event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End';
  if (isArrow && target.closest('input, [tabindex]') !== null) return true;
  return event.key === ' ' && target.closest('button, a, summary, input, [tabindex]') !== null;
}

export function listenToKeys(shortcuts: readonly Shortcut[]): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event)) return;
    const found = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (!found) return;
    event.preventDefault();
    found.act();
  });
}

/** The list of keys, as a dialog that Escape closes. */
export function helpDialog(shortcuts: readonly Shortcut[]): HTMLDialogElement {
  const dialog = el(
    'dialog',
    { id: 'help', 'aria-labelledby': 'help-title' },
    el('h2', { id: 'help-title' }, 'Keys'),
    el(
      'dl',
      { class: 'keys' },
      ...shortcuts.flatMap(({ shown, what }) => [
        el('dt', {}, el('kbd', {}, shown)),
        el('dd', {}, what),
      ]),
    ),
    el('p', {}, 'A key in a list, the slider or a field of an answer does what it does there.'),
  );
  const close = button('close', 'Close', () => {
    dialog.close();
  });
  dialog.append(close);
  return dialog;
}
