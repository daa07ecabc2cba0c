// SPDX-License-Identifier: GPL-2.0-only
// Where a command writes: injected, so that tests read what a user would.

/** Fine, a check failed, bad usage or bad input. */
export type ExitStatus = 0 | 1 | 2;

export interface CommandIo {
  /** Results. With --json: one document and nothing else. */
  out(text: string): void;
  /** Errors, warnings, progress. */
  err(text: string): void;
  /** Whether err is a terminal, on which progress may be drawn. */
  readonly errIsTerminal: boolean;
}

export const processIo: CommandIo = {
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
  errIsTerminal: process.stderr.isTTY,
};

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
