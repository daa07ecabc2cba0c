// SPDX-License-Identifier: GPL-2.0-only
// Elements of the page. What comes from outside becomes text, never HTML.

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** @param attributes true: without a value, false: not there */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) made.setAttribute(name, value === true ? '' : String(value));
  made.append(...children);
  return made;
}

export interface Choice<T> {
  readonly text: string;
  readonly value: T;
}

/** A list to choose from. */
export class Select<T> {
  readonly label: HTMLLabelElement;
  private readonly box: HTMLSelectElement;

  constructor(
    name: string,
    private readonly choices: readonly Choice<T>[],
    first: T,
    changed: () => void,
  ) {
    const index = choices.findIndex(({ value }) => value === first);
    this.box = el(
      'select',
      { autocomplete: 'off' },
      ...choices.map(({ text }, i) =>
        el('option', { value: i, selected: i === Math.max(0, index) }, text),
      ),
    );
    this.label = el('label', {}, name, this.box);
    this.box.addEventListener('change', changed);
  }

  get value(): T {
    const chosen = this.choices[this.box.selectedIndex];
    if (!chosen) throw new Error('nothing is chosen');
    return chosen.value;
  }

  set value(value: T) {
    this.box.selectedIndex = this.choices.findIndex((one) => one.value === value);
  }
}

/** A box to tick. */
export class Tick {
  readonly label: HTMLLabelElement;
  readonly box: HTMLInputElement;

  constructor(name: string, checked: boolean, changed: () => void) {
    this.box = el('input', { type: 'checkbox', autocomplete: 'off', checked });
    this.label = el('label', {}, this.box, name);
    this.box.addEventListener('change', changed);
  }

  /** Whether it is ticked and can be. */
  get on(): boolean {
    return this.box.checked && !this.box.disabled;
  }
}

export function button(text: string, act: () => void, attributes: Attributes = {}): HTMLElement {
  const made = el('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', act);
  return made;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/**
 * A table as those of all reports: it scrolls where it is too wide, and folds on a phone.
 * @param numbersFrom texts from this column on are set to the right
 */
export function table(
  label: string,
  head: readonly (Node | string)[],
  rows: readonly (readonly (Node | string)[])[],
  numbersFrom: number,
): HTMLElement {
  const hasText = (i: number): boolean => i > 0 && typeof (rows[0]?.[i] ?? '') !== 'string';
  const kind = (i: number): string => (i < numbersFrom || hasText(i) ? 'text' : 'number');
  const names = head.map((one) => (typeof one === 'string' ? one : (one.textContent ?? '')));
  const cells = head.map((one, i) => el('th', { scope: 'col', class: kind(i) }, one));
  const body = rows.map((row) =>
    el(
      'tr',
      {},
      ...row.map((value, i) => {
        const attributes = { class: i === 0 ? 'text' : kind(i), 'data-label': names[i] ?? '' };
        return i === 0
          ? el('th', { scope: 'row', ...attributes }, value)
          : el('td', attributes, value);
      }),
    ),
  );
  return el(
    'div',
    { class: 'scroll folds', tabindex: 0, role: 'region', 'aria-label': `Table: ${label}` },
    el('table', {}, el('thead', {}, el('tr', {}, ...cells)), el('tbody', {}, ...body)),
  );
}
