// SPDX-License-Identifier: GPL-2.0-only
// Where a command writes: injected, so that tests read what a user would.

import { spawnSync } from 'node:child_process';
import type { CountedRows } from '@iommu-bounce/simulation';
import { codeOf } from './files';
import { NARROWEST, PAPER, type Screen, shown } from './show/text';

/** Fine, a check failed, bad usage or bad input. */
export type ExitStatus = 0 | 1 | 2;

export interface CommandIo {
  /** Results, byte for byte: documents, pictures. What people read goes through `print`. */
  out(text: string): void;
  /** Errors, warnings, progress. */
  err(text: string): void;
  /** Whether err is a terminal that can draw progress. */
  readonly errIsTerminal: boolean;
  /** How wide the terminal is that err is, if it is one. */
  readonly errColumns?: number;
  /** Whether text may have ASCII only: the locale is C. */
  readonly ascii?: boolean;
  /** How wide text may be where out is no terminal: COLUMNS, if that is set. */
  readonly columns?: number;
  /** Steps that earlier commands counted, for a program that runs many; a command adds to it. Default: it counts its own. */
  readonly counted?: CountedRows;
  /** The terminal that out is, if it is one. */
  readonly terminal?: Terminal;
}

export interface Terminal {
  readonly columns: number;
  /** False with NO_COLOR, or on a dumb terminal. */
  readonly colour: boolean;
  /** Shows a long text, if possible a screen at a time. */
  page(text: string): void;
}

/**
 * What text on out is laid out for. COLUMNS counts more than the terminal, as for git.
 * @param otherwise columns where no width is known
 */
export function screenOf(io: CommandIo, otherwise = PAPER.columns): Screen {
  const columns = io.terminal?.columns ?? io.columns ?? otherwise;
  return { columns: Math.max(columns, NARROWEST), ascii: io.ascii === true };
}

/** Text for people, in characters that they can see. */
export function print(io: CommandIo, text: string): void {
  io.out(shown(text, screenOf(io)));
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What COLUMNS asks for; undefined if it is not a width. */
function wantedColumns({ COLUMNS: text = '' }: Environment): number | undefined {
  return /^\d{1,4}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

/**
 * Whether the locale has ASCII only. LC_ALL decides, else LC_CTYPE, else LANG; where none is set text is UTF-8, as for
 * systemd: that is how services and containers run.
 */
export function isAscii({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((one) => one !== undefined && one !== '') ?? '';
  const charset = /\.([^@]*)/.exec(locale)?.[1];
  if (charset !== undefined) return !/^utf-?8$/i.test(charset);
  return locale === 'C' || locale === 'POSIX';
}

/** The terminal is dumb: it has no colours, and no line that can be drawn again. */
function isDumb({ TERM }: Environment): boolean {
  return TERM === 'dumb';
}

function newProcessIo(environment: Environment): CommandIo {
  const wanted = wantedColumns(environment);
  const isTerminal = process.stdout.isTTY;
  return {
    out: (text) => {
      process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    errIsTerminal: process.stderr.isTTY && !isDumb(environment),
    ...(process.stderr.isTTY ? { errColumns: process.stderr.columns || 80 } : {}),
    ascii: isAscii(environment),
    ...(wanted === undefined ? {} : { columns: wanted }),
    ...(isTerminal
      ? {
          terminal: {
            // Some say that they have none.
            columns: wanted ?? (process.stdout.columns || PAPER.columns),
            colour: (environment['NO_COLOR'] ?? '') === '' && !isDumb(environment),
            page: (text): void => {
              if (isDumb(environment) || !throughPager(text)) process.stdout.write(text);
            },
          },
        }
      : {}),
  };
}

export const processIo: CommandIo = newProcessIo(process.env);

/** As git does it: PAGER, else less; less ends by itself where the text fits and keeps the colours. */
function throughPager(text: string): boolean {
  const pager = process.env['PAGER'] ?? 'less';
  if (pager === '' || pager === 'cat') return false;
  const { error, status } = spawnSync(pager, {
    shell: true,
    input: text,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', LV: '-c', ...process.env },
  });
  // 127: the shell found no such command. A pager that its user left early is no error.
  return (error === undefined || codeOf(error) === 'EPIPE') && status !== 127;
}
