// SPDX-License-Identifier: GPL-2.0-only
// What was typed, for a report: the options that make its figures, not those that say where they go.

import type { Command } from 'commander';

/** Options of output and how many words each takes. */
const OUTPUT: ReadonlyMap<string, number> = new Map([
  ['--json', 1],
  ['--svg', 1],
  ['--report', 2],
  ['--sarif', 2],
]);

/** The command line of a program that is running, as a shell takes it. */
export function commandLine(program: Command): string {
  const { rawArgs } = program as Command & { readonly rawArgs?: readonly string[] };
  return shellLine([program.name(), ...figures(rawArgs ?? [])]);
}

/** Words, as a shell takes them. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

function figures(args: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (/^--(?:report|sarif)=/.test(word)) continue;
    const words = OUTPUT.get(word);
    if (words === undefined) kept.push(word);
    else i += words - 1;
  }
  return kept;
}

/** A word, as a shell takes it. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // Of a control character a page shows only that there was one.
  if (/[\p{Cc}\p{Cf}]/u.test(word)) return `$'${word.replace(/['\\]|\p{Cc}|\p{Cf}/gu, escaped)}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** As bash and zsh take it between `$'` and `'`, in any locale: by its bytes. */
function escaped(c: string): string {
  if (c === "'" || c === '\\') return `\\${c}`;
  return [...Buffer.from(c)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
