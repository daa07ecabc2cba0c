// SPDX-License-Identifier: GPL-2.0-only
// The iommu-bounce command: verbs, options, and how a run ends.

import { Command, CommanderError } from 'commander';
import { KconfigError } from '@iommu-bounce/kconfig-options';
import { NotTranslatedError } from '@iommu-bounce/integration';
import { TraceError } from '@iommu-bounce/dma-trace';
import { ReadError } from '@iommu-bounce/reader/light';
import { InputError } from '@iommu-bounce/simulation';
import { addAnonymise } from './commands/anonymise';
import { addAdvise } from './commands/advise';
import { addBreakEven } from './commands/breakeven';
import { addCalibrate } from './commands/calibrate';
import { addCheck } from './commands/check';
import { addCompare } from './commands/compare';
import { addDiff } from './commands/diff';
import { addDemo } from './commands/demo';
import { addProtection } from './commands/protection';
import { addRead } from './commands/read';
import { addFio } from './commands/fio';
import { addKconfig } from './commands/kconfig';
import { addLint } from './commands/lint';
import { addPlay } from './commands/play';
import { addReplay } from './commands/replay';
import { addScenario } from './commands/scenario';
import { addSchema } from './commands/schema';
import { addSeries } from './commands/series';
import { addShell } from './commands/shell';
import { addSweep } from './commands/sweep';
import { addVerify } from './commands/verify';
import { addWorker } from './commands/worker';
import { UsageError, oneLine } from './errors';
import { type CommandIo, type ExitStatus, print, processIo, screenOf } from './io';
import { VERSION } from './package';
import { CLEAR } from './progress';
import { proseColumns, shown } from './show/text';

/** A verb adds itself to the program and tells its status through `end`. */
export type AddCommand = (
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
) => void;

const verbs: readonly AddCommand[] = [
  addFio,
  addReplay,
  addLint,
  addAnonymise,
  addAdvise,
  addDiff,
  addScenario,
  addProtection,
  addVerify,
  addSeries,
  addKconfig,
  addPlay,
  addBreakEven,
  addCalibrate,
  addCheck,
  addCompare,
  addSweep,
  addWorker,
  addDemo,
  addRead,
  addSchema,
  addShell,
];

/** Beside the names of options there is at least so much room, or their descriptions are not broken. */
const NARROW_HELP = 16;

/** Runs the command line; never throws for what a user can do wrong. */
export async function run(args: readonly string[], given: CommandIo): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const screen = screenOf(given);
  // All that goes to err is text for people.
  const io: CommandIo = {
    ...given,
    err: (text) => {
      given.err(shown(text, screen));
    },
  };
  const helpWidth = (): number => proseColumns(screen);
  const program = new Command('iommu-bounce')
    .description(
      'The series "Add dynamic iommu backed bounce buffers", run, measured and checked without a kernel',
    )
    .version(VERSION, '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        print(io, text);
      },
      writeErr: (text) => {
        io.err(text);
      },
      outputError: () => undefined, // printed once, below
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
    })
    .configureHelp({ minWidthToWrap: NARROW_HELP })
    .showHelpAfterError(false);
  for (const add of verbs)
    add(program, io, (s) => {
      status = s;
    });
  try {
    if (args.length === 0) throw new UsageError('expected a verb; see iommu-bounce --help');
    await program.parseAsync(args.map(dashed), { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help
    const message = userMessage(error);
    if (message === null) throw error;
    // Where an error came from in the middle of a verb, progress is still drawn.
    io.err(`${io.errIsTerminal ? CLEAR : ''}iommu-bounce: ${oneLine(message)}\n`);
    return 2;
  }
}

/** fio spells its long options with underscores, `--number_ios`: they are read alike. */
function dashed(arg: string): string {
  return arg.replace(/^--\w+(?==|$)/, (flag) => flag.replaceAll('_', '-'));
}

/** The message for an error of the user; null for one of ours. */
function userMessage(error: unknown): string | null {
  if (error instanceof CommanderError) return error.message.replace(/^error: /, '');
  return error instanceof UsageError ||
    error instanceof InputError ||
    error instanceof TraceError ||
    error instanceof ReadError ||
    error instanceof KconfigError ||
    error instanceof NotTranslatedError
    ? error.message
    : null;
}

/** The bin's entry. */
export function main(args: readonly string[]): void {
  // A reader that has seen enough (`| head`) is no error; what cannot be written is one, at once.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE')
      processIo.err(
        `iommu-bounce: the output cannot be written (${error.code ?? error.message})\n`,
      );
    process.exit(error.code === 'EPIPE' ? 0 : 2);
  });
  // Nobody can be told that nothing can be told.
  process.stderr.on('error', () => undefined);
  run(args, processIo).then(
    (status) => {
      process.exitCode = status;
    },
    (error: unknown) => {
      processIo.err(
        `iommu-bounce: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      process.exitCode = 70;
    },
  );
}
