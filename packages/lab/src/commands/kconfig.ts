// SPDX-License-Identifier: GPL-2.0-only
// `kconfig`: evaluates options from a Kconfig and a .config, and says why an option has its value.

import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { type Config, evaluate, parseKconfig, seriesKconfig } from '@iommu-bounce/kconfig-options';
import { oneLine } from '../errors';
import { readText, readTextOrNot } from '../files';
import type { CommandIo, ExitStatus } from '../io';
import { writeFile } from '../write-file';

interface KconfigOptions {
  readonly file?: string;
  readonly config?: string;
  readonly out?: string;
  readonly explain?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addKconfig(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('kconfig')
    .description("evaluate options; without --file, those of the series' own Kconfig")
    .option('--file <Kconfig>', 'the Kconfig to read; what it sources is relative to its folder')
    .option('--config <.config>', 'values to start from')
    .option('--out <.config>', 'write the resulting .config')
    .option('--force', 'let --out replace a file')
    .option('--explain <symbol>', 'say why the symbol has its value')
    .option('--json', 'one JSON document on stdout')
    .action((options: KconfigOptions) => {
      kconfig(options, io);
      end(0);
    });
}

function kconfig(options: KconfigOptions, io: CommandIo): void {
  const config = evaluated(options);
  const explanation = options.explain === undefined ? null : config.explain(options.explain);
  if (options.out !== undefined)
    writeFile(options.out, config.toDotConfig({ heading: true }), {
      what: '.config',
      force: options.force === true,
    });
  if (options.json === true) {
    io.out(
      `${JSON.stringify({ ...config.toJSON(), ...(explanation ? { explanation } : {}) }, null, 2)}\n`,
    );
    return;
  }
  for (const warning of config.warnings) io.err(`warning: ${oneLine(warning)}\n`);
  if (explanation) io.out(`${explanation.text}\n`);
  else if (options.out === undefined) io.out(config.toDotConfig({ heading: true }));
}

function evaluated(options: KconfigOptions): Config {
  const { file } = options;
  const kconfigTree =
    file === undefined
      ? parseKconfig('Kconfig', (path) => (path === 'Kconfig' ? seriesKconfig : undefined))
      : parseKconfig(file, (path) =>
          readTextOrNot(path === file ? path : join(dirname(file), path)),
        );
  if (options.config === undefined) return evaluate(kconfigTree);
  const text = readText(options.config, 'a .config');
  return evaluate(kconfigTree, text, { file: options.config });
}
