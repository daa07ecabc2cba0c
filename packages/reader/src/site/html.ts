// SPDX-License-Identifier: GPL-2.0-only
// HTML by template: what is put in is escaped, unless it is HTML made here; and text that hides or turns letters is shown.

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, bidi controls, letters of no width, private ones, halves of pairs; tab and line end are none. */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** HTML that this folder made. */
export class Html {
  constructor(readonly text: string) {}
}

export type HtmlValue = string | number | Html | readonly Html[];

/** Text without characters that hide or turn others: `[U+202E]` stands for the one with that number. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (c) => `[${codePoint(c)}]`);
}

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

/** Not named html: prettier would lay such templates out, and the pages are to be short. */
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

/** 1 function, 2 functions. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

function rendered(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map((one) => one.text).join('');
}

function codePoint(c: string): string {
  return `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
