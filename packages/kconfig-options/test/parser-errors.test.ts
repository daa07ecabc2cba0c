// SPDX-License-Identifier: GPL-2.0-only
// What is no Kconfig: each error is one line that names file, line and what was expected.

import { expect } from 'chai';

import { parseKconfig } from '../src';
import { errorOf, option, parse, parseError } from './verbs';

describe('errors of parsing', () => {
  const cases: Record<string, [string, string]> = {
    'an unterminated string': [
      'config A\n\tbool "open\n',
      'Kconfig:2: unterminated string; expected a closing "',
    ],
    'an unknown keyword': [
      'config A\n\tboool\n',
      "Kconfig:2: unknown keyword 'boool'; expected config, menu, choice, if, source or one of their options",
    ],
    'a missing source': ['\nsource "none"\n', "Kconfig:2: cannot read the source 'none'"],
    'an if without endif': [
      'if A\nconfig A\n\tbool\n',
      "Kconfig:3: expected 'endif' for the if of Kconfig:1, got the end of the file",
    ],
    'an endmenu without a menu': [
      'endmenu\n',
      "Kconfig:1: 'endmenu' without a 'menu' in this file",
    ],
    'crossed blocks': [
      'menu "M"\nif A\nendmenu\nendif\n',
      "Kconfig:3: 'endmenu' without a 'menu'; expected 'endif' for Kconfig:2",
    ],
    'a macro without an end': [
      'config A\n\tstring "x $(shell,ls"\n',
      "Kconfig:2: expected ')' at the end of '$(shell,ls\"'",
    ],
    'a macro that comes to nothing': [
      'config A\n\tdef_bool $(cc-option,-m64)\n',
      'Kconfig:2: expected an expression, got the end of the line',
    ],
    'too few arguments': [
      '$(error-if,y)\n',
      "Kconfig:1: expected 2 arguments for '$(error-if)', got 1",
    ],
    'a variable of itself': [
      'a = $(b)\nb = $(a)\nconfig $(a)\n',
      "Kconfig:3: the macro 'a' refers to itself without end",
    ],
    'a function that calls itself for ever': [
      'f = $(f,$(1)x)\n\n$(f,x)\n',
      "Kconfig:3: the macro 'f' refers to itself without end",
    ],
    'a macro that doubles itself': [
      `a0 = ${'x'.repeat(64)}\n${Array.from({ length: 30 }, (_, i) => `a${String(i + 1)} = $(a${String(i)})$(a${String(i)})\n`).join('')}\n$(a30)\n`,
      'Kconfig:33: expected a macro that expands to less text',
    ],
    'error-if': ['$(error-if,y,no compiler)\n', 'Kconfig:1: no compiler'],
    'an expression that breaks off': [
      'config A\n\tdepends on B &&\n',
      'Kconfig:2: expected an expression, got the end of the line',
    ],
    'a parenthesis left open': [
      'if (A\nendif\n',
      "Kconfig:1: expected ')', got the end of the line",
    ],
    'too much after an expression': [
      'if A B\nendif\n',
      "Kconfig:1: expected the end of the line after 'if' and its arguments",
    ],
    'depends without on': [
      'config A\n\tdepends B\n',
      "Kconfig:2: expected 'on' after 'depends', got 'B'",
    ],
    'a config without a name': [
      'config\n',
      'Kconfig:1: expected the name of a symbol, got the end of the line',
    ],
    'a constant as a name': ['config y\n', "Kconfig:1: expected the name of a symbol, got 'y'"],
    'a constant to select': [
      'config A\n\tselect "B"\n',
      "Kconfig:2: expected a symbol to select, got 'B'",
    ],
    'a choice that selects': [
      'choice\n\tselect A\nendchoice\n',
      'Kconfig:2: a choice cannot select',
    ],
    'a default of a choice that is no symbol': [
      'choice\n\tdefault A && B\nendchoice\n',
      'Kconfig:2: expected the default of a choice to be a single symbol',
    ],
    'a default of an int that is an expression': [
      'config A\n\tint\n\tdefault 1 || 2\n',
      'Kconfig:3: expected the default of the int A to be a single value, got 1 || 2',
    ],
    'visible if outside a menu': [
      'config A\n\tvisible if B\n',
      "Kconfig:2: 'visible if' is an option of menus only",
    ],
    'an option of symbols on a menu': [
      'menu "M"\n\tdefault y\n',
      "Kconfig:2: 'default' is no option of a menu",
    ],
    'optional on a symbol': [
      'config A\n\toptional\n',
      "Kconfig:2: 'optional' is an option of choices only",
    ],
    'an rsource of no file': ['rsource "x"\n', "Kconfig:1: cannot read the source 'x'"],
    'a pattern of no file': ['source "x/*"\n', "Kconfig:1: no file fits the source 'x/*'"],
    'option env without a name': [
      'config A\n\toption env\n',
      "Kconfig:2: expected '=' after 'env', got the end of the line",
    ],
    'transitional on a choice': [
      'choice\n\ttransitional\n',
      "Kconfig:2: 'transitional' is an option of symbols only",
    ],
    'a loop over an imply': [
      option('A', 'bool "A"', 'imply B') + option('B', 'bool "B"', 'imply A'),
      'Kconfig:1: dependency loop: A is implied by B, B is implied by A',
    ],
    'a loop over a default': [
      option('A', 'bool', 'default B') + option('B', 'bool', 'default A'),
      'Kconfig:1: dependency loop: A has a default with B, B has a default with A',
    ],
    'two modules options': [
      'config A\n\tbool\n\tmodules\nconfig B\n\tbool\n\tmodules\n',
      "Kconfig:6: 'modules' belongs to A already",
    ],
    'a symbol that depends on itself': [
      'config A\n\tbool "A"\n\tdepends on A\n',
      'Kconfig:1: dependency loop: A depends on A',
    ],
    'a loop over a select': [
      option('A', 'bool "A"', 'select B') + option('B', 'bool "B"', 'select A'),
      'Kconfig:1: dependency loop: A is selected by B, B is selected by A',
    ],
    'a loop over a range': [
      option('A', 'int "A"', 'range 0 B') + option('B', 'int "B"', 'default A'),
      'Kconfig:1: dependency loop: A has a range with B, B has a default with A',
    ],
    'a loop through a choice': [
      option('A', 'bool "A"', 'depends on C') +
        'choice\n\tprompt "P"\n\nconfig B\n\tbool "B"\n\tdepends on A\n\nconfig C\n\tbool "C"\nendchoice\n',
      'Kconfig:1: dependency loop: A depends on C, C is a member of <choice>, <choice> has the member B, B depends on A',
    ],
  };
  for (const [what, [text, message]] of Object.entries(cases)) {
    it(`name file, line and cause of ${what}`, () => {
      expect(parseError(text)).to.equal(message);
    });
  }

  it('name the file and line within a source', () => {
    const error = errorOf(() => parse('source "sub"\n', { sub: '\nconfig A\n\tfoo\n' }));
    expect(error).to.include({ name: 'KconfigError', file: 'sub', line: 3 });
  });

  it('name the way of a source loop', () => {
    expect(parseError('source "a"\n', { a: 'source "b"\n', b: '\nsource "a"\n' })).to.equal(
      "b:2: 'a' sources itself (Kconfig > a > b)",
    );
  });

  it('stop at files that source ever new names', () => {
    const endless = () => parseKconfig('0', (path) => `source "${String(Number(path) + 1)}"\n`);
    expect(errorOf(endless).message).to.match(
      /^\d+:1: expected blocks and sources nested at most 100 deep$/,
    );
  });

  it('stop at parentheses without end', () => {
    expect(parseError(`if ${'('.repeat(10_000)}A\n`)).to.equal(
      'Kconfig:1: expected an expression nested at most 200 deep',
    );
  });

  it('say why the reader failed, in one line', () => {
    const failing = () =>
      parseKconfig('Kconfig', () => {
        throw new Error('no such\nfile');
      });
    expect(errorOf(failing).message).to.equal('Kconfig: cannot read the file (no such file)');
  });
});
