// SPDX-License-Identifier: GPL-2.0-only
// What JavaScript has by itself: calls of it are no steps.

import type ts from 'typescript';

/** Objects of JavaScript itself, whose functions no kernel has. */
export const BUILT_IN: ReadonlySet<string> = new Set([
  'Math',
  'Number',
  'Object',
  'Array',
  'String',
  'JSON',
  'Symbol',
]);

/** Methods of arrays, maps, sets and strings. */
const BUILT_IN_METHODS = new Set(
  'slice map push pop fill entries keys values padStart padEnd toString join forEach filter find indexOf includes set has add delete subarray copyWithin reduce'.split(
    ' ',
  ),
);

/** An array's map takes one function; an ops table's map takes more. */
export function isBuiltInMethod(name: string, { arguments: given }: ts.CallExpression): boolean {
  return BUILT_IN_METHODS.has(name) && !(name === 'map' && given.length > 1);
}

/** C's spelling of what has one in JavaScript. */
export const MATH: Readonly<Record<string, string>> = { min: 'min', max: 'max' };
