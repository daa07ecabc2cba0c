// SPDX-License-Identifier: GPL-2.0-only
// Where docs/protection.md has its tables.

export const PROTECTION_PAGE = 'docs/protection.md';

const BEGIN = '<!-- tables: npm run protection-table -->';
const END = '<!-- end of tables -->';

/** The tables that are in the page. @throws Error if it has no place for them */
export function tablesIn(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PROTECTION_PAGE}: expected ${BEGIN} and ${END}`);
  return page.slice(begin + BEGIN.length, end).trim();
}

/** The page with other tables. */
export function withTables(page: string, tables: string): string {
  const before = page.slice(0, page.indexOf(BEGIN) + BEGIN.length);
  return `${before}\n\n${tables.trim()}\n\n${page.slice(page.indexOf(END))}`;
}
