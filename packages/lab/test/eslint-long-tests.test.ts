// SPDX-License-Identifier: GPL-2.0-only
// The rule of ESLint that says which titles need @long.

import { join } from 'node:path';
import { expect } from 'chai';
import { Linter, type Rule } from 'eslint';

const HEAD = "const LONG = process.env['TEST_LONG'] === '1';\n";

/** Tests that TEST_LONG changes, each as its title with a # in place of the tag. */
const CHANGED: readonly (readonly [why: string, code: string])[] = [
  ['it mentions a variable', "it('a#', () => run(LONG ? 9 : 1));"],
  ['a variable is made of that', "const { n } = LONG ? A : B;\nit('a#', () => run(n));"],
  ['a function mentions it', "function f(x) { return LONG && x; }\nit('a#', () => f(1));"],
  ['it is there if set', "if (LONG) it('a#', () => run());"],
  ['it is skipped else', "(LONG ? it : it.skip)('a#', () => run());"],
  ['there is one for each', "for (const n of LONG ? [1, 2] : [1]) it('a#', () => run(n));"],
  ['a call makes one for each', "(LONG ? A : B).forEach((n) => { it('a#', () => run(n)); });"],
  ['its suite is skipped', "(LONG ? describe : describe.skip)('a#', () => { it('b', f); });"],
  ['a hook of its suite', "describe('a#', () => { before(() => run(LONG)); it('b', f); });"],
  ['a hook around all', "before(() => run(LONG));\nit('a#', f);"],
];

/** Tests that it does not change. */
const SAME: readonly (readonly [why: string, code: string])[] = [
  ['another one is changed', "it('a#', f);\nit('b @long', () => run(LONG));"],
  [
    'a hook of another suite',
    "describe('s @long', () => { before(() => run(LONG)); });\nit('a#', f);",
  ],
  ['a parameter has the name', "function f(LONG) { return LONG; }\nit('a#', () => f(1));"],
  ['another variable has it', "it('a#', () => { const LONG = 1; run(LONG); });"],
];

describe('house/long-tests', () => {
  let report: (code: string) => string[];
  before(async () => {
    const { longTests } = (await import(join(__dirname, '../../../eslint-long-tests.mjs'))) as {
      longTests: Rule.RuleModule;
    };
    const plugins = { house: { rules: { 'long-tests': longTests } } };
    report = (code) =>
      new Linter()
        .verify(HEAD + code, { plugins, rules: { 'house/long-tests': 'error' } })
        .map(({ message }) => message);
  });

  const NEEDS = 'TEST_LONG changes this test: its title, or that of a suite around it, needs @long';
  const HAS = 'TEST_LONG changes nothing of this test, which has @long';

  for (const [why, code] of CHANGED)
    it(`asks for the tag where ${why}`, () => {
      expect(report(code.replace('#', ''))).to.deep.equal([NEEDS]);
      expect(report(code.replace('#', ' @long'))).to.deep.equal([]);
    });

  for (const [why, code] of SAME)
    it(`asks for none where ${why}`, () => {
      expect(report(code.replace('#', ''))).to.deep.equal([]);
      expect(report(code.replace('#', ' @long'))).to.deep.equal([HAS]);
    });
});
