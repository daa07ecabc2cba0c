// SPDX-License-Identifier: GPL-2.0-only
// `kconfig`: evaluates options from a Kconfig and a .config, and says why an option has its value.

import type { Command } from 'commander';
import {
  type Config,
  type Kconfig,
  evaluate,
  parseKconfig,
  plain,
  seriesKconfig,
} from '@iommu-bounce/kconfig-options';
import type { KconfigDocument } from '../documents';
import { UsageError } from '../errors';
import { readDotConfig } from '../dot-config';
import { type CommandIo, type ExitStatus, print, screenOf } from '../io';
import { reflowed } from '../show/text';
import { openTree } from '../kconfig/tree';
import { writeFile } from '../write-file';
import { jsonOption, jsonText } from './json';

interface KconfigOptions {
  readonly tree?: string;
  readonly file?: string;
  readonly arch?: string;
  readonly config?: string;
  readonly prefix?: string;
  readonly allowShell?: boolean;
  readonly setMacro?: ReadonlyMap<string, string>;
  readonly out?: string;
  readonly explain?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Lines of one kind on stderr; --json has all. */
const MOST_NOTES = 10;
const MOST_CHARACTERS = 160;

const EXAMPLES = `
Why is an option off in my kernel?
  iommu-bounce kconfig --tree ~/linux --arch x86 --config /proc/config.gz --explain VIRTIO_IOMMU

--tree takes a whole Linux, U-Boot, Buildroot, busybox or coreboot. $(shell,...) runs nothing without --allow-shell: each such call is named and counts as empty (an option that only it could set keeps the value of the .config). --set-macro gives the answer instead:
  --set-macro CC=clang                    a variable
  --set-macro cc-option=y                 a function, for all arguments
  --set-macro 'shell,uname -m=x86_64'     one call; the last = ends the command
Names without CONFIG_, as in Buildroot: --prefix "".
`;

export function addKconfig(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('kconfig')
    .description(
      "evaluate options and say why one is off; without --tree and --file, those of the series' own Kconfig",
    )
    .option('--tree <folder>', 'the root of a source tree; starts with its Kconfig')
    .option('--file <Kconfig>', 'the Kconfig to read; source is relative to the root of its tree')
    .option('--arch <name>', 'the architecture, as in ARCH=x86; default: that of the .config')
    .option('--config <.config>', 'values to start from; also gzip, - is stdin')
    .option('--prefix <text>', 'what stands before each name in the .config (default "CONFIG_")')
    .option('--allow-shell', 'run the commands that the Kconfig asks for')
    .option('--set-macro <name=value>', 'the value of a macro; may be repeated', addMacro)
    .option('--out <.config>', 'write the resulting .config')
    .option('--force', 'let --out replace a file')
    .option('--explain <symbol>', 'say why the symbol has its value')
    .addOption(jsonOption('kconfig'))
    .addHelpText('after', reflowed(EXAMPLES, screenOf(io)))
    .action((options: KconfigOptions) => {
      kconfig(options, io);
      end(0);
    });
}

function kconfig(options: KconfigOptions, io: CommandIo): void {
  const prefix = options.prefix ?? process.env['CONFIG_'] ?? 'CONFIG_';
  const dotConfig =
    options.config === undefined ? undefined : readDotConfig(options.config, prefix, io);
  const tree = parsed(options, dotConfig?.text ?? '', io);
  const config = evaluate(tree, dotConfig?.text ?? '', {
    prefix,
    ...(dotConfig ? { file: dotConfig.name } : {}),
  });
  const explanation = options.explain === undefined ? null : config.explain(options.explain);
  if (options.out !== undefined)
    writeFile(options.out, config.toDotConfig({ heading: true }), {
      what: '.config',
      force: options.force === true,
    });
  if (options.json === true) {
    const { messages, notRun } = tree;
    const document: KconfigDocument = {
      ...config.toJSON(),
      messages,
      notRun,
      ...(explanation ? { explanation } : {}),
    };
    io.out(jsonText(document));
    return;
  }
  notes(tree, config, io);
  if (explanation) print(io, `${reflowed(explanation.text, screenOf(io))}\n`);
  else if (options.out === undefined) {
    io.out(config.toDotConfig({ heading: true }).split('\n').map(plain).join('\n'));
  }
}

function parsed(options: KconfigOptions, dotConfig: string, io: CommandIo): Kconfig {
  const { tree, file, allowShell = false, setMacro: macros = new Map<string, string>() } = options;
  if (tree === undefined && file === undefined) {
    for (const [name, value] of [
      ['--arch', options.arch],
      ['--allow-shell', options.allowShell],
      ['--set-macro', options.setMacro],
    ] as const)
      if (value !== undefined)
        throw new UsageError(
          `${name}: the series' own Kconfig does not ask for it; expected --tree or --file`,
        );
    return parseKconfig('Kconfig', (path) => (path === 'Kconfig' ? seriesKconfig : undefined));
  }
  const recorded = options.arch ?? (tree === undefined ? undefined : archOf(dotConfig));
  const arch = recorded ?? (tree === undefined ? undefined : archHere());
  const opened = openTree({
    allowShell,
    macros,
    ...(tree === undefined ? {} : { tree }),
    ...(file === undefined ? {} : { file }),
    ...(arch === undefined ? {} : { arch }),
  });
  if (recorded === undefined && arch !== undefined)
    io.err(`note: no --arch and none in the .config: ${arch}, as this machine\n`);
  return parseKconfig(opened.file, opened.readFile, opened.options);
}

/** What the heading of a .config says (`# Linux/x86 5.14.0 Kernel Configuration`), or ARCH. */
function archOf(dotConfig: string): string | undefined {
  const { ARCH, SRCARCH } = process.env;
  return /^# Linux\/(\w+) /m.exec(dotConfig)?.[1] ?? ARCH ?? SRCARCH;
}

function archHere(): string {
  return process.arch === 'x64' || process.arch === 'ia32' ? 'x86' : process.arch;
}

/** What parsing and evaluation noticed, on stderr: never more than a screen. */
function notes(tree: Kconfig, config: Config, io: CommandIo): void {
  list(io, 'info', tree.messages);
  const { notRun } = tree;
  list(
    io,
    'note: not run',
    notRun.map(({ call, place }) => `${place.file}:${String(place.line)}: ${call}`),
  );
  if (notRun.length > 0) {
    io.err(
      `note: ${String(notRun.length)} shell ${notRun.length === 1 ? 'command counts' : 'commands count'} as empty; --allow-shell runs them, --set-macro gives their values\n`,
    );
  }
  list(io, 'warning', config.warnings);
}

function list(io: CommandIo, kind: string, lines: readonly string[]): void {
  for (const line of lines.slice(0, MOST_NOTES)) io.err(`${kind}: ${shortened(plain(line))}\n`);
  const more = lines.length - MOST_NOTES;
  if (more > 0) io.err(`${kind}: ${String(more)} more, all in --json\n`);
}

function shortened(line: string): string {
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 3)}...` : line;
}

/** `NAME=VALUE`, or `NAME,ARGUMENTS=VALUE`, whose arguments may hold = themselves. */
function addMacro(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const first = text.indexOf('=');
  const at = text.slice(0, first).includes(',') ? text.lastIndexOf('=') : first;
  if (at <= 0) throw new UsageError(`--set-macro ${text}: expected NAME=VALUE`);
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}
