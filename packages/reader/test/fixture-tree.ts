// SPDX-License-Identifier: GPL-2.0-only
// The fixture's C in its five states: what tests of both sides start from.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { structuredPatch } from 'diff';
import { wholeText } from '../src/c/parse';
import { readDeviations } from '../src/margin/markdown';
import type { Deviation } from '../src/margin/margin';
import { readPort } from '../src/port/files';
import type { Port } from '../src/port/port';
import type { CDelta, CFile, CTree, DeltaRow } from '../src/tree/c-file';

export const ROOT = path.join(__dirname, '..', '..', '..');
const FIXTURE = path.join(ROOT, 'test-fixtures', 'reader');

/** The rows of one hunk; `lines` have ' ', '+' or '-' in front. */
function rows(lines: readonly string[], oldStart: number, newStart: number): DeltaRow[] {
  let [before, after] = [oldStart, newStart];
  return lines.flatMap((line): DeltaRow[] => {
    const text = line.slice(1);
    if (line.startsWith('+')) return [{ kind: 'added', text, before: null, after: after++ }];
    if (line.startsWith('-')) return [{ kind: 'removed', text, before: before++, after: null }];
    if (line.startsWith('\\')) return [];
    return [{ kind: 'context', text, before: before++, after: after++ }];
  });
}

function delta(patch: number, before: string | null, after: string | null): CDelta[] {
  if (before === after) return [];
  const { hunks } = structuredPatch('a', 'b', before ?? '', after ?? '', '', '', { context: 3 });
  return [{ patch, hunks: hunks.map((h) => rows(h.lines, h.oldStart, h.newStart)) }];
}

/** A file from its text in each state, null where it does not exist. */
export function fileOf(name: string, states: readonly (string | null)[]): CFile {
  return {
    path: name,
    states: states.map((text) => (text === null ? null : wholeText(text))),
    deltas: states.slice(1).flatMap((text, i) => delta(i + 1, states[i] ?? null, text)),
  };
}

/** A file's text with the hunks of one patch applied where they say; null where the patch does not have the file. */
function applied(text: string | null, patch: string, name: string): string | null {
  const part = patch.split(/^diff --git /mu).find((p) => p.startsWith(`a/${name} `));
  if (part === undefined) return text;
  const old = text === null ? [] : text.replace(/\n$/u, '').split('\n');
  const result: string[] = [];
  let at = 0;
  for (const hunk of part.split(/^(?=@@ )/mu).slice(1)) {
    const start = Number(/^@@ -(\d+)/u.exec(hunk)?.[1]);
    result.push(...old.slice(at, Math.max(0, start - 1)));
    at = Math.max(0, start - 1);
    for (const line of hunk.split('\n').slice(1)) {
      if (/^-- $/u.test(line)) break;
      if (line.startsWith('+')) result.push(line.slice(1));
      else if (line.startsWith('-')) at++;
      else if (line.startsWith(' ')) {
        result.push(line.slice(1));
        at++;
      }
    }
  }
  return [...result, ...old.slice(at), ''].join('\n');
}

/** The fixture's C files in the states 0 to 4. */
export function fixtureTree(): CTree {
  const folder = path.join(FIXTURE, 'format-patch');
  const patches = readdirSync(folder)
    .sort()
    .slice(1)
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
  const names = new Set(
    patches.flatMap((p) => [...p.matchAll(/^diff --git a\/(\S+)/gmu)].map((m) => m[1] ?? '')),
  );
  const files = [...names].sort().map((name) => {
    const base = path.join(FIXTURE, 'tree', name);
    const states: (string | null)[] = [existsSync(base) ? readFileSync(base, 'utf8') : null];
    for (const patch of patches) states.push(applied(states.at(-1) ?? null, patch, name));
    return fileOf(name, states);
  });
  return { files, notes: [], versions: [], unapplied: 0 };
}

export function fixturePort(): Port {
  return readPort(path.join(FIXTURE, 'port'));
}

export function fixtureDeviations(): Deviation[] {
  return deviationsOf(path.join(FIXTURE, 'port', 'porting.md'));
}

export function realDeviations(): Deviation[] {
  return deviationsOf(path.join(ROOT, 'docs', 'porting.md'));
}

function deviationsOf(file: string): Deviation[] {
  return readDeviations(readFileSync(file, 'utf8'), file);
}
