// SPDX-License-Identifier: GPL-2.0-only
// `completion SHELL` and `man`: what makes the command at home in a shell.

import type { Command } from 'commander';
import { UsageError } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { VERSION } from '../package';
import { SHELLS, completionScript } from '../shell/completion';
import { manPage } from '../shell/man-page';
import { verbsOf } from '../shell/verbs';

const HOW = `
in ~/.bashrc:
  eval "$(iommu-bounce completion bash)"
in ~/.zshrc, after compinit:
  source <(iommu-bounce completion zsh)
in ~/.config/fish/config.fish:
  iommu-bounce completion fish | source
`;

export function addShell(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('completion')
    .description(`print a script that completes verbs and options in ${SHELLS.join(', ')}`)
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText('after', HOW)
    .action((text: string) => {
      const shell = SHELLS.find((one) => one === text);
      if (shell === undefined)
        throw new UsageError(`completion: expected one of ${SHELLS.join(', ')}, got '${text}'`);
      io.out(completionScript(shell, verbsOf(program)));
      end(0);
    });
  program
    .command('man')
    .description('print the manual page; to read it: iommu-bounce man | man -l -')
    .action(() => {
      io.out(manPage(program.description(), verbsOf(program), VERSION));
      end(0);
    });
}
