// SPDX-License-Identifier: GPL-2.0-only
// What terminals, web pages and wikis make of a line: colours, HTML entities, tabs in the place of blanks.

/** Sequences that set colours and move the cursor, titles of windows, and other characters of a terminal. */
const ESCAPES = new RegExp(
  [
    String.raw`\u001b\[[\d:;<=>?]*[ -/]*[@-~]`,
    String.raw`\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)`,
    String.raw`\u001b[@-Z\\^_]`,
    String.raw`\u001b[ -/]+[0-~]`,
  ].join('|'),
  'g',
);

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
  ['#39', "'"],
]);
const ENTITY = /&(lt|gt|amp|quot|apos|#39);/g;

/** Without its line ending, and without what a terminal would not show of it. */
export function withoutEscapes(given: string): string {
  let end = given.length;
  // `script` records the return of the terminal beside that of the tool.
  while (end > 0 && given.charCodeAt(end - 1) === 0x0d) end--;
  const text = end === given.length ? given : given.slice(0, end);
  return text.includes('\x1b') ? text.replace(ESCAPES, '') : text;
}

/** Whether a web page wrote it. */
export function hasEntity(text: string): boolean {
  return text.includes('&') && text.search(ENTITY) >= 0;
}

/** With the characters that entities stand for. */
export function decoded(text: string): string {
  return text.replace(ENTITY, (entity, name: string) => ENTITIES.get(name) ?? entity);
}

/** With blanks for tabs. */
export function withBlanks(text: string): string {
  return text.includes('\t') ? text.replaceAll('\t', ' ') : text;
}
