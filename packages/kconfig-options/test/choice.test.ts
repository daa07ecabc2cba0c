// SPDX-License-Identifier: GPL-2.0-only
// Choices: modes, selections, members.

import { expect } from 'chai';

import { MODULES, configure, option } from './verbs';

/** A choice of A, B and C of this type. */
function choice(type: string, ...options: string[]): string {
  const members = ['A', 'B', 'C'].map((name) => option(name, `${type} "${name}"`)).join('');
  return [
    'choice',
    `\t${type} "Choice"`,
    ...options.map((line) => `\t${line}`),
    members,
    'endchoice\n',
  ].join('\n');
}

function values(text: string, dotConfig = '', names = ['A', 'B', 'C']): string {
  const config = configure(text, dotConfig);
  return names.map((name) => config.value(name)).join('');
}

describe('a bool choice', () => {
  it('selects its first member by default', () => {
    expect(values(choice('bool'))).to.equal('ynn');
  });

  it('selects its first default that is visible', () => {
    expect(values(choice('bool', 'default B if UNDEFINED', 'default C'))).to.equal('nny');
  });

  it('selects the last member that .config sets to y', () => {
    expect(values(choice('bool'), 'CONFIG_B=y\nCONFIG_C=y')).to.equal('nny');
    expect(values(choice('bool'), '# CONFIG_A is not set')).to.equal('ynn');
  });

  it('passes over members that are invisible', () => {
    const text = `choice\n\tprompt "P"\n\tdefault A\n${option('A', 'bool "A"', 'depends on UNDEFINED')}${option('B', 'bool "B"')}endchoice\n`;
    expect(values(text, 'CONFIG_A=y', ['A', 'B'])).to.equal('ny');
  });

  it('selects nothing while it is invisible', () => {
    expect(values(choice('bool', 'depends on UNDEFINED'), 'CONFIG_B=y')).to.equal('nnn');
  });

  it('selects nothing while it is optional and nobody asks', () => {
    expect(values(choice('bool', 'optional'))).to.equal('nnn');
    expect(values(choice('bool', 'optional'), 'CONFIG_B=y')).to.equal('nyn');
  });

  it('ignores defaults of its members, and selects of them', () => {
    const text = `choice\n\tprompt "P"\n${option('A', 'bool "A"')}${option('B', 'bool "B"', 'default y')}endchoice\n`;
    expect(values(option('S', 'def_bool y', 'select B') + text, '', ['A', 'B'])).to.equal('yn');
  });
});

describe('a tristate choice', () => {
  it('is in mode m by default, and its members n', () => {
    expect(values(MODULES + choice('tristate'))).to.equal('nnn');
  });

  it('lets several members be m', () => {
    expect(values(MODULES + choice('tristate'), 'CONFIG_A=m\nCONFIG_C=m')).to.equal('mnm');
  });

  it('has one y member in mode y', () => {
    expect(values(MODULES + choice('tristate'), 'CONFIG_B=y')).to.equal('nyn');
  });

  it('is a bool choice without modules', () => {
    expect(values(choice('tristate'))).to.equal('ynn');
  });

  it('warns of m and y side by side', () => {
    const { warnings } = configure(MODULES + choice('tristate'), 'CONFIG_A=m\nCONFIG_B=y');
    expect(warnings).to.deep.equal([
      '.config:2: CONFIG_B: both m and y given to members of one choice',
    ]);
  });
});

describe('members', () => {
  it('may stand within if, and be added to a named choice elsewhere', () => {
    const text =
      `choice NAMED\n\tbool "P"\n\tdefault C\nif y\n${option('A', 'bool "A"')}endif\nendchoice\n` +
      `choice NAMED\n${option('C', 'bool "C"')}endchoice\n`;
    expect(values(text, '', ['A', 'C'])).to.equal('ny');
    expect(values(text, 'CONFIG_A=y', ['A', 'C'])).to.equal('yn');
  });

  it('are not the options that depend on the member before them', () => {
    const text = `choice\n\tbool "P"\n${option('A', 'bool "A"')}${option('SUB', 'bool "Sub"', 'depends on A', 'default y')}${option('B', 'bool "B"')}endchoice\n`;
    expect(values(text, '', ['A', 'SUB', 'B'])).to.equal('yyn');
    expect(values(text, 'CONFIG_B=y', ['A', 'SUB', 'B'])).to.equal('nny');
  });

  it('give their type to the choice, and take it from there', () => {
    const text = `choice\n\tprompt "P"\n${option('A', 'bool "A"')}${option('B', 'prompt "B"')}endchoice\n`;
    expect(configure(text).toJSON().symbols['B']).to.include({ type: 'bool', value: 'n' });
  });
});
