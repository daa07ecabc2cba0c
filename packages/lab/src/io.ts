// SPDX-License-Identifier: GPL-2.0-only
// Where a command writes: injected, so that tests read what a user would.

import { spawnSync } from 'node:child_process';
import { codeOf } from './files';

/** Fine, a check failed, bad usage or bad input. */
export type ExitStatus = 0 | 1 | 2;

export interface CommandIo {
  /** Results. With --json: one document and nothing else. */
  out(text: string): void;
  /** Errors, warnings, progress. */
  err(text: string): void;
  /** Whether err is a terminal, on which progress may be drawn. */
  readonly errIsTerminal: boolean;
  /** How wide text may be where out is no terminal: COLUMNS, if that is set. */
  readonly columns?: number;
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

/** What COLUMNS asks for; undefined if it is not a width. */
function wantedColumns(): number | undefined {
  const text = process.env['COLUMNS'] ?? '';
  return /^\d{1,4}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

const columns = wantedColumns();

export const processIo: CommandIo = {
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
  errIsTerminal: process.stderr.isTTY,
  ...(columns === undefined ? {} : { columns }),
  ...(process.stdout.isTTY
    ? {
        terminal: {
          columns: columns ?? process.stdout.columns,
          colour: (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
          page: (text): void => {
            if (!throughPager(text)) process.stdout.write(text);
          },
        },
      }
    : {}),
};

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

/** Draws `label: n` on one line of the terminal; draws nothing elsewhere. */
export class Progress {
  private last = 0;

  constructor(
    private readonly io: CommandIo,
    private readonly label: string,
  ) {}

  show(what: string): void {
    if (!this.io.errIsTerminal) return;
    const now = Date.now();
    if (now - this.last < 100) return;
    this.last = now;
    this.io.err(`\r\x1b[K${this.label}: ${what}`);
  }

  done(): void {
    if (this.io.errIsTerminal) this.io.err('\r\x1b[K');
  }
}
