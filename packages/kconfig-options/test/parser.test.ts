// SPDX-License-Identifier: GPL-2.0-only
// The Kconfig language: statements, options, help texts, expressions.

import { expect } from 'chai';
import fc from 'fast-check';

import { KconfigError, parseKconfig } from '../src';
import { configure, option, parse, parseError } from './verbs';

describe('parseKconfig', () => {
  it('knows the symbols in the order of their first definition', () => {
    const kconfig = parse(option('B', 'bool') + option('A', 'int') + option('B', 'default y'));
    expect([...kconfig.symbols].map(({ name }) => name)).to.deep.equal(['B', 'A']);
  });

  it('takes the title from mainmenu', () => {
    expect(parse('mainmenu "The options"\n').mainMenu).to.equal('The options');
    expect(parse('').mainMenu).to.equal('Main menu');
  });

  it('reads sources relative to the root, not to the file that names them', () => {
    const kconfig = parse('source "sub/Kconfig"\n', {
      'sub/Kconfig': 'source "other/Kconfig"\n',
      'other/Kconfig': 'config A\n\tbool\n',
    });
    expect(kconfig.files).to.deep.equal(['Kconfig', 'sub/Kconfig', 'other/Kconfig']);
    expect(kconfig.find('A')?.nodes[0]?.place).to.deep.equal({ file: 'other/Kconfig', line: 1 });
  });

  it('may source a file twice, one after the other', () => {
    expect(
      parse('source "a"\nsource "a"\n', { a: option('A', 'bool') }).find('A')?.nodes,
    ).to.have.length(2);
  });

  it('joins lines that end in a backslash, and counts on', () => {
    const text = 'config A\n\tbool \\\n\t"Prompt"\n\tdefault \\\ny\nconfig B\n\tbool\n';
    const kconfig = parse(text);
    expect(kconfig.find('A')?.nodes[0]?.prompt?.text).to.equal('Prompt');
    expect(kconfig.find('B')?.nodes[0]?.place.line).to.equal(6);
  });

  it('takes the character after a backslash in a string as it is', () => {
    const kconfig = parse(`config A\n\tstring "a \\"b\\" \\\\ c 'd'"\n\tdefault 'x"\\'y # z'\n`);
    expect(kconfig.find('A')?.nodes[0]?.prompt?.text).to.equal(`a "b" \\ c 'd'`);
    expect(kconfig.find('A')?.defaults[0]?.value).to.have.nested.property('item.name', `x"'y # z`);
  });

  it('accepts files with carriage returns and without a last newline', () => {
    expect(parse('config A\r\n\tbool\r\n\tdefault y').find('A')?.type).to.equal('bool');
  });

  it('leaves a dollar sign alone where it expands nothing', () => {
    const kconfig = parse('# $(cc)\nconfig A\n\tstring "costs $5 \\$(x)"\n\thelp\n\t  $(y)\n');
    expect(kconfig.find('A')?.nodes[0]?.prompt?.text).to.equal('costs $5 $(x)');
  });

  it('accepts the old dashes around help, with nothing to say about them', () => {
    const kconfig = parse('config A\n\tbool\n\t---help---\n\t  Text\n');
    expect(kconfig.find('A')?.nodes[0]?.help).to.equal('Text');
    expect(kconfig.warnings).to.deep.equal([]);
  });

  it('takes the first of several types, and warns', () => {
    const kconfig = parse(option('A', 'bool', 'tristate'));
    expect(kconfig.find('A')?.type).to.equal('bool');
    expect(kconfig.warnings).to.deep.equal(['Kconfig:3: A is bool; the type tristate is ignored']);
  });

  it('warns of a choice default from outside, and of numbers that are none', () => {
    const { warnings } = parse(
      'choice\n\tprompt "C"\n\tdefault B\nconfig A\n\tbool "A"\nendchoice\n' +
        option('B', 'bool') +
        option('I', 'int', 'default text', 'range 1 x') +
        option('S', 'string', 'select B'),
    );
    expect(warnings).to.deep.equal([
      'Kconfig:12: the default of I is not a number of type int',
      'Kconfig:13: the range of I is not between two numbers of type int',
      'Kconfig:15: S is string; only bool and tristate can select or imply',
      'Kconfig:3: the default B is not a member of the choice',
    ]);
  });

  it('follows 2,000 options that each depend on the next, in either order', () => {
    const chain = Array.from({ length: 2000 }, (_, i) =>
      option(`S${String(i)}`, 'def_bool y', `depends on S${String(i + 1)}`),
    );
    const last = option('S2000', 'def_bool y');
    expect(configure([...chain, last].join('')).value('S0')).to.equal('y');
    expect(configure([last, ...chain.reverse()].join('')).value('S0')).to.equal('y');
  });

  it('refuses chains too long to follow', () => {
    const chain = Array.from({ length: 50_000 }, (_, i) =>
      option(`S${String(i)}`, 'def_bool y', `depends on S${String(i + 1)}`),
    );
    expect(parseError(chain.reverse().join(''))).to.equal(
      'Kconfig: expected shorter chains of dependencies: too deep to follow',
    );
  });

  it('gives a KconfigError, never another error, for any mutation of a valid text', () => {
    const valid =
      'menu "M"\nconfig A\n\tbool "a"\n\tdefault y if (B || !C)\n\thelp\n\t  Text\nendmenu\n';
    fc.assert(
      fc.property(fc.nat(valid.length), fc.nat(5), fc.string(), (at, length, insert) => {
        const text = valid.slice(0, at) + insert + valid.slice(at + length);
        try {
          parseKconfig('Kconfig', () => text);
        } catch (error) {
          expect(error).to.be.instanceOf(KconfigError);
          expect((error as KconfigError).message).to.match(/^Kconfig:\d+: [^\n]+$/);
        }
      }),
    );
  });
});

describe('help texts', () => {
  const helpOf = (lines: string) =>
    parse(`config A\n\tbool\n\thelp\n${lines}config B\n\tbool\n`).find('A')?.nodes[0]?.help;

  it('end at the first line with less indentation', () => {
    expect(helpOf('\t  One\n\t    two\n\n\t  three\n')).to.equal('One\n  two\n\nthree');
  });

  it('count a tab as the way to the next multiple of 8 columns', () => {
    expect(helpOf('    \t  One\n          two\n')).to.equal('One\ntwo');
  });

  it('may hold what looks like statements', () => {
    expect(helpOf('\t  config X\n\t  endmenu "\n')).to.equal('config X\nendmenu "');
  });

  it('are empty if nothing is indented, and that is a warning', () => {
    const kconfig = parse('config A\n\tbool\n\thelp\nconfig B\n\tbool\n');
    expect(kconfig.find('A')?.nodes[0]?.help).to.equal('');
    expect(kconfig.find('B')).not.to.equal(undefined);
    expect(kconfig.warnings).to.deep.equal(['Kconfig:3: A has an empty help']);
  });
});

describe('expressions', () => {
  // Every truth value of A, B, C and D, as .config lines and as variables.
  const options = ['A', 'B', 'C', 'D'].map((name) => option(name, `bool "${name}"`)).join('');
  const table = (expr: string) =>
    Array.from({ length: 16 }, (_, bits) => {
      const dot = ['A', 'B', 'C', 'D']
        .filter((_name, i) => (bits & (1 << i)) !== 0)
        .map((name) => `CONFIG_${name}=y`)
        .join('\n');
      return configure(options + option('X', `def_bool ${expr}`), dot).value('X');
    }).join('');

  it('bind && tighter than ||, and ! tighter than &&', () => {
    expect(table('A || B && C')).to.equal(table('A || (B && C)'));
    expect(table('A || B && C')).not.to.equal(table('(A || B) && C'));
    expect(table('A && B || C && D')).to.equal(table('(A && B) || (C && D)'));
    expect(table('!A && B')).to.equal(table('(!A) && B'));
    expect(table('!A && B')).not.to.equal(table('!(A && B)'));
  });

  it('bind comparisons tightest', () => {
    expect(table('!A = B')).to.equal(table('!(A = B)'));
    expect(table('A = B && C != D')).to.equal(table('(A = B) && (C != D)'));
  });

  it('need no spaces around operators', () => {
    expect(table('A&&!B||C=D')).to.equal(table('A && !B || C = D'));
  });
});
