// SPDX-License-Identifier: GPL-2.0-only
// `read NAME`: one name of the C in both languages, on a terminal.

import type {
  CSide,
  FileBeside,
  NameInState,
  Pair,
  Port,
  PortDefinition,
  PortFile,
  Reading,
  Row,
} from '@iommu-bounce/reader';
import { commentAbove, functionInState, nameInState } from '@iommu-bounce/reader/light';
import { UsageError, oneLine } from '../errors';
import { INDENT } from '../show/parts';
import { wrapped } from '../show/text';
import { type BesideLook, type BesideSide, besideText } from './beside';
import { unknownName } from './near-names';

/**
 * The texts of all places that define the names.
 * @throws UsageError for a name that neither side has
 */
export function readingText(
  names: readonly string[],
  reading: Reading,
  look: BesideLook,
  state: number | null = null,
): string {
  return names.map((name) => textOf(name, reading, look, state)).join('\n');
}

/** @param wanted the state; null: the last one that has the name */
function textOf(name: string, reading: Reading, look: BesideLook, wanted: number | null): string {
  const last = reading.port.patches;
  const states = Array.from({ length: last + 1 }, (_, i) => last - i);
  const text = (state: number): string | null => textIn(name, state, reading, look);
  for (const state of wanted === null ? states : [wanted]) {
    const found = text(state);
    if (found !== null) return found;
  }
  const others = wanted === null ? [] : states.filter((state) => text(state) !== null);
  throw others.length === 0 || wanted === null
    ? unknownName(name, reading)
    : new UsageError(
        `'${oneLine(name)}': is not there ${stateText(wanted, last)}; --state ${others.reverse().join(', ')} ${others.length === 1 ? 'has' : 'have'} it`,
      );
}

/** `after patch 4`, or of an earlier state `before patch 3`. */
function stateText(state: number, last: number): string {
  return state === last ? `after patch ${String(last)}` : `before patch ${String(state + 1)}`;
}

/** The texts of all places that define a name in a state; null if none does. */
function textIn(name: string, state: number, reading: Reading, look: BesideLook): string | null {
  const { c, port } = reading;
  const when = stateText(state, port.patches);
  const shown = c === null ? [] : placesOf(name, state, c, reading);
  if (c !== null && shown.length > 0)
    return shown.map((place) => placeText(name, place, state, when, c, look)).join('\n');
  // What the C has in other states only is not there in this one.
  const states = Array.from({ length: port.patches + 1 }, (_, i) => i);
  if (c !== null && states.some((other) => placesOf(name, other, c, reading).length > 0))
    return null;
  const alone = port.files
    .filter((file) => file.beforePatch === null || file.beforePatch > state)
    .sort((a, b) => headersLast(a.mirrors, b.mirrors))
    .flatMap((file) => portText(name, file, state, reading, look));
  return alone.length === 0 ? null : alone.join('\n');
}

function placeText(
  name: string,
  { cPath, source, ts, rows }: NameInState,
  state: number,
  when: string,
  c: CSide,
  look: BesideLook,
): string {
  const patch = patchOfLine(c, cPath, state);
  return `${wrapped(`${name}, ${when}`, look, INDENT)}\n${besideText(rows, { ...source, title: cPath, patch }, ts && side(ts), look)}`;
}

/** The places of the C that define a name, with their rows. */
function placesOf(name: string, state: number, c: CSide, { port }: Reading): NameInState[] {
  if (state < port.patches) return nameInState(name, state, { ...c, port });
  return c.beside.flatMap((file) => pairsOf(name, file, c, port));
}

/** A header has the stub of a function, or the prototype. */
function headersLast(a: string, b: string): number {
  return Number(a.endsWith('.h')) - Number(b.endsWith('.h'));
}

function pairsOf(name: string, file: FileBeside, c: CSide, port: Port): NameInState[] {
  const source = c.sources.get(file.cPath);
  if (!source) return [];
  const ts = port.files.find((f) => f.path === file.tsPath) ?? null;
  return file.pairs
    .filter((pair) => pair.name === name && pair.c !== null && isTop(pair))
    .map((pair) => ({ cPath: file.cPath, source, ts, rows: rowsOf(file, pair) }));
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
function patchOfLine(c: CSide, path: string, state: number): (line: number) => number {
  const file = c.tree.files.find((f) => f.path === path);
  if (!file?.states[0]) return () => 0;
  const patches = new Map(file.states[state]?.lines.map((line) => [line.number, line.patch]));
  return (line) => patches.get(line) ?? 0;
}

function side(file: PortFile): BesideSide {
  return { title: file.path, lines: file.lines, tokens: file.tokens };
}

function portText(
  name: string,
  file: PortFile,
  state: number,
  { port, c }: Reading,
  look: BesideLook,
): string[] {
  const isLast = state === port.patches;
  const inState = isLast ? null : functionInState(port, file.mirrors, name, state);
  const counts = (d: PortDefinition): boolean =>
    isLast || (d.kind === 'function' ? inState?.definition === d : file.beforePatch === null);
  return file.definitions
    .filter((d) => d.name === name && d.kind !== 'registration' && counts(d))
    .map((d) => {
      const first = commentAbove(file, d.from);
      const rows = Array.from({ length: d.to - first + 1 }, (_, i) => ({
        c: null,
        ts: first + i,
        matched: false,
      }));
      const when = isLast ? '' : `, as it was ${stateText(state, port.patches)}`;
      const why = c !== null ? ' (all of its C is in the kernel tree: --kernel <dir>)' : '';
      return `${wrapped(`${placeInC(file, d)}${when}${why}`, look, INDENT)}\n${besideText(rows, null, side(file), look)}`;
    });
}

function placeInC({ mirrors }: PortFile, { kind, name, owner, patch }: PortDefinition): string {
  const isMember = kind === 'field' || kind === 'enumerator';
  const full = isMember && owner !== null ? `${owner}.${name}` : name;
  const what = kind === 'prototype' ? ' (prototype)' : '';
  return `C: ${mirrors} ${full}${what}${patch === null ? '' : `, patch ${String(patch)}`}`;
}
