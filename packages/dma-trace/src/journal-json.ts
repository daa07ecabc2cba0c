// SPDX-License-Identifier: GPL-2.0-only
// `journalctl -o json`: one object a line; `-o json-pretty` and `dmesg -J`: one field a line.

/** A line of a journal. */
export interface JournalEntry {
  /** As dmesg prints it. */
  readonly text: string;
  /** Null: the kernel. */
  readonly program: string | null;
}

/** Characters: longer entries are no lines of the kernel. */
const LONGEST = 1 << 16;

/** A field alone in its line: of journalctl, whose names have no small letters, or of dmesg. */
const FIELD = /^\s+"([A-Z\d_]{1,64}|fac|pri|time|caller|msg)" ?: (.+)$/;
const OPENS = /^\s*(?:"dmesg": )?[[{]\s*$/;
const CLOSES = /^\s*[\]}]+,? *\{?\s*$/;

/** Entries with a field a line: the line of the message stands for the entry. */
export class PrettyEntries {
  private fields: Record<string, unknown> | null = null;

  /** @returns null for a line that belongs to none; `nothing` for one without the message */
  add(text: string): JournalEntry | 'nothing' | null {
    if (text.length > LONGEST) return null;
    const { fields } = this;
    if (OPENS.test(text) || (fields !== null && CLOSES.test(text))) {
      this.fields = {};
      return 'nothing';
    }
    if (fields === null) return null;
    const [, name = '', shown = ''] = FIELD.exec(text.trimEnd()) ?? [];
    if (name === '') {
      this.fields = null;
      return null;
    }
    fields[name] = parsed(`{"value":${shown.replace(/,$/, '')}}`)?.['value'];
    if (name === 'MESSAGE') return entryOf(fields);
    if (name !== 'msg' || typeof fields['msg'] !== 'string') return 'nothing';
    const { time } = fields;
    const micros = typeof time === 'number' ? String(Math.round(time * 1e6)) : null;
    return { text: prefixOf(micros) + oneLine(fields['msg']), program: null };
  }
}

/** Some messages of the kernel have two lines. */
const oneLine = (message: string): string => message.replaceAll('\n', ' ');

/** Null for a line that is none. */
export function journalEntry(text: string): JournalEntry | null {
  if (!text.startsWith('{') || !text.includes('"MESSAGE"') || text.length > LONGEST) return null;
  const fields = parsed(text);
  return fields === null ? null : entryOf(fields);
}

function entryOf(fields: Readonly<Record<string, unknown>>): JournalEntry {
  const of = (name: string): string | null => {
    const value = fields[name];
    return typeof value === 'string' ? value : null;
  };
  // What is no UTF-8 is a list of bytes.
  const message = oneLine(of('MESSAGE') ?? '');
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
