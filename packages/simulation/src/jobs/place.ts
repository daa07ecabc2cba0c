// SPDX-License-Identifier: GPL-2.0-only
// Where an option stands, in a job file or on the command line, and the error that names the place.

import { printable } from '@iommu-bounce/dma-trace/parse';
import { InputError } from '../errors';

/** A job that cannot be read or cannot be run: one line with the place and what was expected. Exit status 2. */
export class JobError extends InputError {
  override readonly name = 'JobError';

  constructor(
    /** Null for the command line. */
    readonly file: string | null,
    /** From 1 on; null when the complaint is about the whole. */
    readonly line: number | null,
    readonly reason: string,
  ) {
    super(file === null ? reason : `${located(file, line)}: ${reason}`);
  }
}

export interface Place {
  /** An error for this place, to be thrown. */
  error(reason: string): JobError;
  /** One line for a warning about this place. */
  warning(text: string): string;
}

/** A line of a job file; `shown` is what stands there, as far as it matters. */
export class FilePlace implements Place {
  constructor(
    readonly file: string,
    readonly line: number,
    private readonly shown: string,
  ) {}

  error(reason: string): JobError {
    return new JobError(this.file, this.line, `${printable(this.shown)}: ${reason}`);
  }

  warning(text: string): string {
    return `${located(this.file, this.line)}: ${printable(this.shown)}: ${text}`;
  }
}

/** A flag of the command line. */
export class FlagPlace implements Place {
  private readonly shown: string;

  constructor(flag: string, value: string | null) {
    this.shown = printable(value === null ? `--${flag}` : `--${flag} ${value}`);
  }

  error(reason: string): JobError {
    return new JobError(null, null, `${this.shown}: ${reason}`);
  }

  warning(text: string): string {
    return `${this.shown}: ${text}`;
  }
}

function located(file: string, line: number | null): string {
  return `${file.replace(/\p{Cc}/gu, '?')}${line === null ? '' : `:${String(line)}`}`;
}
