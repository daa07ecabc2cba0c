// SPDX-License-Identifier: GPL-2.0-only
// What a text names: calls and constants by their words, branches and returns by what English has for them.

import type { Step } from '../syntax/definition';
import type { Odd } from './compare';

/** Words of a text that can be names. */
export function words(text: string): Set<string> {
  return new Set(text.match(/[A-Za-z_]\w*/gu));
}

/** An error number is a name; a plain value is none, nor is that of a loop macro. */
export function isNamed({ kind, name }: Step): boolean {
  return (
    kind !== 'loop' &&
    /^-?[A-Za-z_]\w*$/u.test(name) &&
    !/^(?:true|false|NULL|default)$/u.test(name)
  );
}

export function bareName(name: string): string {
  return name.replace(/^-/u, '');
}

/** Whether a text has a value as it is: `-EINVAL`, `0`, `null` for NULL. A computed one, '', has no text. */
export function hasValue(text: string, value: string): boolean {
  if (value === '') return true;
  const escaped = value.replace(/[^\w-]/gu, '\\$&');
  const flags = value === 'NULL' ? 'iu' : 'u';
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, flags).test(text);
}

/** Whether a text names a step that has a name, and what stands in its place. */
export function namesStep(text: string, { step, instead }: Odd): boolean {
  return words(text).has(bareName(step.name)) && (!instead || hasValue(text, instead.name));
}

/** What a comment calls a step that has no name of its own. */
const CONSTRUCT: Readonly<Partial<Record<Step['kind'], RegExp>>> = {
  if: /\b(?:if|asks?|branch)\b/u,
  else: /\belse\b/u,
  loop: /\bloops?\b/u,
  switch: /\bswitch\b/u,
  case: /\bdefault\b/u,
  break: /\bbreaks?\b/u,
  continue: /\bcontinues?\b/u,
  return: /\breturns?\b/u,
  end: /\bends?\b/u,
};

/** Whether a text says that C has this branch, loop or return, and for a return which value on both sides. */
export function saysThatC(text: string, { step, instead }: Odd): boolean {
  if (!/\bC\b/u.test(text) || CONSTRUCT[step.kind]?.test(text) !== true) return false;
  if (step.kind !== 'return') return true;
  // `null; C returns false`: a return of this value has to stand there.
  const promised = /^(-?(?:\d+|null|true|false|E[A-Z]+))[;:]/u.exec(text)?.[1];
  const [here, there] = [instead?.name ?? null, step.name];
  if (promised !== undefined && (here === null || here === '' || !hasValue(promised, here)))
    return false;
  return hasValue(text, there) && (here === null || hasValue(text, here));
}
