// SPDX-License-Identifier: GPL-2.0-only
// imply, as the table in the kernel's documentation has it.

import { expect } from 'chai';

import { MODULES, configure, option } from './verbs';

describe('imply', () => {
  const text =
    MODULES +
    option('FOO', 'tristate "foo"', 'imply BAZ') +
    option('BAR', 'tristate "bar"', 'default y') +
    option('BAZ', 'tristate "baz"', 'depends on BAR');
  const baz = (foo: string, bar: string, more = '') =>
    configure(text, `CONFIG_FOO=${foo}\nCONFIG_BAR=${bar}\n${more}`).value('BAZ');

  it('gives the default that FOO asks for, limited by BAR', () => {
    expect(baz('n', 'y')).to.equal('n');
    expect(baz('m', 'y')).to.equal('m');
    expect(baz('y', 'y')).to.equal('y');
    expect(baz('n', 'm')).to.equal('n');
    expect(baz('m', 'm')).to.equal('m');
    expect(baz('y', 'm')).to.equal('m');
    expect(baz('y', 'n')).to.equal('n');
  });

  it('leaves the user the choice, m included', () => {
    for (const own of ['n', 'm', 'y']) expect(baz('y', 'y', `CONFIG_BAZ=${own}\n`)).to.equal(own);
    expect(baz('y', 'm', 'CONFIG_BAZ=y\n')).to.equal('m');
  });

  it('limits a default too, and writes a line for what it could not raise', () => {
    const config = configure(
      MODULES +
        option('S', 'tristate', 'default y', 'imply X') +
        option('D', 'bool "d"') +
        option('X', 'tristate', 'default y', 'depends on D'),
    );
    expect(config.toDotConfig()).to.include('# CONFIG_X is not set\n');
  });

  it('says what limits it', () => {
    const { reasons } = configure(text, 'CONFIG_FOO=y\nCONFIG_BAR=m\n').explain('BAZ');
    expect(reasons.map(({ text: reason }) => reason)).to.deep.equal([
      'it has no default',
      'implied by FOO=y, to y',
      'limited to m by BAR=m',
    ]);
  });
});
