// SPDX-License-Identifier: GPL-2.0-only
// Elements with attributes and children in one expression; every text becomes a text node.

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string;

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
}

/** @param attributes `false` and `undefined` leave one out, `true` writes it without a value */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  fill(element, attributes, children);
  return element;
}

/** A button that shows a text, which is its name then, or an icon, which `label` names. */
export function button(
  label: string,
  sign: Node | string,
  act: () => void,
  key = '',
): HTMLButtonElement {
  const made = el(
    'button',
    {
      type: 'button',
      title: key === '' ? label : `${label} (${key})`,
      'aria-label': typeof sign === 'string' ? undefined : label,
    },
    sign,
  );
  made.addEventListener('click', act);
  return made;
}

/** A part of the page: a heading and what is drawn below it anew at each step. */
export interface Panel {
  readonly section: HTMLElement;
  readonly body: HTMLElement;
}

export function panel(id: string, title: string, note = ''): Panel {
  const body = el('div', { class: 'body' });
  const section = el(
    'section',
    { id, class: 'panel', 'aria-labelledby': `${id}-title` },
    el('h2', { id: `${id}-title` }, title),
    ...(note === '' ? [] : [el('p', { class: 'note' }, note)]),
    body,
  );
  return { section, body };
}
