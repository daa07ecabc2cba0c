// SPDX-License-Identifier: GPL-2.0-only
// The kernel log, warnings and oopses of one machine. C: kernel/printk, include/asm-generic/bug.h

export type log_level = 'err' | 'warn' | 'info' | 'bug';

export interface log_line {
  readonly level: log_level;
  readonly text: string;
}

/** What the C would have died of: a bad memory access (signal 11), a failed BUG_ON, or a loop that never ends. */
export type oops_kind = 'bad-access' | 'bug' | 'lockup';

const OOPS_TEXT: Readonly<Record<oops_kind, string>> = {
  'bad-access': 'bad memory access',
  bug: 'kernel BUG',
  lockup: 'watchdog: LOCKUP',
};

/** The end of the line for the machine: thrown where the real kernel would oops. */
export class oops extends Error {
  constructor(
    readonly kind: oops_kind,
    what: string,
  ) {
    super(`${OOPS_TEXT[kind]}: ${what}`);
    this.name = 'oops';
  }
}

/** Follows a pointer: a NULL is an oops, never undefined. */
export function deref<T extends object>(p: T | null | undefined, what?: string): T {
  if (p === null || p === undefined) null_pointer(what);
  return p;
}

// Out of line, so that deref is small enough to be inlined everywhere: with the locks, 13 ns of a hit.
function null_pointer(what = 'NULL pointer dereference'): never {
  throw new oops('bad-access', what);
}

/** C: include/asm-generic/bug.h BUG_ON */
export function BUG_ON(condition: boolean, what: string): void {
  if (condition) throw new oops('bug', what);
}

/** Lines kept; older ones are dropped and counted. */
const LOG_BUF_LINES = 1024;

export class printk_c {
  /** The log buffer, oldest first. */
  readonly lines: log_line[] = [];
  /** Lines that fell out of the buffer. */
  dropped = 0;
  /** Times a WARN was hit, the _ONCE ones included every time. */
  warnings = 0;
  /** Reports of "sleeping function called from invalid context". */
  sleeping_in_atomic = 0;

  pr_err(text: string): void {
    this.emit('err', text);
  }

  pr_warn(text: string): void {
    this.emit('warn', text);
  }

  pr_info(text: string): void {
    this.emit('info', text);
  }

  /** Counts and logs; returns the condition, as in C. */
  WARN_ON(condition: boolean, what = 'WARN_ON'): boolean {
    if (condition) {
      this.warnings++;
      this.emit('bug', `WARNING: ${what}`);
    }
    return condition;
  }

  /** The report of might_sleep(); `place` names the caller. */
  report_sleeping(place: string, state: string): void {
    this.sleeping_in_atomic++;
    this.emit('bug', `BUG: sleeping function called from invalid context at ${place} (${state})`);
  }

  private emit(level: log_level, text: string): void {
    if (this.lines.length >= LOG_BUF_LINES) {
      this.lines.shift();
      this.dropped++;
    }
    this.lines.push({ level, text });
  }
}
