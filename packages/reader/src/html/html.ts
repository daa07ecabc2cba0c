// SPDX-License-Identifier: GPL-2.0-only
// HTML by template: what is put in is escaped, unless it is HTML made here; and text that hides or turns letters is shown.

import { HIDDEN, codePoint, visible } from '../syntax/hidden';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML made by these functions. */
export class Html {
  constructor(readonly text: string) {}
}

export type HtmlValue = string | number | Html | readonly Html[];

/** Text fit for HTML and for quoted attributes. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? '');
}

/** A line of code fit for HTML between tags, as short as it can be; hidden characters stand out. */
export function escapeCode(text: string): string {
  return text
    .replace(/[&<]/g, (c) => (c === '&' ? '&amp;' : '&lt;'))
    .replace(HIDDEN, (c) => `<mark>${codePoint(c)}</mark>`);
}

/** An attribute's value, with quotes only where HTML needs them. */
export function attribute(value: string): string {
  return /^[\w.,#:/+~$-]+$/.test(value) ? value : `"${escapeHtml(value)}"`;
}

/** Not named html: oxfmt would lay such templates out, and the pages are to be short. */
export function markup(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0] ?? '';
  values.forEach((value, i) => {
    text += rendered(value) + (strings[i + 1] ?? '');
  });
  return new Html(text);
}

/** Data for the page's script; it cannot end its element. */
export function jsonElement(id: string, json: string): Html {
  const text = visible(json).replaceAll('<', '\\u003c');
  return new Html(`<script type=application/json id=${id}>${text}</script>`);
}

function rendered(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map((one) => one.text).join('');
}
