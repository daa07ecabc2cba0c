// SPDX-License-Identifier: GPL-2.0-only
// The command line that a page shows: a shell reads from it what was typed.

import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { expect } from 'chai';
import { commandLine } from '../../src/commands/command-line';

function lineOf(...args: readonly string[]): string {
  const program = new Command('iommu-bounce').allowUnknownOption().argument('[words...]');
  program.action(() => undefined).parse(args, { from: 'user' });
  return commandLine(program);
}

describe('commandLine', () => {
  it('leaves plain words as they are, and out what says where the figures go', () => {
    expect(lineOf('fio', '--bs=4k', '--json', '--report', 'a b.html', '--seed', '7')).to.equal(
      'iommu-bounce fio --bs=4k --seed 7',
    );
    expect(lineOf('fio', '--report=x.html')).to.equal('iommu-bounce fio');
  });

  it('is read by bash as what was typed, and has no control characters', () => {
    const args = ['a b', "it's", '$HOME `id` "x" \\', "tab\t\u001b[2J\n'9", '\u202eabc é', '*', ''];
    const line = lineOf('replay', ...args);
    expect(line).not.to.match(/[\p{Cc}\p{Cf}]/u);
    const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).to.deep.equal(['iommu-bounce', 'replay', ...args]);
  });
});
