// SPDX-License-Identifier: GPL-2.0-only
// `read`: the C patches beside the TypeScript, as a site, on the terminal, or compared.

import { type Command, Option } from 'commander';
import type { Reading } from '@iommu-bounce/reader';
import { UsageError, oneLine } from '../errors';
import { type CommandIo, type ExitStatus, print, screenOf } from '../io';
import { whole } from '../interrupt';
import { Progress } from '../progress';
import { reflowed, shown } from '../show/text';
import { checkText } from '../tables/check';
import { readingText } from '../tables/reading';
import { jsonOption, printResult } from './json';
import { collect, wholeNumber } from './option-values';

interface ReadOptions {
  readonly series?: readonly string[];
  readonly kernel?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly check?: boolean;
  readonly port?: string;
  readonly explained?: boolean;
  readonly json?: boolean;
  readonly state?: string;
  readonly side?: 'both' | 'c' | 'ts';
  readonly color: 'auto' | 'always' | 'never';
}

/** Where no width is known: both sides have 78 columns. */
const COLUMNS = 160;

/** What the series stands on, and a kernel of its time does not have. */
const FIXES =
  'the two fixes of 2 July 2021 that the series stands on are missing (20210702053742.842850-1-stevensd@google.com and -2-); get them and add --series fixes.mbox.gz, see docs/reading.md';
const OTHER_TREE =
  '--kernel is not the tree that the series was made on, or --series lacks patches that it stands on';

const HELP = `
The folder of --out:
  One that is not there is made, an empty one is filled. One with the site of an earlier run (the file .iommu-bounce-site lists what that run wrote) is replaced as a whole, with a note. One with any other file is refused, and so is a site with a series where the new one has none. --force writes in these cases too: it replaces what .iommu-bounce-site lists, and leaves other files.

Names on the terminal:
  Width: COLUMNS, else that of the terminal, else ${String(COLUMNS)}. From 100 columns on both sides stand beside each other, below that one under the other. │ stands between counterparts, ┊ between lines that only stand beside each other; +3 at a line: patch 3 wrote it.
  On a terminal the text goes through PAGER, else less; PAGER=cat prints it at once.
  NO_COLOR=1 or --color never: no colours.`;

export function addRead(program: Command, io: CommandIo, end: (status: ExitStatus) => void): void {
  program
    .command('read')
    .description('read the C patches beside the TypeScript: a function here, or all as a site')
    .argument('[name...]', 'functions or other names of the C to show on the terminal')
    .option(
      '--series <path>',
      'your copy of the mails: an mbox, a folder of mails or patches, or REPOSITORY:BASE..HEAD; may be given again',
      collect,
    )
    .option('--kernel <dir>', 'a kernel tree, v5.13-rc7 to v5.14, or the few files of one')
    .option('--out <folder>', 'write the site: open index.html in it; see below')
    .option('--force', 'let --out write into a folder that it would refuse')
    .option('--check', 'compare both sides; status 1 if a difference is unexplained')
    .option('--explained', 'with --check: list the explained differences too')
    .option('--port <folder>', 'packages of another port, in place of ours')
    .addOption(jsonOption('read', 'with --check: '))
    .option(
      '--state <n>',
      'with names: the text after n patches, 0 to 4 (default: the last that has the name)',
    )
    .addOption(
      new Option('--side <which>', 'with names: both sides, or one (default: both)').choices([
        'both',
        'c',
        'ts',
      ]),
    )
    .addOption(
      new Option('--color <when>', 'colours on the terminal')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .addHelpText('after', reflowed(HELP, screenOf(io)))
    .action(async (names: string[], options: ReadOptions) => {
      end(await read(names, options, io));
    });
}

async function read(
  names: readonly string[],
  options: ReadOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  checkOptions(names, options);
  const progress = new Progress(io, 'read');
  const stages = options.out === undefined ? 2 : 3;
  const show = (stage: number, what: string): void => {
    progress.show(`${String(stage)} of ${String(stages)}: ${what}`, (stage - 1) / stages);
  };
  show(1, 'reads the port and the series');
  // It loads the TypeScript compiler: other verbs start without it.
  const { changedByPatch, checkReading, checkSiteFolder, openReading, readingSite, writeSite } =
    await import('@iommu-bounce/reader');
  if (options.out !== undefined) checkSiteFolder(options.out, options.force === true);
  const reading = await openReading({
    series: options.series ?? [],
    kernel: options.kernel ?? null,
    port: options.port ?? null,
  });
  const notes = notesOf(reading, options);
  if (names.length > 0) {
    progress.done();
    for (const note of notes) io.err(`note: ${oneLine(note)}\n`);
    return showNames(names, reading, options, io);
  }
  show(2, 'compares them');
  const check = reading.c ? checkReading(reading, reading.c) : null;
  if (options.out !== undefined) {
    show(3, 'writes the site');
    const changed = reading.c ? changedByPatch(reading, reading.c) : [];
    const site = readingSite(reading, check, changed);
    const out = options.out;
    if (whole(() => writeSite(out, site, options.force === true)))
      notes.unshift(`${out}: replaces the site of an earlier run`);
  }
  progress.done();
  for (const note of notes) io.err(`note: ${oneLine(note)}\n`);
  if (options.check === true && check)
    printResult(io, options.json, check, () =>
      checkText(check, options.explained === true, screenOf(io, Infinity)),
    );
  if (options.out !== undefined && options.json !== true)
    print(io, `Site: ${oneLine(options.out)}/index.html\n`);
  const unexplained = check?.differences.some((d) => d.explanation === null) === true;
  return options.check === true && unexplained ? 1 : 0;
}

/** On stderr, one line each; the last says what to do about hunks that do not apply. */
function notesOf({ c }: Reading, { port }: ReadOptions): string[] {
  if (c === null) return [];
  const { series, tree } = c;
  const why = port === undefined && series.before.length === 0 ? FIXES : OTHER_TREE;
  return [
    ...series.notes,
    // What is exact needs no note; the site's index has all.
    ...tree.versions.filter((version) => version.includes('not the version')),
    ...tree.notes,
    ...(tree.unapplied > 0 ? [`${counted(tree.unapplied)} of the series left out: ${why}`] : []),
  ];
}

function counted(hunks: number): string {
  return hunks === 1 ? '1 hunk' : `${String(hunks)} hunks`;
}

function checkOptions(names: readonly string[], options: ReadOptions): void {
  if (names.length === 0 && options.out === undefined && options.check !== true)
    throw new UsageError(
      'expected a name, --out <folder> or --check; see iommu-bounce read --help',
    );
  if (names.length > 0 && (options.out !== undefined || options.check === true))
    throw new UsageError('names cannot be combined with --out or --check');
  for (const [given, option] of [
    [options.state, '--state'],
    [options.side, '--side'],
  ] as const)
    if (given !== undefined && names.length === 0) throw new UsageError(`${option}: is for names`);
  if (options.series === undefined)
    for (const [given, option] of [
      [options.check === true, '--check'],
      [options.kernel !== undefined, '--kernel'],
    ] as const)
      if (given) throw new UsageError(`${option}: needs your copy of the mails, --series <path>`);
  for (const [given, option] of [
    [options.json, '--json'],
    [options.explained, '--explained'],
  ] as const)
    if (given === true && options.check !== true) throw new UsageError(`${option}: is for --check`);
  if (options.force === true && options.out === undefined)
    throw new UsageError('--force: is for --out');
}

function showNames(
  names: readonly string[],
  reading: Reading,
  options: ReadOptions,
  io: CommandIo,
): ExitStatus {
  const { terminal } = io;
  const look = {
    ...screenOf(io, COLUMNS),
    colour: options.color === 'always' || (options.color === 'auto' && terminal?.colour === true),
    side: options.side ?? 'both',
  };
  const state =
    options.state === undefined
      ? null
      : wholeNumber('--state', options.state, 0, reading.port.patches);
  const text = shown(readingText(names, reading, look, state), look);
  if (terminal) terminal.page(text);
  else io.out(text);
  return 0;
}
