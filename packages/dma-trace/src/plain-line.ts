// SPDX-License-Identifier: GPL-2.0-only
/* eslint-disable no-control-regex -- such characters are what is taken out */
// What terminals, web pages and wikis make of a line: colours, HTML entities, tabs in the place of blanks.

/** Sequences that set colours and move the cursor, titles of windows, and other characters of a terminal. */
// eslint-disable-next-line no-control-regex -- these are what is taken out
const ESCAPES =
  /\x1b(?:\[[\d:;<=>?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_]|[ -/]+[0-~])/g;

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
