// SPDX-License-Identifier: GPL-2.0-only
// `read NAME`: one name of the C in both languages, on a terminal.

import {
  type CSide,
  type FileBeside,
  type Pair,
  type PortDefinition,
  type PortFile,
  type Reading,
  type Row,
  commentAbove,
} from '@iommu-bounce/reader';
import { UsageError, oneLine } from '../errors';
import { type BesideLook, type BesideSide, besideText } from './beside';

/**
 * The texts of all places that define the names.
 * @throws UsageError for a name that neither side has
 */
export function readingText(names: readonly string[], reading: Reading, look: BesideLook): string {
  return names.map((name) => textOf(name, reading, look)).join('\n');
}

function textOf(name: string, reading: Reading, look: BesideLook): string {
  const { c, port } = reading;
  const shown =
    c === null ? [] : c.beside.flatMap((file) => pairsText(name, file, c, reading, look));
  if (shown.length > 0) return shown.join('\n');
  const alone = port.files
    .filter((file) => file.beforePatch === null)
    .sort((a, b) => headersLast(a.mirrors, b.mirrors))
    .flatMap((file) => portText(name, file, c !== null, look));
  if (alone.length === 0) throw unknown(name, reading);
  return alone.join('\n');
}

/** A header has the stub of a function, or the prototype. */
function headersLast(a: string, b: string): number {
  return Number(a.endsWith('.h')) - Number(b.endsWith('.h'));
}

function pairsText(
  name: string,
  file: FileBeside,
  c: CSide,
  { port }: Reading,
  look: BesideLook,
): string[] {
  const source = c.sources.get(file.cPath);
  const tsFile = port.files.find((f) => f.path === file.tsPath);
  return file.pairs
    .filter((pair) => pair.name === name && pair.c !== null && isTop(pair))
    .map((pair) =>
      besideText(
        rowsOf(file, pair),
        source ? { ...source, title: file.cPath, patch: patchOfLine(c, file.cPath) } : null,
        tsFile ? side(tsFile) : null,
        look,
      ),
    );
}

/** Fields and enumerators are shown with their struct or enum. */
function isTop({ c, ts }: Pair): boolean {
  return (c ?? ts)?.owner === null || (c ?? ts)?.kind === 'function';
}

/** Without rows at the ends that are empty on both sides. */
function rowsOf(file: FileBeside, pair: Pair): Row[] {
  return file.rows.slice(pair.rows[0], pair.rows[1]);
}

/** Lines of the series: which patch wrote them. A file that a patch creates shows nothing: all of it is new. */
function patchOfLine(c: CSide, path: string): (line: number) => number {
  const file = c.tree.files.find((f) => f.path === path);
  if (!file?.states[0]) return () => 0;
  const patches = new Map(file.states.at(-1)?.lines.map((line) => [line.number, line.patch]));
  return (line) => patches.get(line) ?? 0;
}

function side(file: PortFile): BesideSide {
  return { title: file.path, lines: file.lines, tokens: file.tokens };
}

function portText(name: string, file: PortFile, hasSeries: boolean, look: BesideLook): string[] {
  return file.definitions
    .filter((d) => d.name === name && d.kind !== 'registration')
    .map((d) => {
      const first = commentAbove(file, d.from);
      const rows = Array.from({ length: d.to - first + 1 }, (_, i) => ({
        c: null,
        ts: first + i,
        matched: false,
      }));
      const why = hasSeries ? ' (all of its C is in the kernel tree: --kernel <dir>)' : '';
      return `${placeInC(file, d)}${why}\n${besideText(rows, null, side(file), look)}`;
    });
}

function placeInC({ mirrors }: PortFile, { kind, name, owner, patch }: PortDefinition): string {
  const isMember = kind === 'field' || kind === 'enumerator';
  const full = isMember && owner !== null ? `${owner}.${name}` : name;
  const what = kind === 'prototype' ? ' (prototype)' : '';
  return `C: ${mirrors} ${full}${what}${patch === null ? '' : `, patch ${String(patch)}`}`;
}

function unknown(name: string, { c, port }: Reading): UsageError {
  const all = new Set([
    ...port.files.flatMap((file) => file.definitions.map((d) => d.name)),
    ...(c ? c.beside.flatMap((file) => file.pairs.map((pair) => pair.name)) : []),
  ]);
  const wanted = name.toLowerCase();
  const near = [...all]
    .filter((other) => wanted.length > 2 && other.toLowerCase().includes(wanted))
    .sort((a, b) => Math.abs(a.length - name.length) - Math.abs(b.length - name.length))
    .slice(0, 5);
  return new UsageError(
    `'${oneLine(name)}': neither the C nor the TypeScript defines it${near.length > 0 ? `; near it: ${near.join(', ')}` : ''}`,
  );
}
