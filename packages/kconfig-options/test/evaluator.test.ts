// SPDX-License-Identifier: GPL-2.0-only
// The values of options under every rule of the language.

import { expect } from 'chai';

import { MODULES, configure, errorOf, option } from './verbs';

/** The value that `lines` give the option X, with whatever else stands in `rest`. */
function valueOf(lines: string[], rest = '', dotConfig = ''): string | undefined {
  return configure(rest + option('X', ...lines), dotConfig).value('X');
}

const M = MODULES + option('T', 'tristate "T"');

describe('bool and tristate values', () => {
  it('are n without a default', () => {
    expect(valueOf(['bool "X"'])).to.equal('n');
    expect(valueOf(['tristate'])).to.equal('n');
  });

  it('come from the first default whose condition holds, even if that is n', () => {
    expect(valueOf(['bool', 'default y if UNDEFINED', 'default n', 'default y'])).to.equal('n');
    expect(valueOf(['bool', 'default n if UNDEFINED', 'default y', 'default n'])).to.equal('y');
  });

  it('are limited by the condition of their default', () => {
    expect(valueOf(['tristate', 'default y if T'], M, 'CONFIG_T=m')).to.equal('m');
    expect(valueOf(['def_tristate T'], M, 'CONFIG_T=m')).to.equal('m');
  });

  it('come from the user while a prompt is visible', () => {
    expect(valueOf(['bool "X"', 'default y'], '', '# CONFIG_X is not set')).to.equal('n');
    expect(valueOf(['bool "X"'], '', 'CONFIG_X=y')).to.equal('y');
    expect(valueOf(['bool'], '', 'CONFIG_X=y')).to.equal('n');
    expect(valueOf(['bool "X" if UNDEFINED'], '', 'CONFIG_X=y')).to.equal('n');
  });

  it('are limited by the visibility', () => {
    expect(valueOf(['tristate "X"', 'depends on T'], M, 'CONFIG_T=m\nCONFIG_X=y')).to.equal('m');
    expect(valueOf(['tristate "X"', 'depends on T'], M, 'CONFIG_T=y\nCONFIG_X=y')).to.equal('y');
  });

  it('never are m for a bool: m becomes y', () => {
    expect(valueOf(['bool "X"', 'depends on T'], M, 'CONFIG_T=m\nCONFIG_X=y')).to.equal('y');
    expect(valueOf(['def_bool T'], M, 'CONFIG_T=m')).to.equal('y');
  });

  it('never are m without modules: m becomes y', () => {
    expect(valueOf(['tristate "X"'], M, '# CONFIG_MODULES is not set\nCONFIG_X=m')).to.equal('y');
    expect(valueOf(['tristate "X"'], '', 'CONFIG_X=m')).to.equal('y');
    expect(valueOf(['def_tristate m'], '')).to.equal('y');
  });

  it('see m in a condition as n without modules', () => {
    expect(valueOf(['def_bool y if m'], M)).to.equal('y');
    expect(valueOf(['def_bool y if m'], M, '# CONFIG_MODULES is not set')).to.equal('n');
  });

  it('take modules from the option of that name, in both spellings', () => {
    for (const line of ['option modules', 'modules']) {
      const loadable = option('LOADABLE', 'bool "L"', line);
      expect(valueOf(['def_tristate m'], loadable, 'CONFIG_LOADABLE=y')).to.equal('m');
      expect(valueOf(['def_tristate m'], loadable)).to.equal('y');
      expect(valueOf(['def_bool y if m'], loadable, 'CONFIG_LOADABLE=y')).to.equal('y');
    }
  });

  it('merge several definitions: any prompt, first default, any dependency', () => {
    const twice =
      option('A', 'bool "A"') +
      option('X', 'bool "One"', 'depends on A', 'default n') +
      option('X', 'bool "Two"', 'depends on !A', 'default y');
    expect(configure(twice, 'CONFIG_A=y\nCONFIG_X=y').value('X')).to.equal('y');
    expect(configure(twice, 'CONFIG_A=y').value('X')).to.equal('n');
    expect(configure(twice).value('X')).to.equal('y');
  });
});

describe('dependencies', () => {
  it('come down from if, menu and visible if', () => {
    const inside = (head: string, tail: string) =>
      configure(
        `${option('A', 'bool "A"')}${head}\n${option('X', 'bool "X"', 'default y')}${tail}\n`,
        '# CONFIG_X is not set',
      );
    expect(inside('if A', 'endif').toJSON().symbols['X']).to.include({
      value: 'n',
      visibility: 'n',
    });
    expect(inside('menu "M"\n\tdepends on A', 'endmenu').visibility('X')).to.equal('n');
    // `visible if` hides the prompt but leaves the default.
    const hidden = inside('menu "M"\n\tvisible if A', 'endmenu');
    expect([hidden.value('X'), hidden.visibility('X')]).to.deep.equal(['y', 'n']);
  });

  it('compare with = and !=, undefined symbols being their names', () => {
    expect(valueOf(['def_bool y if T = m'], M, 'CONFIG_T=m')).to.equal('y');
    expect(valueOf(['def_bool y if T = y'], M, 'CONFIG_T=m')).to.equal('n');
    expect(valueOf(['def_bool UNDEFINED = UNDEFINED'])).to.equal('y');
    expect(valueOf(['def_bool UNDEFINED = "UNDEFINED"'])).to.equal('y');
    expect(valueOf(['def_bool UNDEFINED = n'])).to.equal('n');
    expect(valueOf(['def_bool UNDEFINED'])).to.equal('n');
  });

  it('compare numbers as numbers and texts as texts', () => {
    const numbers = option('I', 'int "I"', 'default 9') + option('H', 'hex "H"', 'default 0xA');
    expect(valueOf(['def_bool I < 10'], numbers)).to.equal('y');
    expect(valueOf(['def_bool I < H'], numbers)).to.equal('y');
    expect(valueOf(['def_bool H = 10'], numbers)).to.equal('y');
    expect(valueOf(['def_bool I >= "text"'], numbers)).to.equal('n');
    const texts = option('S', 'string "S"', 'default "9"') + option('R', 'string', 'default "10"');
    expect(valueOf(['def_bool S > R'], texts)).to.equal('y');
    expect(valueOf(['def_bool S > 10'], texts)).to.equal('n');
    // The constants n, m and y are texts to the kernel, so that m < n.
    expect(valueOf(['def_bool T > n'], M, 'CONFIG_T=m')).to.equal('n');
    expect(valueOf(['def_bool T > T2'], M + option('T2', 'tristate'), 'CONFIG_T=m')).to.equal('y');
    expect(valueOf(['def_bool I = 011'], numbers)).to.equal('y');
  });

  it('treat a string in a logical place as n', () => {
    expect(valueOf(['def_bool S'], option('S', 'string', 'default "y"'))).to.equal('n');
    expect(valueOf(['def_bool S = "y"'], option('S', 'string', 'default "y"'))).to.equal('y');
  });
});

describe('select', () => {
  it('is a lower bound that the user cannot go below', () => {
    const text = option('A', 'bool "A"', 'select X') + option('X', 'bool "X"');
    expect(configure(text, 'CONFIG_A=y\n# CONFIG_X is not set').value('X')).to.equal('y');
    expect(configure(text, '').value('X')).to.equal('n');
  });

  it('raises a tristate to what the selecting option has', () => {
    const text = M + option('X', 'tristate "X"') + option('T', 'tristate', 'select X');
    expect(configure(text, 'CONFIG_T=m').value('X')).to.equal('m');
    expect(configure(text, 'CONFIG_T=m\nCONFIG_X=y').value('X')).to.equal('y');
  });

  it('counts only under its condition and the dependencies of its owner', () => {
    const text =
      option('A', 'bool "A"') + option('B', 'bool "B"', 'select X if A') + option('X', 'bool');
    expect(configure(text, 'CONFIG_B=y').value('X')).to.equal('n');
    expect(configure(text, 'CONFIG_A=y\nCONFIG_B=y').value('X')).to.equal('y');
  });

  it('overrides dependencies, with a warning', () => {
    const config = configure(
      option('D', 'bool "D"') +
        option('A', 'def_bool y', 'select X') +
        option('X', 'bool', 'depends on D'),
    );
    expect(config.value('X')).to.equal('y');
    expect(config.warnings).to.deep.equal([
      'unmet direct dependencies detected for X: depends on [n] D; selected by A [y]',
    ]);
  });

  it('of something that is not defined does nothing', () => {
    expect(configure(option('A', 'def_bool y', 'select NOTHING')).warnings).to.deep.equal([]);
  });
});

describe('imply', () => {
  const text =
    option('D', 'bool "D"', 'default y') +
    option('A', 'def_bool y', 'imply X') +
    option('X', 'bool "X"', 'depends on D');

  it('is a default that the user may turn off', () => {
    expect(configure(text).value('X')).to.equal('y');
    expect(configure(text, '# CONFIG_X is not set').value('X')).to.equal('n');
  });

  it('heeds the dependencies of its target', () => {
    const config = configure(text, '# CONFIG_D is not set');
    expect(config.value('X')).to.equal('n');
    expect(config.warnings).to.deep.equal([]);
  });
});

describe('int, hex and string values', () => {
  it('keep the text of the user as it is', () => {
    expect(valueOf(['int "X"'], '', 'CONFIG_X=42')).to.equal('42');
    expect(valueOf(['int "X"'], '', 'CONFIG_X=-7')).to.equal('-7');
    expect(valueOf(['hex "X"'], '', 'CONFIG_X=0XfF')).to.equal('0XfF');
    expect(valueOf(['hex "X"'], '', 'CONFIG_X=ff')).to.equal('ff');
    expect(valueOf(['string "X"', 'default "d"'], '', 'CONFIG_X=""')).to.equal('');
  });

  it('are empty without a default', () => {
    for (const type of ['int', 'hex', 'string']) expect(valueOf([type])).to.equal('');
  });

  it('take the value of the symbol that is their default', () => {
    const rest = option('B', 'def_bool y') + option('N', 'int', 'default 3');
    // sym_calc_value() sets the n, m or y of a bool, and leaves its text "n".
    expect(valueOf(['string', 'default B'], rest)).to.equal('n');
    expect(valueOf(['string', 'default y'], rest)).to.equal('y');
    expect(valueOf(['int', 'default N'], rest)).to.equal('3');
    expect(valueOf(['int', 'default NOWHERE'], rest)).to.equal('NOWHERE');
    expect(valueOf(['string', 'default "NOWHERE"'], rest)).to.equal('NOWHERE');
  });

  it('fall back on the default where the user is out of range', () => {
    const lines = ['int "X"', 'range 1 10', 'default 5'];
    expect(valueOf(lines, '', 'CONFIG_X=10')).to.equal('10');
    expect(valueOf(lines, '', 'CONFIG_X=11')).to.equal('5');
    const { warnings } = configure(option('X', ...lines), 'CONFIG_X=0');
    expect(warnings).to.deep.equal(['X: the user value 0 is outside [1, 10]; ignored']);
  });

  it('bring defaults into the range, and nothing at all too', () => {
    expect(valueOf(['int', 'range 1 10', 'default 20'])).to.equal('10');
    expect(valueOf(['hex', 'range 0x10 0x1F', 'default 0x5'])).to.equal('0x10');
    expect(valueOf(['int', 'range 3 4'])).to.equal('3');
    expect(valueOf(['int', 'range -2 4'])).to.equal('');
  });

  it('use the first range whose condition holds, whose bounds may be symbols', () => {
    const rest = option('MAX', 'int "Max"', 'default 8');
    const lines = ['int "X"', 'range 0 1 if UNDEFINED', 'range 0 MAX', 'range 0 2', 'default 100'];
    expect(valueOf(lines, rest)).to.equal('8');
    expect(valueOf(lines, rest, 'CONFIG_MAX=6\nCONFIG_X=7')).to.equal('6');
  });

  it('compare numbers beyond 2^53 without loss, and beyond 2^63 as the largest', () => {
    const lines = ['hex "X"', 'range 0 0x7ffffffffffffffe'];
    expect(valueOf(lines, '', 'CONFIG_X=0x7fffffffffffffff')).to.equal('');
    expect(valueOf(lines, '', 'CONFIG_X=0x7ffffffffffffffe')).to.equal('0x7ffffffffffffffe');
    expect(valueOf(['hex', 'range 0 5', 'default 0xffffffffffffffffff'])).to.equal('0x5');
  });
});

describe('isEnabled and isBuiltIn', () => {
  const config = configure(
    M + option('Y', 'def_bool y') + option('S', 'string', 'default "y"') + option('N', 'bool'),
    'CONFIG_T=m',
  );

  it('are those of the kernel', () => {
    expect(['Y', 'T', 'N', 'S', 'NONE'].map((name) => config.isEnabled(name))).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(['Y', 'T', 'N'].map((name) => config.isBuiltIn(name))).to.deep.equal([
      true,
      false,
      false,
    ]);
  });

  it('take the name with or without CONFIG_', () => {
    expect(config.isEnabled('CONFIG_T')).to.equal(true);
    expect(config.value('CONFIG_T')).to.equal('m');
    expect(config.value('NONE')).to.equal(undefined);
  });
});

describe('toJSON', () => {
  it('has type, value and visibility of every option, and the warnings', () => {
    const config = configure(M + option('I', 'int', 'default 0x'), 'CONFIG_T=m\nrubbish');
    expect(JSON.parse(JSON.stringify(config))).to.deep.equal({
      symbols: {
        MODULES: { type: 'bool', value: 'y', visibility: 'y' },
        T: { type: 'tristate', value: 'm', visibility: 'y' },
        I: { type: 'int', value: '0x', visibility: 'n' },
      },
      warnings: [
        'Kconfig:11: the default of I is not a number of type int',
        ".config:2: expected CONFIG_NAME=value or a comment, got 'rubbish'; ignored",
      ],
    });
  });

  it('survives options named like members of Object', () => {
    const { symbols } = configure(
      option('__proto__', 'def_bool y') + option('toString', 'def_bool y'),
    ).toJSON();
    expect(Object.keys(symbols)).to.deep.equal(['__proto__', 'toString']);
  });
});

describe('a loop that only evaluation meets', () => {
  it('is a KconfigError: MODULES that depends on a tristate', () => {
    const text =
      option('T', 'tristate "T"', 'default m') +
      option('MODULES', 'bool "M"', 'depends on T', 'default y');
    expect(errorOf(() => configure(text)).message).to.match(
      /^Kconfig:\d+: the value of \w+ depends on itself$/,
    );
  });
});
