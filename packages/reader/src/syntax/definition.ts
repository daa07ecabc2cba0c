// SPDX-License-Identifier: GPL-2.0-only
// What both languages have in common: named things, and the steps of a function in the order of its text.

/** A step of control flow, or a name that the other side has to use too. */
export type StepKind =
  | 'call'
  | 'if'
  | 'else'
  | 'loop'
  | 'switch'
  | 'case'
  | 'end' // of an if, else, loop or switch
  | 'label'
  | 'goto'
  | 'return'
  | 'break'
  | 'continue'
  | 'constant' // an upper-case name, or an error number
  | 'pointer'; // to a function, passed or stored

export interface Step {
  readonly kind: StepKind;
  /** Of the function called, the label, the constant or what is returned, as the C spells it; '' where there is none. */
  readonly name: string;
  /** In the file, from 1. */
  readonly line: number;
  /** Of the call that stands for it, if it is in a helper that is read in the place of its call. */
  readonly calledAt?: number;
}

export type DefinitionKind =
  | 'function'
  | 'prototype'
  | 'struct'
  | 'field'
  | 'enum'
  | 'enumerator'
  | 'macro'
  | 'variable'
  | 'registration'; // EXPORT_SYMBOL, module_param, early_param, an initcall

/** A named thing in a file. */
export interface Definition {
  readonly kind: DefinitionKind;
  readonly name: string;
  /** First and last line, from 1, without the comment in front. */
  readonly from: number;
  readonly to: number;
  /** The struct or enum of a field or enumerator; null otherwise. */
  readonly owner: string | null;
  /** Of a function, in the order of the text. Empty for the rest. */
  readonly steps: readonly Step[];
}

/** A part of a line that is shown in a colour or as a link; columns from 0, `end` not included. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly kind: 'comment' | 'string' | 'keyword' | 'number' | 'name' | 'macro';
}

/** A file of one side. */
export interface Source {
  readonly path: string;
  readonly lines: readonly string[];
  readonly definitions: readonly Definition[];
  /** For each line; punctuation and spaces are in none. */
  readonly tokens: readonly (readonly Token[])[];
}
