// SPDX-License-Identifier: GPL-2.0-only
// The macro language, and what a Kconfig asks of the environment, the shell and the folder.

import { expect } from 'chai';

import { evaluate, parseKconfig } from '../src';
import type { Config, Kconfig, ParseOptions } from '../src';
import { option } from './verbs';

function parseWith(
  text: string,
  options: ParseOptions = {},
  sources: Record<string, string> = {},
): Kconfig {
  return parseKconfig('Kconfig', (path) => ({ Kconfig: text, ...sources })[path], options);
}

function values(config: Config): Record<string, string> {
  const { symbols } = config.toJSON();
  return Object.fromEntries(Object.entries(symbols).map(([name, { value }]) => [name, value]));
}

describe('the macro language', () => {
  const defaultOf = (lines: string, options: ParseOptions = {}) =>
    evaluate(parseWith(`${lines}\n${option('X', 'string', 'default "$(x)"')}`, options)).value('X');

  it('expands = at each use, := at once, and += as the first assignment says', () => {
    expect(defaultOf('a = 1\nx = $(a)\na = 2')).to.equal('2');
    expect(defaultOf('a = 1\nx := $(a)\na = 2')).to.equal('1');
    expect(defaultOf('a = 1\nx := 0\nx += $(a)\na = 2')).to.equal('0 1');
    expect(defaultOf('a = 1\nx = 0\nx += $(a)\na = 2')).to.equal('0 2');
    expect(defaultOf('a = 1\nx += $(a)\na = 2')).to.equal('2');
  });

  it('calls functions: arguments expand first, and commas of a value split nothing', () => {
    expect(defaultOf('f = <$(1)|$(2)|$(3)>\nc := ,\nx = $(f,a$(c)b,(c,d))')).to.equal(
      '<a,b|(c,d)|>',
    );
    expect(defaultOf('f = $(2)$(1)\ng = $(f,$(1),z)\nx = $(g,y)')).to.equal('zy');
    expect(defaultOf('which = f\nf = $(1)!\nx = $($(which),a)')).to.equal('a!');
    expect(defaultOf('f = [$(1)]\nx = $(f, a )')).to.equal('[ a ]');
  });

  it('keeps what else looks like a macro: $, $NAME, \\$(…), single quotes expand', () => {
    const config = evaluate(
      parseWith(
        option('X', 'string', 'default "$a \\$(a) 5$"') +
          option('Y', 'string', "default '$(a)'") +
          'a = 1\n' +
          option('Z', 'string', "default '$(a)'"),
      ),
    );
    expect(values(config)).to.deep.equal({ X: '$a $(a) 5$', Y: '', Z: '1' });
  });

  it('knows filename, lineno, info, warning-if, error-if', () => {
    const text =
      'x := $(filename):$(lineno)\n$(info,hello)\n$(warning-if,y,careful)\n$(warning-if,n,no)\n$(error-if,n,no)\n' +
      option('X', 'string', 'default "$(x)"');
    const kconfig = parseWith(text);
    expect(evaluate(kconfig).value('X')).to.equal('Kconfig:1');
    expect(kconfig.messages).to.deep.equal(['hello']);
    expect(kconfig.warnings).to.deep.equal(['Kconfig:3: careful']);
  });

  it('takes the line that a macro stands in, where a backslash joins lines', () => {
    const text =
      'config X\n\tstring\n\tdefault \\\n\t"$(lineno)" if \\\n\t$(lineno) = 5\n' +
      'config Y\n\tstring\n\tdefault "$(lineno)" if \\\n\ty\n' +
      'config Z\n\tbool \\\n\t"$(error-if,y,bad)"\n';
    expect(() => parseWith(text)).to.throw('Kconfig:12: bad');
    const good = text.replace('error-if,y', 'error-if,n');
    expect(values(evaluate(parseWith(good)))).to.include({ X: '4', Y: '8' });
  });

  it('makes names, parts of names and tristates of macros, but no keywords', () => {
    const text =
      'n = LEVEL\ny = y\nnothing =\nword = config\n' +
      'config MY_$(n)\n\tdef_bool $(y)\n\nconfig P\n\tbool "p" $(nothing)\n\tdepends on MY_$(n)\n';
    const config = evaluate(parseWith(text), 'CONFIG_P=y\n');
    expect(values(config)).to.deep.equal({ MY_LEVEL: 'y', P: 'y' });
    expect(() => parseWith('word = config\n$(word) A\n\tbool\n')).to.throw(
      "Kconfig:2: unknown keyword 'config'",
    );
  });

  it('runs commands through the caller, without the last newlines and on one line', () => {
    const asked: string[] = [];
    const shell = (command: string) => {
      asked.push(command);
      return 'a\nb\n\n';
    };
    expect(defaultOf('x := $(shell,echo $(1) "(a,b)")', { shell })).to.equal('a b');
    expect(asked).to.deep.equal(['echo  "(a,b)"']);
  });

  const MACROS =
    'if-ok = $(shell,{ $(1); } && echo "$(2)" || echo "$(3)")\nok = $(if-ok,$(1),y,n)\nver := $(shell,ver)\n';

  it('names each command that was not run once, and takes it for empty', () => {
    const kconfig = parseWith(
      MACROS +
        option('A', 'def_bool $(ok,-a)') +
        option('B', 'def_bool $(ok,-a)') +
        option('C', 'int', 'default $(ver)') +
        option('D', 'bool "D"', 'depends on $(ok,-d)'),
    );
    expect(kconfig.notRun.map(({ call, place }) => `${call} ${String(place.line)}`)).to.deep.equal([
      '$(shell,ver) 3',
      '$(ok,-a) 5',
      '$(ok,-d) 16',
    ]);
    const config = evaluate(kconfig, 'CONFIG_D=y\n');
    expect(values(config)).to.deep.equal({ A: 'n', B: 'n', C: '', D: 'n' });
    expect(config.explain('D').text).to.include(
      'its prompt is invisible because $(ok,-d) was not run (Kconfig:15)',
    );
  });

  it('takes the value of a .config where only a command that was not run could give it', () => {
    const kconfig = parseWith(
      MACROS +
        option('A', 'def_bool $(ok,-a)') +
        option('C', 'int', 'default $(ver)') +
        option('E', 'def_bool $(ok,-e)', 'depends on NOWHERE') +
        option('F', 'bool', 'default n'),
    );
    const config = evaluate(kconfig, 'CONFIG_A=y\nCONFIG_C=7\nCONFIG_E=y\nCONFIG_F=y\n');
    expect(values(config)).to.deep.equal({ A: 'y', C: '7', E: 'n', F: 'n' });
    expect(config.explain('A').text).to.include(
      '.config says y, which counts: its default needs $(ok,-a), not run',
    );
    expect(config.toDotConfig()).to.equal('CONFIG_A=y\nCONFIG_C=7\n');
  });

  it('takes what the caller sets: a variable, a function, one call', () => {
    const text =
      MACROS +
      'cc := gcc\n' +
      option('A', 'def_bool $(ok,-a)') +
      option('B', 'def_bool $(ok,-b)') +
      option('C', 'int', 'default $(ver)') +
      option('D', 'string', 'default "$(cc)"');
    const kconfig = parseWith(text, {
      macros: new Map([
        ['ok,-a', 'y'],
        ['shell,ver', '12'],
        ['cc', 'clang'],
      ]),
      env: (name) => (name === 'cc' ? 'tcc' : undefined),
    });
    expect(values(evaluate(kconfig))).to.deep.equal({ A: 'y', B: 'n', C: '12', D: 'clang' });
    expect(kconfig.notRun.map(({ call }) => call)).to.deep.equal(['$(ok,-b)']);
    const all = parseWith(text, { macros: new Map([['ok', 'y']]) });
    expect(values(evaluate(all))).to.include({ A: 'y', B: 'y' });
  });
});

describe('the environment of a Kconfig', () => {
  const env = (name: string) => ({ VERSION: '2', DIR: 'sub' })[name];

  it('gives $(NAME) after variables, and $NAME and option env', () => {
    const sources = { 'sub/K': option('IN', 'def_bool y') };
    const kconfig = parseWith(
      option('V', 'string', 'option env="VERSION"') +
        option('BASE', 'string', 'option env="DIR"') +
        option('W', 'string', 'default "$(VERSION)"') +
        'mainmenu "v$V $NONE"\nsource "$DIR/K"\nsource "$BASE/K"\nsource "$(DIR)/K"\n',
      { env },
      sources,
    );
    const config = evaluate(kconfig);
    expect(values(config)).to.deep.equal({ V: '2', BASE: 'sub', W: '2', IN: 'y' });
    expect(kconfig.mainMenu).to.equal('v2 $NONE');
    expect(config.toDotConfig()).to.equal('CONFIG_W="2"\nCONFIG_IN=y\n');
  });

  it('warns of a variable that is not set', () => {
    const kconfig = parseWith(option('V', 'string', 'option env="NONE"'), { env });
    expect(kconfig.warnings).to.deep.equal([
      'Kconfig:3: V is the environment variable NONE, which is not set',
    ]);
    expect(evaluate(kconfig).value('V')).to.equal('');
  });
});

describe('source and its relatives', () => {
  const files = {
    'a/K1': option('K1', 'def_bool y') + 'rsource "sub/K"\norsource "none"\n',
    'a/K2': option('K2', 'def_bool y'),
    'a/sub/K': option('SUB', 'def_bool y') + 'rsource "../K2"\n',
    'a/sub/../K2': option('UP', 'def_bool y'),
  };
  const glob = (pattern: string) => (pattern === 'a/K*' ? ['a/K2', 'a/K1'] : []);
  const names = (text: string) => [...parseWith(text, { glob }, files).symbols].map((s) => s.name);

  it('takes patterns in the order of the names, relative paths and missing files', () => {
    expect(names('source "a/K*"\n')).to.deep.equal(['K1', 'SUB', 'UP', 'K2']);
    expect(names('osource "none"\nosource "none/*"\ngsource "a/K2"\n')).to.deep.equal(['K2']);
  });
});

describe('the language of newer kernels', () => {
  it('counts a dependency only where its condition is not n', () => {
    const text =
      option('MODULES', 'bool "m"', 'default y', 'modules') +
      option('A', 'tristate "a"') +
      option('B', 'tristate "b"') +
      option('T', 'tristate "t"', 'depends on A if B', 'default y') +
      option('O', 'tristate "o"', 'depends on A if A', 'default y');
    const of = (dot: string) => {
      const config = evaluate(parseWith(text), dot);
      return `${String(config.value('T'))}${String(config.value('O'))}`;
    };
    expect(of('')).to.equal('yy');
    expect(of('CONFIG_B=m\n')).to.equal('ny');
    expect(of('CONFIG_A=m\nCONFIG_B=y\n')).to.equal('mm');
    expect(of('CONFIG_A=y\nCONFIG_B=m\n')).to.equal('yy');
    const complex = option('T', 'bool "t"', 'depends on A if B && !(C || D)', 'default y');
    const value = (dot: string) =>
      evaluate(
        parseWith(['A', 'B', 'C', 'D'].map((n) => option(n, 'bool "x"')).join('') + complex),
        dot,
      ).value('T');
    expect(value('')).to.equal('y');
    expect(value('CONFIG_B=y\n')).to.equal('n');
    expect(value('CONFIG_B=y\nCONFIG_D=y\n')).to.equal('y');
  });

  it('carries a value over a transitional symbol, which is never written', () => {
    const text =
      option('NEW', 'bool "new"', 'default OLD') +
      option('OLD', 'bool', 'transitional') +
      option('N', 'int "n"', 'default O') +
      option('O', 'int', 'transitional');
    expect(evaluate(parseWith(text), 'CONFIG_OLD=y\nCONFIG_O=3\n').toDotConfig()).to.equal(
      'CONFIG_NEW=y\nCONFIG_N=3\n',
    );
    expect(evaluate(parseWith(text), '').value('NEW')).to.equal('n');
    expect(
      evaluate(parseWith(text), '# CONFIG_NEW is not set\nCONFIG_OLD=y\n').value('NEW'),
    ).to.equal('n');
  });
});
