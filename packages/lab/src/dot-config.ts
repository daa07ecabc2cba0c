// SPDX-License-Identifier: GPL-2.0-only
// A .config as commands read it: refused if it is something else, and said if it sets nothing.

import { checkDotConfig, plain } from '@iommu-bounce/kconfig-options';
import { UsageError } from './errors';
import { readText } from './files';
import type { CommandIo } from './io';

export interface DotConfig {
  /** As it is called in messages. */
  readonly name: string;
  readonly text: string;
}

/**
 * @param path plain or gzip; - is stdin
 * @param prefix what stands before each name, usually CONFIG_
 * @throws UsageError for what is no .config
 */
export function readDotConfig(path: string, prefix: string, io: CommandIo): DotConfig {
  const name = path === '-' ? 'stdin' : path;
  const text = readText(path, 'a .config');
  const { problem, settings } = checkDotConfig(text, prefix);
  if (problem !== null) {
    const isBare = prefix !== '' && checkDotConfig(text, '').problem === null;
    throw new UsageError(
      `${name}: expected a .config, got something else: ${problem}${isBare ? ' (names without one: --prefix "")' : ''}`,
    );
  }
  if (settings === 0)
    io.err(`note: ${plain(name)} sets no option; all values are the Kconfig's own\n`);
  return { text, name };
}
