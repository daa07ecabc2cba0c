// SPDX-License-Identifier: GPL-2.0-only
// The keys of the pages: what the help lists is what the script obeys.

export type Action =
  | 'next-function'
  | 'previous-function'
  | 'next-hunk'
  | 'previous-hunk'
  | 'next-finding'
  | 'previous-finding'
  | 'next-line'
  | 'previous-line'
  | 'sides'
  | 'page'
  | 'search'
  | 'help';

export interface Key {
  /** As `KeyboardEvent.key` has them. */
  readonly keys: readonly string[];
  readonly action: Action;
  readonly does: string;
}

export const KEYS: readonly Key[] = [
  { keys: ['j'], action: 'next-function', does: 'next function' },
  { keys: ['k'], action: 'previous-function', does: 'previous function' },
  { keys: ['n'], action: 'next-hunk', does: 'next change (hunk)' },
  { keys: ['p'], action: 'previous-hunk', does: 'previous change' },
  { keys: ['f'], action: 'next-finding', does: 'next finding or deviation' },
  { keys: ['F'], action: 'previous-finding', does: 'previous finding or deviation' },
  { keys: ['.'], action: 'next-line', does: 'mark the next line' },
  { keys: [','], action: 'previous-line', does: 'mark the previous line' },
  { keys: ['s'], action: 'sides', does: 'both sides, the C alone, the TypeScript alone' },
  {
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    action: 'page',
    does: 'what patch 1 (2, …) changed, at the same function',
  },
  { keys: ['0'], action: 'page', does: 'the whole file, at the same function' },
  { keys: ['/'], action: 'search', does: 'search a name in both languages' },
  { keys: ['?'], action: 'help', does: 'these keys' },
];
