// SPDX-License-Identifier: GPL-2.0-only
// A command line with a button that copies it.

import { button, el } from './dom';

/** For how long the button says that it did. */
const SAID_MS = 2000;

export function command(text: string): HTMLElement {
  const code = el('code', { class: 'command' }, text);
  const copy = button('Copy', () => {
    void copied(text, code).then((done) => {
      copy.textContent = done ? 'Copied' : 'Selected: copy it with Ctrl+C';
      setTimeout(() => {
        copy.textContent = 'Copy';
      }, SAID_MS);
    });
  });
  copy.setAttribute('aria-live', 'polite');
  return el('div', { class: 'copy' }, code, copy);
}

/** A page from a file is not always allowed the clipboard: then the line is at least selected. */
async function copied(text: string, code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return false;
  }
}
