// SPDX-License-Identifier: GPL-2.0-only
// The command as data: its verbs and options, read off the parser itself, for completion and the manual page.

import type { Command, Option } from 'commander';
import { IOMMU_DRIVERS } from '@iommu-bounce/integration';
import { LAYOUT_NAMES, POLICIES, PRESET_NAMES, fixNames } from '@iommu-bounce/simulation';
import { RECORDED_ON } from '../compare';

export interface OptionText {
  /** `--preset`. */
  readonly flag: string;
  /** `<name>`; empty if it takes no value. */
  readonly value: string;
  readonly about: string;
  /** Words that the value can be; empty if it is free. */
  readonly words: readonly string[];
  /** Whether the value is a file or a folder. */
  readonly isPath: boolean;
}

export interface VerbText {
  readonly name: string;
  /** `<trace...>`: what comes beside the options. */
  readonly operands: string;
  readonly about: string;
  readonly options: readonly OptionText[];
}

/** Options whose values are a few words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '--preset': PRESET_NAMES,
  '--driver': IOMMU_DRIVERS,
  '--recorded-on': Object.keys(RECORDED_ON),
  '--policy': ['all', ...POLICIES.map(({ name }) => name)],
  '--fix': fixNames(),
  '--patches': ['0', '1', '2', '3', '4'],
  '--layout': LAYOUT_NAMES,
};

/** In the order of the help. */
export function verbsOf(program: Command): VerbText[] {
  return program.commands.map((command) => ({
    name: command.name(),
    operands: command.usage().replace(/^\[options\] ?/, ''),
    about: command.description(),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionText), HELP],
  }));
}

const HELP: OptionText = {
  flag: '--help',
  value: '',
  about: 'display help for the verb',
  words: [],
  isPath: false,
};

function optionText({ long, flags, description }: Option): OptionText {
  const flag = long ?? flags;
  const value = /[<[].*/.exec(flags)?.[0] ?? '';
  return {
    ...{ flag, value, about: description },
    words: WORDS[flag] ?? [],
    isPath: /file|folder|path|config|html|dir/i.test(value),
  };
}
