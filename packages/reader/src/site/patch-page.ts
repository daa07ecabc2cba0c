// SPDX-License-Identifier: GPL-2.0-only
// The page of one patch: which functions it changed, the C's difference beside the TypeScript's.

import type { ChangedFunction } from '../beside/beside';
import type { Port } from '../port/port';
import type { Patch } from '../series/series';
import type { Source, Token } from '../syntax/definition';
import type { CTree, DeltaRow } from '../tree/c-file';
import { type DeltaPair, alignDelta } from './align-delta';
import { folded, withGaps } from './fold';
import { type Linker, codeHtml } from './code';
import { kindAttribute, leftOut, tableOf } from './file-page';
import { Html, attribute, markup } from '../html/html';
import { visible } from '../syntax/hidden';
import { count } from '../words';
import type { Names } from './names';
import { Ids } from './view';

export interface PatchPageInput {
  readonly port: Port;
  readonly cSources: ReadonlyMap<string, Source>;
  readonly names: Names;
  /** Gets the names whose links the page's script fills in. */
  readonly used: Set<string>;
}

/** A part of the page with a heading of its own. */
export interface PatchPart {
  /** Of its section in the page. */
  readonly id: string;
  readonly title: string;
  readonly cPath: string;
  /** The function; null for lines outside of one. */
  readonly name: string | null;
  /** The page of the whole file, at the function; null if there is none. */
  readonly whole: string | null;
  readonly pairs: readonly DeltaPair[];
  readonly tsPaths: readonly string[];
}

/**
 * What a patch changed, file by file, in the order of the lines.
 * @param whole the page of a whole file, at a function that it has
 */
export function patchParts(
  patch: Patch,
  changed: readonly ChangedFunction[],
  tree: CTree,
  whole: (cPath: string, name: string) => string | null,
): PatchPart[] {
  const ids = new Ids();
  return patch.files.flatMap(({ path }) => {
    const own = changed.filter(({ cPath }) => cPath === path);
    const hunks =
      tree.files
        .find((file) => file.path === path)
        ?.deltas.filter((delta) => delta.patch === patch.number)
        .flatMap((delta) => delta.hunks) ?? [];
    return partsOf(path, own, hunks, whole, ids);
  });
}

export function patchPage(patch: Patch, parts: readonly PatchPart[], input: PatchPageInput): Html {
  const paint = new Paint(input);
  return markup`<div class=top>${patchLinks(patch)}${summary(parts)}</div>${parts.map((part) => partHtml(part, paint))}`;
}

function partsOf(
  path: string,
  functions: readonly ChangedFunction[],
  hunks: readonly (readonly DeltaRow[])[],
  whole: (cPath: string, name: string) => string | null,
  ids: Ids,
): PatchPart[] {
  const { own, rest } = shareOut(functions, hunks);
  const named = functions.map((one): PatchPart => ({
    id: ids.take(one.name),
    title: one.name,
    cPath: path,
    name: one.name,
    whole: whole(path, one.name),
    pairs: folded(alignDelta(wholeOf(one, own.get(one) ?? one.c), one.ts, counterparts(one))),
    tsPaths: [one.tsAfter, one.tsBefore].filter((tsPath) => tsPath !== null),
  }));
  const file = path.slice(path.lastIndexOf('/') + 1);
  const other = rest.map((rows): PatchPart => {
    const line = String(rows[0]?.after ?? rows[0]?.before ?? 0);
    return {
      id: ids.take(`${file}-${line}`),
      title: `${file}:${line}`,
      cPath: path,
      name: null,
      whole: whole(path, ''),
      pairs: withGaps(rows.map((row) => ({ c: row, ts: null, matched: false }))),
      tsPaths: [],
    };
  });
  return [...named, ...other].sort((a, b) => firstLine(a) - firstLine(b));
}

function firstLine({ pairs }: PatchPart): number {
  for (const { c } of pairs) if (c) return c.after ?? c.before ?? 0;
  return Infinity;
}

/** The rows of a function on its page: those of the hunks, with the comment in front, and the lines between the hunks. */
function wholeOf({ whole }: ChangedFunction, own: readonly DeltaRow[]): DeltaRow[] {
  const keys = whole.map(rowKey);
  const last = own.findLastIndex((row) => keys.includes(rowKey(row)));
  const rows: DeltaRow[] = [];
  let done = 0;
  own.forEach((row, i) => {
    const at = keys.indexOf(rowKey(row), done);
    if (at < 0) rows.push(row);
    else rows.push(...whole.slice(done, at + 1));
    if (at >= 0) done = at + 1;
    if (i === last) rows.push(...whole.slice(done));
  });
  return rows;
}

/** Whether two rows are counterparts, before the patch or after it. */
function counterparts({ matches }: ChangedFunction): (c: DeltaRow, ts: DeltaRow) => boolean {
  const key = (c: number | null, ts: number | null): string => `${String(c)}:${String(ts)}`;
  const of = (pairs: readonly (readonly [number, number])[]): ReadonlySet<string> =>
    new Set(pairs.map(([c, ts]) => key(c, ts)));
  const [before, after] = [of(matches.before), of(matches.after)];
  return (c, ts) => after.has(key(c.after, ts.after)) || before.has(key(c.before, ts.before));
}

function rowKey({ before, after }: DeltaRow): string {
  return `${String(before)}:${String(after)}`;
}

/**
 * Gives the rows of hunks outside of functions to the function below, as far as no blank line is between, blank rows
 * alone to the function above; the rest are runs of their own, as far as something changed in them.
 */
function shareOut(
  functions: readonly ChangedFunction[],
  hunks: readonly (readonly DeltaRow[])[],
): { own: Map<ChangedFunction, DeltaRow[]>; rest: DeltaRow[][] } {
  const owner = new Map(
    functions.flatMap((one) => one.c.map((row) => [rowKey(row), one] as const)),
  );
  const own = new Map(functions.map((one) => [one, [] as DeltaRow[]]));
  const rest: DeltaRow[][] = [];
  const close = (
    run: DeltaRow[],
    above: DeltaRow[] | undefined,
    below: DeltaRow[] | undefined,
  ): void => {
    const front = below ? run.splice(run.findLastIndex(({ text }) => text.trim() === '') + 1) : [];
    if (run.every(({ text }) => text.trim() === '')) (above ?? below)?.push(...run);
    else if (run.some(({ kind }) => kind !== 'context')) rest.push(run);
    below?.push(...front);
  };
  for (const hunk of hunks) {
    let run: DeltaRow[] = [];
    let above: DeltaRow[] | undefined;
    for (const row of hunk) {
      const one = owner.get(rowKey(row));
      const rows = one && own.get(one);
      if (!rows) {
        run.push(row);
        continue;
      }
      if (run.length > 0) close(run, above, rows);
      run = [];
      rows.push(row);
      above = rows;
    }
    close(run, above, undefined);
  }
  return { own, rest };
}

/** The page of a patch. */
export function pageOfPatch({ number }: Pick<Patch, 'number'>): string {
  return `patch-${String(number)}.html`;
}

/** The mail that a message-id belongs to. */
export function loreLink(messageId: string): string {
  return `https://lore.kernel.org/r/${encodeURIComponent(visible(messageId))}`;
}

function patchLinks({ number, of, subject, messageId }: Patch): Html {
  const mail =
    messageId === null
      ? markup``
      : markup` <a href="${loreLink(messageId)}" rel=noreferrer>the mail</a>`;
  return markup`<p><b>${subject}</b></p><p>Patch ${number} of ${of}.${mail}</p>`;
}

function rowsOfKind(part: PatchPart, side: 'c' | 'ts', kind: DeltaRow['kind']): number {
  return part.pairs.filter((pair) => pair[side]?.kind === kind).length;
}

/** A longer list begins closed: the code is what one came for. */
const SHORT_SUMMARY = 14;

function summary(parts: readonly PatchPart[]): Html {
  const rows = parts.map((part) => {
    const cells = (['c', 'ts'] as const).map((side) => {
      const added = rowsOfKind(part, side, 'added');
      const removed = rowsOfKind(part, side, 'removed');
      if (added + removed === 0) return markup`<td>–</td>`;
      return markup`<td class=s><span class=plus>+${added}</span> <span class=minus>−${removed}</span></td>`;
    });
    return markup`<tr><th scope=row><a href="#${part.id}">${part.title}</a></th><td>${part.cPath}</td>${cells}</tr>`;
  });
  const open = parts.length <= SHORT_SUMMARY ? markup` open` : markup``;
  return markup`<details${open}><summary>${count(parts.length, 'place')} changed</summary><div class=scroll tabindex=0><table class=list><thead><tr><th scope=col>function</th><th scope=col>C file</th><th scope=col>C</th><th scope=col>TypeScript</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function partHtml(part: PatchPart, paint: Paint): Html {
  const { pairs } = part;
  const c = pairs.some((pair) => pair.c !== null);
  const ts = pairs.some((pair) => pair.ts !== null);
  const both = c && ts;
  const fresh = pairs.every((pair) => pair.left ?? (pair.c ?? pair.ts)?.kind === 'added');
  const rows = pairs.map((pair) => {
    if (pair.left) return leftOut(pair.left, both);
    const left = pair.c ? paint.cell(pair.c, 'c', [part.cPath], fresh) : '';
    const right = pair.ts ? paint.cell(pair.ts, 'ts', part.tsPaths, fresh) : '';
    if (left !== '' && right !== '') return `<tr${pair.matched ? '' : ' class=u'}>${left}${right}`;
    if (left !== '') return `<tr${both ? ' class=c' : ''}>${left}`;
    return both ? `<tr class=t><td><td>${right}` : `<tr>${right}`;
  });
  const whole =
    part.whole === null ? markup`` : markup`<a class=whole href="${part.whole}">the whole file</a>`;
  const same =
    c && !ts && part.tsPaths.length > 0
      ? markup`<span class=hint>the TypeScript did not change</span>`
      : markup``;
  const news = fresh ? markup`<span class=plus>all lines added</span>` : markup``;
  const classes = [...(both ? [] : [c ? 'oc' : 'ot']), ...(fresh ? ['A'] : [])];
  return markup`
<section id=${new Html(attribute(part.id) + kindAttribute(part.name === null ? null : 'f'))}><div><h2><a>${part.title}</a></h2><span class=hint>${part.cPath}</span><div>${news}${same}${whole}</div></div>${new Html(tableOf(classes, rows))}</section>`;
}

/** Colours for lines of which only the text is known: a line of the same file with the same text has them. */
class Paint {
  readonly #tokens = new Map<string, Map<string, readonly Token[]>>();
  readonly #linkers: Readonly<Record<'c' | 'ts', Linker>>;

  constructor({ cSources, port, names, used }: PatchPageInput) {
    this.#linkers = { c: names.linkerOfWords('c', used), ts: names.linkerOfWords('ts', used) };
    for (const source of [...cSources.values(), ...port.files]) {
      const texts = new Map<string, readonly Token[]>();
      source.lines.forEach((line, i) => texts.set(line, source.tokens[i] ?? []));
      this.#tokens.set(source.path, texts);
    }
  }

  /** @param plain all rows of the table are added, and the table says so */
  cell(row: DeltaRow, side: 'c' | 'ts', paths: readonly string[], plain: boolean): string {
    const tokens =
      paths.map((path) => this.#tokens.get(path)?.get(row.text)).find((one) => one) ?? [];
    const code = codeHtml(row.text, tokens, this.#linkers[side]);
    const number = `<td>${String(row.after ?? row.before ?? '')}`;
    if (plain || row.kind === 'context') return `${number}<td>${code}`;
    return row.kind === 'added'
      ? `${number}<td class=a><ins>${code}</ins>`
      : `${number}<td class=d><del>${code}</del>`;
  }
}
