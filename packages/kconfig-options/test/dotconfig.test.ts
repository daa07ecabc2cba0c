// SPDX-License-Identifier: GPL-2.0-only
// .config files, read and written.

import { expect } from 'chai';

import { MODULES, configure, option } from './verbs';

describe('reading .config', () => {
  const text =
    MODULES +
    option('B', 'bool "B"') +
    option('T', 'tristate "T"') +
    option('I', 'int "I"') +
    option('H', 'hex "H"') +
    option('S', 'string "S"');
  const read = (dot: string) => configure(text, dot);

  it('takes y, m, n, numbers and quoted texts', () => {
    const config = read(
      'CONFIG_B=y\nCONFIG_T=m\nCONFIG_I=12\nCONFIG_H=0x1f\nCONFIG_S="a \\"b\\" \\\\"\n',
    );
    expect(['B', 'T', 'I', 'H', 'S'].map((name) => config.value(name))).to.deep.equal([
      'y',
      'm',
      '12',
      '0x1f',
      'a "b" \\',
    ]);
    expect(config.warnings).to.deep.equal([]);
  });

  it('takes "is not set" as n, and passes over other comments and blank lines', () => {
    const config = read('# CONFIG_MODULES is not set\n\n  # CONFIG_B=y\n#\n');
    expect([config.value('MODULES'), config.value('B')]).to.deep.equal(['n', 'n']);
    expect(config.warnings).to.deep.equal([]);
  });

  it('looks at the first character only of a bool or tristate', () => {
    expect(read('CONFIG_B=yes').value('B')).to.equal('y');
  });

  const bad: Record<string, string> = {
    'CONFIG_B=m': "expected y or n for the bool CONFIG_B, got 'm'; ignored",
    'CONFIG_T=': "expected y, m or n for the tristate CONFIG_T, got ''; ignored",
    'CONFIG_I=0x10': "expected a decimal number for the int CONFIG_I, got '0x10'; ignored",
    'CONFIG_H=-1': "expected a hexadecimal number for the hex CONFIG_H, got '-1'; ignored",
    'CONFIG_S=text':
      "expected a text in double quotes for the string CONFIG_S, got 'text'; ignored",
    'CONFIG_S="open': `expected a text in double quotes for the string CONFIG_S, got '"open'; ignored`,
    'CONFIG_NONE=y': 'CONFIG_NONE is not in the Kconfig; ignored',
    '# CONFIG_NONE is not set': 'CONFIG_NONE is not in the Kconfig; ignored',
    'B=y': "expected CONFIG_NAME=value or a comment, got 'B=y'; ignored",
    CONFIG_B: "expected CONFIG_NAME=value or a comment, got 'CONFIG_B'; ignored",
  };
  for (const [line, warning] of Object.entries(bad)) {
    it(`warns of ${line} and goes on`, () => {
      const config = read(`${line}\nCONFIG_I=1`);
      expect(config.warnings).to.deep.equal([`.config:1: ${warning}`]);
      expect(config.value('I')).to.equal('1');
    });
  }

  it('takes the last of several values, and warns', () => {
    const config = read('CONFIG_B=y\n# CONFIG_B is not set\nCONFIG_I=1\nCONFIG_I=2\n');
    expect([config.value('B'), config.value('I')]).to.deep.equal(['n', '2']);
    expect(config.warnings).to.deep.equal([
      ".config:2: CONFIG_B is set more than once: 'y', now 'n'",
      ".config:4: CONFIG_I is set more than once: '1', now '2'",
    ]);
  });

  it('reads carriage returns as line ends', () => {
    expect(read('CONFIG_B=y\r\nCONFIG_S="x"\r\n').value('S')).to.equal('x');
  });
});

describe('writing .config', () => {
  it('has declared order, menu blocks and "is not set" for what is visible', () => {
    const text = [
      option('Z', 'bool "Z"'),
      option('HIDDEN', 'bool'),
      'menu "Inner"\n',
      option('S', 'string "S"', 'default "a \\"b\\" \\\\"'),
      'comment "A note"\n',
      option('I', 'int "I"', 'default 3'),
      'endmenu\n',
      'menu "Empty"\nendmenu\n',
      'menu "Unseen"\n\tdepends on UNDEFINED\n',
      option('U', 'bool "U"'),
      'endmenu\n',
      option('A', 'def_bool y'),
      option('Z', 'default y'),
    ].join('');
    expect(configure(text).toDotConfig()).to.equal(
      [
        'CONFIG_Z=y',
        '',
        '#',
        '# Inner',
        '#',
        'CONFIG_S="a \\"b\\" \\\\"',
        '',
        '#',
        '# A note',
        '#',
        'CONFIG_I=3',
        '# end of Inner',
        '',
        '#',
        '# Empty',
        '#',
        'CONFIG_A=y',
        '',
      ].join('\n'),
    );
  });

  it('puts a blank line between the end of a menu and the next option', () => {
    const text = `menu "M"\n${option('A', 'bool "A"')}endmenu\n${option('B', 'bool "B"')}`;
    expect(configure(text).toDotConfig()).to.equal(
      '\n#\n# M\n#\n# CONFIG_A is not set\n# end of M\n\n# CONFIG_B is not set\n',
    );
  });

  it('begins with the heading of the kernel on request', () => {
    const config = configure(`mainmenu "Title"\n${option('A', 'def_bool y')}`);
    expect(config.toDotConfig({ heading: true })).to.equal(
      '#\n# Automatically generated file; DO NOT EDIT.\n# Title\n#\nCONFIG_A=y\n',
    );
  });

  it('writes an empty line for a visible number without a value', () => {
    expect(configure(option('I', 'int "I"') + option('J', 'int')).toDotConfig()).to.equal(
      'CONFIG_I=\n',
    );
  });

  it('says the same again when it reads what it wrote', () => {
    const text = MODULES + option('T', 'tristate "T"') + option('S', 'string "S"');
    const once = configure(text, 'CONFIG_T=m\nCONFIG_S="\\\\\\""').toDotConfig();
    const again = configure(text, once);
    expect(again.toDotConfig()).to.equal(once);
    expect(again.warnings).to.deep.equal([]);
  });
});
