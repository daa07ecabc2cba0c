// SPDX-License-Identifier: GPL-2.0-only
// A transcript that cannot be replayed because it is no transcript: where, and what was expected.

export class TranscriptError extends Error {
  constructor(
    /** 1-based. */
    readonly line: number,
    readonly reason: string,
  ) {
    super(`line ${String(line)}: ${reason}`);
    this.name = 'TranscriptError';
  }
}
