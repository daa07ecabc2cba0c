// SPDX-License-Identifier: GPL-2.0-only
// `completion` and `man`: asked of the shells themselves, and of groff, where they are installed.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, withFolder } from './run-cli';

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

async function script(shell: string): Promise<string> {
  const { status, out } = await cli('completion', shell);
  expect(status).to.equal(0);
  return out;
}

/** What a shell prints for a text that it is to run. */
function printed(shell: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(shell, args, { encoding: 'utf8' });
  expect(stderr).to.equal('');
  expect(status).to.equal(0);
  return stdout;
}

describe('iommu-bounce completion', () => {
  for (const [words, wanted] of [
    [['re'], ['replay', 'read']],
    [['replay', '--rec'], ['--recorded-on']],
    [
      ['replay', '--preset', 'bare'],
      ['bare-metal-vtd', 'bare-metal-smmuv3'],
    ],
    [['fio', '--policy', 'lazy-l'], ['lazy-large']],
    [['verify', 'x'], []],
  ] as const)
    it(`completes "${words.join(' ')}" in bash`, async function () {
      if (!isInstalled('bash')) return void this.skip();
      const all = ['iommu-bounce', ...words];
      const text = `${await script('bash')}
COMP_WORDS=(${all.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${String(all.length - 1)}
_iommu_bounce; printf '%s\\n' "\${COMPREPLY[@]}"`;
      expect(printed('bash', '--norc', '-c', text).split('\n').filter(Boolean)).to.have.members([
        ...wanted,
      ]);
    });

  it('completes in fish', async function () {
    if (!isInstalled('fish')) return void this.skip();
    const asked = async (line: string): Promise<string[]> =>
      printed('fish', '--no-config', '-c', `${await script('fish')}\ncomplete -C '${line}'`)
        .split('\n')
        .map((one) => one.split('\t')[0] ?? '')
        .filter(Boolean);
    expect(await asked('iommu-bounce bre')).to.deep.equal(['breakeven']);
    expect(await asked('iommu-bounce replay --recorded-on sm')).to.deep.equal(['smmuv3']);
    expect(await asked('iommu-bounce replay --record')).to.deep.equal(['--recorded-on']);
  });

  it('is a script that zsh reads', async function () {
    if (!isInstalled('zsh')) return void this.skip();
    const text = await script('zsh');
    await withFolder((folder) => {
      const file = join(folder, '_iommu-bounce');
      writeFileSync(file, text);
      expect(printed('zsh', '-n', file)).to.equal('');
      expect(
        printed(
          'zsh',
          '-f',
          '-c',
          `autoload -U compinit; compinit -D; source ${file}; whence -w _iommu_bounce`,
        ),
      ).to.equal('_iommu_bounce: function\n');
      return Promise.resolve();
    });
  });

  it('has each option of each verb, and each verb', async () => {
    const { out: help } = await cli('--help');
    const verbs = [...help.matchAll(/^ {2}([a-z]+) (?:[[<]|\s{2})/gm)].map(([, name = '']) => name);
    expect(verbs).to.include('replay').and.include('completion');
    for (const shell of ['bash', 'zsh', 'fish']) {
      const text = await script(shell);
      for (const verb of verbs) expect(text, shell).to.match(new RegExp(`\\b${verb}\\b`));
    }
    const bash = await script('bash');
    for (const verb of verbs.filter((one) => one !== 'help')) {
      const { out } = await cli(verb, '--help');
      const own = new RegExp(`^ {4}${verb}\\) words='(.*)' ;;$`, 'm').exec(bash)?.[1]?.split(' ');
      for (const [, flag] of out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm))
        expect(own, verb).to.include(flag);
    }
  });

  it('refuses another shell', async () => {
    const { status, err } = await cli('completion', 'csh');
    expect(status).to.equal(2);
    expect(err).to.equal("iommu-bounce: completion: expected one of bash, zsh, fish, got 'csh'\n");
  });
});

describe('iommu-bounce man', () => {
  it('is a page that groff formats without a warning', async function () {
    const { out, status } = await cli('man');
    expect(status).to.equal(0);
    for (const word of ['replay', '\\-\\-recorded\\-on', 'EXIT STATUS'])
      expect(out).to.include(word);
    if (!isInstalled('groff')) return void this.skip();
    const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-cbou'], {
      input: out,
      encoding: 'utf8',
    });
    expect(stderr).to.equal('');
    expect(stdout).to.include('EXIT STATUS');
  });
});

describe('long options', () => {
  it('may be spelt with underscores, as in fio @long-only', async () => {
    const { status, out } = await cli('breakeven', '--set=vmexitNs=1000', '--json');
    expect(status).to.equal(0);
    const args = ['fio', '--no_data', '--json', '--rw=read', '--number_ios=200', '--bs=4k'];
    const fio = await cli(...args);
    expect(fio.status, fio.err).to.equal(0);
    expect(out).to.include('"vmexitNs": 1000');
  });
});
