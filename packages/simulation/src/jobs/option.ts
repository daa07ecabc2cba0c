// SPDX-License-Identifier: GPL-2.0-only
// What an option of the table is, and the kinds that occur several times.

import { parseCount } from './numbers';
import type { Place } from './place';
import type { Said, Settings } from './settings';

export type Warn = (text: string) => void;

export interface JobOption {
  readonly name: string;
  readonly alias?: string;
  /** What a flag's value is called, and what it says, in a help text; null: no flag of that name. */
  readonly flag: { readonly value: string; readonly what: string } | null;
  /** What a line without `=` means; null: the option needs a value. */
  readonly bare: string | null;
  /** What a flag of this name sets aside of a job file's settings, beside its own. */
  readonly replaces?: readonly (keyof Settings)[];
  /** fio applies kb_base before all others of its section. */
  readonly first?: boolean;
  set(s: Settings, text: string, at: Place, warn: Warn): void;
}

export type Flag = JobOption['flag'];
export const flag = (value: string, what: string): Flag => ({ value, what });

export function said<T>(s: Settings, value: T, at: Place): Said<T> {
  return { value, at, section: s.section };
}

export function number(
  name: 'numberIos' | 'seed' | 'thinkBlocks' | 'backlog' | 'batch',
  option: Pick<JobOption, 'name' | 'alias' | 'flag' | 'replaces'>,
): JobOption {
  return {
    ...option,
    bare: null,
    set: (s, text, at) => {
      s[name] = said(s, parseCount(text, s.kbBase, at), at);
    },
  };
}

export function onOff(text: string, at: Place): boolean {
  const value = text.trim();
  if (value !== '0' && value !== '1') throw at.error('expected 0 or 1');
  return value === '1';
}
