// SPDX-License-Identifier: GPL-2.0-only
// The rule of `npm run lint` that says which titles need @long.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(__dirname, '../../..');
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

interface Report {
  readonly diagnostics: readonly { readonly filename: string; readonly message: string }[];
}

/** What the rule says of each text, in one run: most of its time is the start of oxlint. */
function reportsOf(codes: readonly string[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'long-tests-'));
  try {
    const categories = { correctness: 'off' };
    const jsPlugins = [join(ROOT, 'long-tests.mjs')];
    const rules = { 'house/long-tests': 'error' };
    writeFileSync(join(folder, 'rules.json'), JSON.stringify({ categories, jsPlugins, rules }));
    for (const [i, code] of codes.entries())
      writeFileSync(join(folder, `${String(i)}.ts`), HEAD + code);
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    const options = ['--config', 'rules.json', '--format', 'json', '.'];
    const { stdout } = spawnSync(process.execPath, [oxlint, ...options], {
      ...{ cwd: folder, encoding: 'utf8' },
    });
    const { diagnostics } = JSON.parse(stdout) as Report;
    return codes.map((_, i) =>
      diagnostics
        .filter(({ filename }) => filename === `${String(i)}.ts`)
        .map(({ message }) => message),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const untagged = ([, code]: readonly [string, string]): string => code.replace('#', '');
const tagged = ([, code]: readonly [string, string]): string => code.replace('#', ' @long');
const only = ([, code]: readonly [string, string]): string => code.replace('#', ' @long-only');

describe('house/long-tests', () => {
  const NEEDS = 'TEST_LONG changes this test: its title, or that of a suite around it, needs @long';
  const HAS = 'TEST_LONG changes nothing of this test, which has @long';
  const tests = [...CHANGED, ...SAME];
  const codes = tests.flatMap((test) => [untagged(test), tagged(test), only(test)]);
  let reports: string[][] = [];
  before(() => {
    reports = reportsOf(codes);
  });

  for (const [i, [why]] of tests.entries())
    it(`${i < CHANGED.length ? 'asks for the tag' : 'asks for none'} where ${why}`, () => {
      const expected = i < CHANGED.length ? [[NEEDS], [], []] : [[], [HAS], []];
      expect(reports.slice(3 * i, 3 * i + 3)).to.deep.equal(expected);
    });
});
