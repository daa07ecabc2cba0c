// SPDX-License-Identifier: GPL-2.0-only
// HTML by template: what is put in is escaped, unless it is HTML made here.

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML that this module made. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = string | number | Html | readonly Html[];

/** Text fit for HTML; of control characters only a sign remains. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? '').replace(/\p{Cc}|\p{Cf}/gu, '\u{fffd}');
}

export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = strings[0] ?? '';
  values.forEach((value, i) => {
    text += rendered(value) + (strings[i + 1] ?? '');
  });
  return new Html(text);
}

function rendered(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map((one) => one.text).join('');
}

/** Tables with fewer columns fit a phone as they are. */
const FOLDS_FROM = 3;

/**
 * A table that scrolls where it is too wide; on a phone each row is a block of `head: value` lines.
 * @param numbersFrom columns from it on are right-aligned
 * @param attributes of each row
 */
export function htmlTable(
  head: readonly string[],
  rows: readonly (readonly (string | Html)[])[],
  numbersFrom: number,
  attributes: readonly Html[] = [],
): Html {
  const kind = (i: number): string => (i < numbersFrom ? 'text' : 'number');
  const headCells = head.map((text, i) => html`<th scope="col" class="${kind(i)}">${text}</th>`);
  const label = (i: number): Html => (head[i] ? html`data-label="${head[i]}"` : html``);
  const body = rows.map((row, n) => {
    const cells = row.map((value, i) =>
      i === 0
        ? html`<th scope="row" class="text" ${label(i)}>${value}</th>`
        : html`<td class="${kind(i)}" ${label(i)}>${value}</td>`,
    );
    return html`<tr${attributes[n] ?? html``}>
      ${cells}
    </tr>`;
  });
  const folds = head.length >= FOLDS_FROM ? 'scroll folds' : 'scroll';
  const columns = head.filter((text) => text !== '').join(', ');
  return html`<div class="${folds}" tabindex="0" role="region" aria-label="Table: ${columns}">
    <table>
      <thead>
        <tr>
          ${headCells}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}
