// SPDX-License-Identifier: GPL-2.0-only
// Why an option has its value: each kind of reason.

import { expect } from 'chai';

import { MODULES, configure, errorOf, option } from './verbs';

describe('explain', () => {
  const kinds = (text: string, dot = '', name = 'X') =>
    configure(text, dot)
      .explain(name)
      .reasons.map(({ kind }) => kind);
  const textOf = (text: string, dot = '', name = 'X') => configure(text, dot).explain(name).text;

  it('names what hides the prompt, and the user value that this drops', () => {
    const text =
      option('A', 'bool "A"') +
      option('B', 'bool "B"') +
      option('X', 'bool "X"', 'depends on A && (B || A)');
    expect(textOf(text, 'CONFIG_X=y\nCONFIG_B=y')).to.equal(
      [
        'X=n (bool, Kconfig:7)',
        '  - its prompt is invisible because A=n (Kconfig:8)',
        '  - .config says y, dropped: no prompt of it is visible',
        '  - it has no default',
        '  - it has no line in .config',
      ].join('\n'),
    );
    const [reason] = configure(text, 'CONFIG_B=y').explain('X').reasons;
    expect(reason).to.deep.include({ names: ['A'], place: { file: 'Kconfig', line: 8 } });
  });

  it('tells undefined names, comparisons and constants apart', () => {
    const why = (cond: string) =>
      textOf(option('S', 'string "S"') + option('X', 'bool "X"', `depends on ${cond}`)).split(
        '\n',
      )[1];
    expect(why('NOWHERE')).to.equal(
      '  - its prompt is invisible because NOWHERE=n (not defined) (Kconfig:5)',
    );
    expect(why('S = "a"')).to.equal(
      `  - its prompt is invisible because S = "a" is n (S is '') (Kconfig:5)`,
    );
    expect(why('n')).to.equal('  - its prompt is invisible because the Kconfig says n (Kconfig:5)');
    expect(why('!(y || NOWHERE)')).to.equal(
      '  - its prompt is invisible because !(y || NOWHERE) is n (Kconfig:5)',
    );
  });

  it('names who selects it, with the dependencies that this overrides', () => {
    const text = option('A', 'def_bool y', 'select X') + option('X', 'bool', 'depends on NOWHERE');
    expect(textOf(text)).to.equal(
      [
        'X=y (bool, Kconfig:5)',
        '  - it has no prompt: a .config cannot set it, only default, select, imply',
        '  - it has no default',
        '  - selected by A=y, to y (Kconfig:3)',
        '  - the select overrides unmet dependencies: NOWHERE=n (not defined)',
      ].join('\n'),
    );
  });

  it('names who implies it, in vain or not', () => {
    const text =
      option('A', 'def_bool y', 'imply X') +
      option('D', 'bool "D"') +
      option('X', 'bool "X"', 'depends on D');
    expect(kinds(text, 'CONFIG_D=y')).to.deep.equal(['no-default', 'implied']);
    expect(kinds(text)).to.deep.equal(['prompt-invisible', 'no-default', 'imply-inactive']);
  });

  it('names the default that counts and those that do not', () => {
    const text =
      option('A', 'def_bool y') + option('X', 'bool', 'default n if NOWHERE', 'default A');
    expect(textOf(text).split('\n').slice(2)).to.deep.equal([
      '  - its default n does not apply because NOWHERE=n (not defined) (Kconfig:6)',
      '  - its default is A, which is y (Kconfig:7)',
    ]);
  });

  it('tells a user value that is taken, limited, or promoted', () => {
    const text =
      MODULES + option('T', 'tristate "T"') + option('X', 'tristate "X"', 'depends on T');
    expect(kinds(text, 'CONFIG_T=y\nCONFIG_X=m')).to.deep.equal(['user']);
    expect(kinds(text, 'CONFIG_T=m\nCONFIG_X=y')).to.deep.equal(['user-limited']);
    expect(textOf(text, 'CONFIG_T=m\nCONFIG_X=y')).to.include(
      '.config says y, limited to m by T=m',
    );
    expect(kinds(text, '# CONFIG_MODULES is not set\nCONFIG_T=y\nCONFIG_X=m')).to.deep.equal([
      'user',
      'promoted',
    ]);
    expect(kinds(MODULES + option('X', 'def_bool m'))).to.deep.equal([
      'no-prompt',
      'default',
      'promoted',
    ]);
  });

  it('tells ranges, and user values outside of them', () => {
    const text = option('X', 'int "X"', 'range 1 10', 'default 50');
    expect(textOf(text, 'CONFIG_X=20').split('\n')).to.deep.equal([
      'X=10 (int, Kconfig:1)',
      '  - .config says 20, dropped: outside [1, 10] (Kconfig:3)',
      '  - its default is 50 (Kconfig:4)',
      '  - brought into its range [1, 10] (Kconfig:3)',
    ]);
    expect(kinds(text, 'CONFIG_X=2')).to.deep.equal(['user', 'range']);
    expect(kinds(option('X', 'string "X" if NOWHERE'), 'CONFIG_X="a"')).to.deep.equal([
      'prompt-invisible',
      'user-dropped',
      'no-default',
      'not-written',
    ]);
  });

  it('tells what a choice selects, and why', () => {
    const text = `choice\n\tbool "P"\n${option('A', 'bool "A"')}${option('X', 'bool "X"')}endchoice\n`;
    expect(textOf(text)).to.include('  - its choice selects A, by default (Kconfig:1)');
    expect(textOf(text, 'CONFIG_X=y')).to.include(
      '  - its choice selects it, by .config (Kconfig:1)',
    );
    const modular = MODULES + `choice\n\ttristate "P"\n${option('X', 'tristate "X"')}endchoice\n`;
    expect(textOf(modular, 'CONFIG_X=m')).to.include('its choice is in mode m; .config says m');
  });

  it('names the selectors that do not count, each with its reason', () => {
    const text =
      option('BUS', 'bool "bus"') +
      option('DRV', 'bool "driver"', 'depends on BUS', 'select X') +
      option('OFF', 'bool "off"', 'select X') +
      option('NEW', 'bool "new"', 'imply X') +
      option('ON', 'def_bool y', 'select X if BUS') +
      option('PLAIN', 'bool', 'select X') +
      option('X', 'bool');
    expect(textOf(text, '# CONFIG_OFF is not set\n').split('\n').slice(3)).to.deep.equal([
      '  - Implied by [n]: NEW [=n], because .config does not set it (Kconfig:15)',
      '  - Selected by [n]: DRV [=n], because BUS=n (Kconfig:7)',
      '  - Selected by [n]: OFF [=n], because .config says n (Kconfig:11)',
      '  - Selected by [n]: ON [=y], because BUS=n (Kconfig:19)',
      '  - Selected by [n]: PLAIN [=n], because it has no prompt, and nothing selects it (Kconfig:23)',
      '  - it has no line in .config',
    ]);
    const { reasons } = configure(text).explain('X');
    expect(reasons.flatMap(({ names }) => names)).to.include.members(['DRV', 'BUS', 'OFF', 'ON']);
    expect(textOf(text, 'CONFIG_OFF=y\n')).not.to.include('[n]');
  });

  it('lists ten of many selectors, and counts the rest', () => {
    const drivers = Array.from({ length: 13 }, (_, i) =>
      option(`D${String(i)}`, 'bool "d"', 'select X'),
    );
    const text = drivers.join('') + option('X', 'bool');
    const lines = textOf(text).split('\n');
    expect(lines.filter((line) => line.includes('Selected by [n]'))).to.have.length(10);
    expect(lines.at(-2)).to.equal('  - and 3 more selects by [n]');
    expect(configure(text).explain('X').reasons).to.have.length(16);
  });

  it('shows control characters of a file as their codes', () => {
    const text = option('S', 'string "s"') + option('X', 'bool "x"', 'depends on S = "\u001b[31m"');
    expect(textOf(text)).to.include('S = "\\x1b[31m" is n');
  });

  it('suggests the nearest names for one that is not there', () => {
    const text =
      ['VIRTIO_IOMMU', 'VIRTIO_PCI', 'IOMMU_DMA', 'NET']
        .map((name) => option(name, 'bool "x"'))
        .join('') + option('Z', 'bool "z"', 'depends on GONE');
    const says = (name: string) => errorOf(() => configure(text).explain(name)).detail;
    expect(says('VIRTOI_IOMMU')).to.equal('no option VIRTOI_IOMMU; did you mean VIRTIO_IOMMU?');
    expect(says('virtio_iommu')).to.equal('no option virtio_iommu; did you mean VIRTIO_IOMMU?');
    expect(says('CONFIG_VIRTIO')).to.equal(
      'no option CONFIG_VIRTIO; did you mean VIRTIO_PCI or VIRTIO_IOMMU?',
    );
    expect(says('GONE')).to.equal('no option GONE; the files name it, but none of them defines it');
    expect(says('QQQQQQ')).to.equal('no option QQQQQQ; expected a config statement');
  });

  it('throws for an option that is not there', () => {
    expect(errorOf(() => configure('').explain('NONE')).message).to.equal(
      'Kconfig: no option NONE; expected a config statement',
    );
  });
});
