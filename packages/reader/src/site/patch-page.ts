// SPDX-License-Identifier: GPL-2.0-only
// The page of one patch: which functions it changed, the C's difference beside the TypeScript's.

import type { ChangedFunction } from '../beside/beside';
import type { Port } from '../port/port';
import type { Patch } from '../series/series';
import type { Source, Token } from '../syntax/definition';
import type { CTree, DeltaRow } from '../tree/c-file';
import { type DeltaPair, alignDelta } from './align-delta';
import { type Linker, codeHtml } from './code';
import { tableOf } from './file-page';
import { Html, attribute, html, plural } from './html';
import type { Names } from './names';
import { Ids } from './view';

export interface PatchPageInput {
  readonly tree: CTree;
  readonly port: Port;
  readonly cSources: ReadonlyMap<string, Source>;
  readonly names: Names;
  /** The page of a whole file with the function in it, if there is one. */
  readonly whole: (cPath: string, name: string) => string | null;
  /** Gets the names whose links the page's script fills in. */
  readonly used: Set<string>;
}

/** A part of the page with a heading of its own. */
interface Part {
  readonly id: string;
  readonly title: string;
  readonly cPath: string;
  readonly whole: string | null;
  readonly pairs: readonly DeltaPair[];
  readonly tsPaths: readonly string[];
  /** A function that the port has. */
  readonly tsKnown: boolean;
}

export function patchPage(
  patch: Patch,
  changed: readonly ChangedFunction[],
  input: PatchPageInput,
): Html {
  const ids = new Ids();
  const parts = patch.files.flatMap(({ path }) => partsOf(path, patch, changed, input, ids));
  const paint = new Paint(input);
  return html`<div class=top>${patchLinks(patch)}${summary(parts)}</div>${parts.map((part) => partHtml(part, paint))}`;
}

function partsOf(
  path: string,
  patch: Patch,
  changed: readonly ChangedFunction[],
  input: PatchPageInput,
  ids: Ids,
): Part[] {
  const functions = changed.filter(({ cPath }) => cPath === path);
  const covered = new Set(functions.flatMap(({ c }) => c.map(rowKey)));
  const hunks =
    input.tree.files
      .find((file) => file.path === path)
      ?.deltas.filter((delta) => delta.patch === patch.number)
      .flatMap((delta) => delta.hunks) ?? [];
  const rest = hunks.flatMap((hunk) => uncovered(hunk, covered));
  const named = functions.map((one): Part => ({
    id: ids.take(one.name),
    title: one.name,
    cPath: path,
    whole: input.whole(path, one.name),
    pairs: folded(alignDelta(one.c, one.ts)),
    tsPaths: [one.tsAfter, one.tsBefore].filter((tsPath) => tsPath !== null),
    tsKnown: one.tsAfter !== null || one.tsBefore !== null,
  }));
  const other = rest.map((rows): Part => {
    const line = rows.find(({ after }) => after !== null)?.after ?? rows[0]?.before ?? 0;
    return {
      id: ids.take(`${path.slice(path.lastIndexOf('/') + 1)}-${String(line)}`),
      title: `line ${String(line)}`,
      cPath: path,
      whole: input.whole(path, ''),
      pairs: rows.map((row) => ({ c: row, ts: null })),
      tsPaths: [],
      tsKnown: false,
    };
  });
  return [...named, ...other].sort((a, b) => firstLine(a) - firstLine(b));
}

/** Stands for unchanged lines of the TypeScript that are not shown: the C's hunks do not have theirs either. */
const FOLD: DeltaPair = { c: null, ts: null };
/** Unchanged lines around a change. */
const CONTEXT = 3;

function folded(pairs: readonly DeltaPair[]): DeltaPair[] {
  const near = new Set<number>();
  pairs.forEach(({ c, ts }, i) => {
    if (c === null && ts?.kind === 'context') return;
    for (let n = i - CONTEXT; n <= i + CONTEXT; n++) near.add(n);
  });
  return pairs.flatMap((pair, i) => (near.has(i) ? [pair] : near.has(i + 1) ? [FOLD] : []));
}

function firstLine({ pairs }: Part): number {
  for (const { c } of pairs) if (c) return c.after ?? c.before ?? 0;
  return Infinity;
}

function rowKey({ before, after }: DeltaRow): string {
  return `${String(before)}:${String(after)}`;
}

/** Runs of a hunk's rows that no function has, as far as something changed in them. */
function uncovered(hunk: readonly DeltaRow[], covered: ReadonlySet<string>): DeltaRow[][] {
  const runs: DeltaRow[][] = [[]];
  for (const row of hunk) {
    if (covered.has(rowKey(row))) runs.push([]);
    else runs.at(-1)?.push(row);
  }
  return runs.filter((run) => run.some(({ kind }) => kind !== 'context'));
}

/** The mail that a message-id belongs to. */
export function loreLink(messageId: string): string {
  return `https://lore.kernel.org/r/${encodeURIComponent(messageId)}`;
}

function patchLinks({ number, of, subject, messageId }: Patch): Html {
  const mail = messageId === null ? html`` : html` <a href="${loreLink(messageId)}" rel=noreferrer>the mail</a>`;
  return html`<p><b>${subject}</b></p><p>Patch ${number} of ${of}.${mail}</p>`;
}

function count(part: Part, side: 'c' | 'ts', kind: DeltaRow['kind']): number {
  return part.pairs.filter((pair) => pair[side]?.kind === kind).length;
}

function summary(parts: readonly Part[]): Html {
  const rows = parts.map((part) => {
    const cells = (['c', 'ts'] as const).map((side) => {
      const added = count(part, side, 'added');
      const removed = count(part, side, 'removed');
      if (added + removed === 0) return html`<td>–</td>`;
      return html`<td><span class=plus>+${added}</span> <span class=minus>−${removed}</span></td>`;
    });
    return html`<tr><th scope=row><a href="#${part.id}">${part.title}</a></th><td>${part.cPath}</td>${cells}</tr>`;
  });
  return html`<details open><summary>${plural(parts.length, 'place')} changed</summary><div class=scroll tabindex=0><table class=list><thead><tr><th scope=col>function</th><th scope=col>C file</th><th scope=col>C</th><th scope=col>TypeScript</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function partHtml(part: Part, paint: Paint): Html {
  const { pairs } = part;
  const c = pairs.some((pair) => pair.c !== null);
  const ts = pairs.some((pair) => pair.ts !== null);
  const both = c && ts;
  const fresh = pairs.every((pair) => (pair.c ?? pair.ts)?.kind === 'added');
  const rows = pairs.map((pair) => {
    if (pair === FOLD) return '<tr class=z><td><td>⋯';
    const left = pair.c ? paint.cell(pair.c, 'c', [part.cPath], fresh) : '';
    const right = pair.ts ? paint.cell(pair.ts, 'ts', part.tsPaths, fresh) : '';
    if (left !== '' && right !== '') return `<tr>${left}${right}`;
    if (left !== '') return `<tr${both ? ' class=c' : ''}>${left}`;
    return both ? `<tr class=t><td><td>${right}` : `<tr>${right}`;
  });
  const whole = part.whole === null ? html`` : html`<a class=whole href="${part.whole}">the whole file</a>`;
  const same = c && !ts && part.tsKnown ? html`<span class=hint>the TypeScript did not change</span>` : html``;
  const news = fresh ? html`<span class=plus>all lines added</span>` : html``;
  const classes = [...(both ? [] : [c ? 'oc' : 'ot']), ...(fresh ? ['A'] : [])];
  return html`
<section id=${new Html(attribute(part.id))}><div><h2><a>${part.title}</a></h2><span class=hint>${part.cPath}</span><div>${news}${same}${whole}</div></div>${new Html(tableOf(classes, rows))}</section>`;
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
    const tokens = paths.map((path) => this.#tokens.get(path)?.get(row.text)).find((one) => one) ?? [];
    const code = codeHtml(row.text, tokens, this.#linkers[side]);
    const number = `<td>${String(row.after ?? row.before ?? '')}`;
    if (plain || row.kind === 'context') return `${number}<td>${code}`;
    return row.kind === 'added'
      ? `${number}<td class=a><ins>${code}</ins>`
      : `${number}<td class=d><del>${code}</del>`;
  }
}
