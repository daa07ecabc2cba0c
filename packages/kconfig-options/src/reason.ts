// SPDX-License-Identifier: GPL-2.0-only
// One reason for the value of an option.

import type { Place } from './errors';

export type ReasonKind =
  | 'no-prompt'
  | 'prompt-invisible'
  | 'user'
  | 'user-limited'
  | 'user-dropped'
  | 'default'
  | 'default-inactive'
  | 'no-default'
  | 'selected'
  | 'select-inactive'
  | 'implied'
  | 'imply-inactive'
  | 'imply-limited'
  | 'unmet-dependency'
  | 'promoted'
  | 'choice'
  | 'range'
  | 'not-written';

export interface Reason {
  /** What kind of reason it is. */
  readonly kind: ReasonKind;
  /** One line for people. */
  readonly text: string;
  /** Where the Kconfig says so. */
  readonly place?: Place;
  /** Other options that the reason rests on: explain these next. */
  readonly names: readonly string[];
}
