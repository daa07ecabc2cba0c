// SPDX-License-Identifier: GPL-2.0-only
// Which text is a .config, and names with other prefixes.

import { expect } from 'chai';

import { checkDotConfig, evaluate } from '../src';
import { option, parse } from './verbs';

describe('checkDotConfig', () => {
  it('counts the lines that set an option', () => {
    const text = '# Heading\n\nCONFIG_A=y\r\n# CONFIG_B is not set\nCONFIG_C="# x"\nnoise\n';
    expect(checkDotConfig(text)).to.deep.equal({ settings: 3, problem: null });
  });

  it('takes an empty text for a .config that sets nothing', () => {
    for (const text of ['', '\n\n', '# Only a comment\n'])
      expect(checkDotConfig(text)).to.deep.equal({ settings: 0, problem: null });
  });

  it('says what else a text is', () => {
    expect(checkDotConfig('\u007fELF\0CONFIG_A=y\n').problem).to.equal('binary data');
    expect(checkDotConfig('root:x:0:0::/root:/bin/sh\n').problem).to.equal(
      'no line is like CONFIG_NAME=value or # CONFIG_NAME is not set',
    );
    expect(checkDotConfig('A=y\n# B is not set\n').problem).to.equal(
      'no line starts with CONFIG_; another prefix?',
    );
    expect(checkDotConfig('CONFIG_A is off\n').problem).to.match(/^no line is like CONFIG_NAME/);
  });

  it('goes by the prefix', () => {
    expect(checkDotConfig('A=y\n# B is not set\n', '')).to.deep.equal({
      settings: 2,
      problem: null,
    });
    expect(checkDotConfig('CONFIG_A=y\n', 'X.').problem).to.match(/^no line starts with X\./);
  });
});

describe('evaluate with a prefix', () => {
  const kconfig = parse(
    option('A', 'bool "a"') + option('B', 'bool "b"') + option('C', 'bool "c"'),
  );

  it('reads and writes names without one', () => {
    const config = evaluate(kconfig, '#A=n\nA=y\n# B is not set\nZ=y\n', { prefix: '' });
    expect(config.toDotConfig()).to.equal('A=y\n# B is not set\n# C is not set\n');
    expect(config.warnings).to.deep.equal(['.config:4: Z is not in the Kconfig; ignored']);
    expect(config.explain('A').name).to.equal('A');
  });

  it('takes special characters of a prefix as they are', () => {
    const config = evaluate(kconfig, 'X.A=y\nX_B=y\n', { prefix: 'X.' });
    expect([config.value('X.A'), config.value('B')]).to.deep.equal(['y', 'n']);
    expect(config.warnings).to.deep.equal([
      ".config:2: expected X.NAME=value or a comment, got 'X_B=y'; ignored",
    ]);
  });
});

describe('numbers of a .config', () => {
  const kconfig = parse(
    option('I', 'int "i"', 'default 1') + option('H', 'hex "h"', 'default 0x1'),
  );
  const given = (line: string, name: string) => evaluate(kconfig, line).value(name);

  it('are those that the kernel takes', () => {
    for (const text of ['0', '-5', '100000000000000000000'])
      expect(given(`CONFIG_I=${text}`, 'I')).to.equal(text);
    for (const text of ['007', '+8', '1_0', '', '0x1', '-']) {
      expect(given(`CONFIG_I=${text}`, 'I')).to.equal('1');
    }
    for (const text of ['ff', '0XAB', '00']) expect(given(`CONFIG_H=${text}`, 'H')).to.equal(text);
    for (const text of ['-1', '0x', '0x0_1'])
      expect(given(`CONFIG_H=${text}`, 'H')).to.equal('0x1');
  });
});
