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
  ['nbsp', ' '],
  ['#160', ' '],
]);
const ENTITY = /&(lt|gt|amp|quot|apos|#39|nbsp|#160);/g;
/** At the end of a line of a page. */
const BREAK = /<br ?\/?>\s*$/i;

/** Alone in a line: what stands above and below a paste in Markdown, HTML, and the marks of trackers. */
const FENCE =
  /^[\s>]*(?:(?:`{3,}|~{3,}) ?[\w+#.-]*|<\/?(?:pre|code|details|summary|blockquote|p)>|\[\/?(?:code|quote)\]|\{(?:code|noformat|quote)\})\s*$/;

export function isFence(text: string): boolean {
  return FENCE.test(text);
}

/** Without its line ending, and without what a terminal would not show of it. */
export function withoutEscapes(given: string): string {
  let end = given.length;
  // `script` records the return of the terminal beside that of the tool.
  while (end > 0 && given.charCodeAt(end - 1) === 0x0d) end--;
  const text = end === given.length ? given : given.slice(0, end);
  if (!text.includes('\x1b')) return text;
  const plain = text.replace(ESCAPES, '');
  // A pager's prompt was there before: the line was drawn over it.
  return plain.slice(plain.lastIndexOf('\r') + 1);
}

/** Whether a web page wrote it. */
export function hasEntity(text: string): boolean {
  return text.includes('&') && text.search(ENTITY) >= 0;
}

/** With the characters that entities stand for. */
export function decoded(text: string): string {
  return text
    .replace(BREAK, '')
    .replace(ENTITY, (entity, name: string) => ENTITIES.get(name) ?? entity);
}

/** With blanks for tabs and no-break spaces; a comment that is indented begins the line. */
export function withBlanks(text: string): string {
  const plain = text.replace(/[\t\u00a0]/g, ' ');
  return /^ +#/.test(plain) ? plain.trimStart() : plain;
}
