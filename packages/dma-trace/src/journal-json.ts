// SPDX-License-Identifier: GPL-2.0-only
// `journalctl -o json`: one object a line.

/** A line of a journal. */
export interface JournalEntry {
  /** As dmesg prints it. */
  readonly text: string;
  /** Null: the kernel. */
  readonly program: string | null;
}

/** Characters: longer entries are no lines of the kernel. */
const LONGEST = 1 << 16;

/** Null for a line that is none. */
export function journalEntry(text: string): JournalEntry | null {
  if (!text.startsWith('{') || !text.includes('"MESSAGE"') || text.length > LONGEST) return null;
  const fields = parsed(text);
  if (fields === null) return null;
  const of = (name: string): string | null => {
    const value = fields[name];
    return typeof value === 'string' ? value : null;
  };
  // What is no UTF-8 is a list of bytes.
  // Some messages of the kernel have two lines.
  const message = (of('MESSAGE') ?? '').replaceAll('\n', ' ');
  const name = of('SYSLOG_IDENTIFIER') ?? of('_COMM') ?? 'unknown';
  const isKernel = of('_TRANSPORT') === 'kernel' || name === 'kernel';
  return {
    text: prefixOf(of('_SOURCE_MONOTONIC_TIMESTAMP')) + message,
    program: isKernel ? null : name,
  };
}

/** @param micros since boot */
function prefixOf(micros: string | null): string {
  if (micros === null || !/^\d{1,15}$/.test(micros)) return '<6>';
  const padded = micros.padStart(7, '0');
  return `[${padded.slice(0, -6).padStart(5)}.${padded.slice(-6)}] `;
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
