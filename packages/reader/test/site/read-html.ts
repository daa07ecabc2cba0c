// SPDX-License-Identifier: GPL-2.0-only
// Reads the pages of a site as far as the tests ask: tags, links, ids, and the rows of code.

export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface CodeLine {
  readonly number: number;
  readonly text: string;
}

export interface CodeRow {
  readonly c: CodeLine | null;
  readonly ts: CodeLine | null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
};

export function decode(text: string): string {
  return text.replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

/** The page without what its scripts and style have inside. */
export function withoutScripts(page: string): string {
  return page.replace(/(<(script|style)\b[^>]*>)[\s\S]*?(<\/\2>)/g, '$1$3');
}

/** All start tags. A < that begins no tag is an error of the page. */
export function tagsOf(page: string): Tag[] {
  return [...withoutScripts(page).matchAll(/<(?!\/|!doctype html>)([^>]*)>/g)].map(
    ([, inside = '']) => {
      const [, name = '', rest = ''] = /^([a-z][a-z0-9]*)((?:\s[\s\S]*)?)$/.exec(inside) ?? [];
      const attributes = new Map<string, string>();
      for (const [, key = '', quoted, bare] of rest.matchAll(
        /([^\s=]+)(?:=(?:"([^"]*)"|([^\s"]+)))?/g,
      ))
        attributes.set(key, decode(quoted ?? bare ?? ''));
      return { name: name === '' ? `?${inside}` : name, attributes };
    },
  );
}

export function idsOf(page: string): string[] {
  return tagsOf(page).flatMap(({ attributes }) => attributes.get('id') ?? []);
}

/** Where a page leads to, as it stands in the page. */
export function linksOf(page: string): string[] {
  return tagsOf(page).flatMap(({ attributes }) => attributes.get('href') ?? []);
}

/** The rows of all sections, or of the one with an id. */
export function rowsOf(page: string, id?: string): CodeRow[] {
  return page
    .split('\n<section id=')
    .slice(1)
    .map((section) => section.slice(0, section.indexOf('</section>')))
    .filter((section) => id === undefined || /^"?([^\s">]*)/.exec(section)?.[1] === id)
    .flatMap((body) => {
      const [, classes = '', rows = ''] =
        /<table(?: class=("[^"]*"|\w+))?>([\s\S]*)<\/table>$/.exec(body) ?? [];
      const only = /\boc\b/.test(classes) ? 'c' : /\bot\b/.test(classes) ? 'ts' : null;
      return rows
        .split(/<tr(?: class=(?:"[^"]*"|\w+))?>/)
        .slice(1)
        .map((row) => rowOf(row, only));
    });
}

function rowOf(row: string, only: 'c' | 'ts' | null): CodeRow {
  const cells = row.split(/<td(?: class=(?:"[^"]*"|\w+))?>/).slice(1);
  const line = (at: number): CodeLine | null => {
    const number = cells[at];
    return number === undefined || number === ''
      ? null
      : { number: Number(number), text: codeText(cells[at + 1] ?? '') };
  };
  if (only === 'c') return { c: line(0), ts: null };
  if (only === 'ts') return { c: null, ts: line(0) };
  return { c: line(0), ts: line(2) };
}

/** A cell's code without badges. */
function codeText(cell: string): string {
  return decode(cell.replace(/<a class=[FDXE]\b[^>]*>[^<]*<\/a>/g, '').replace(/<[^>]*>/g, ''));
}
