// SPDX-License-Identifier: GPL-2.0-only
// The page of one C file: all of it beside its port, in the state after the last patch.

import { type Linker, codeHtml } from './code';
import { Html, attribute, markup, jsonElement } from '../html/html';
import { count } from '../words';
import type { NameKind, Names } from './names';
import type { Notes } from './notes';
import { type FileView, HEAD, type Section, type ViewLine, type ViewRow } from './view';

/** What a file page needs beside its own view. */
export interface FilePageInput {
  readonly notes: Notes;
  readonly names: Names;
  /** Of each function by `CPATH#NAME`. */
  readonly patchLinks: ReadonlyMap<string, readonly PatchLink[]>;
  /** Gets the names whose links the page's script fills in. */
  readonly used: Set<string>;
}

/** Where a patch's page shows what it did to a function. */
export interface PatchLink {
  readonly patch: number;
  readonly href: string;
}

/** Which sides a table has: both, or one in its half. */
type Sides = 'both' | 'c' | 'ts';

/** @param views the files of the page: one, or the small ones of a package */
export function filePage(views: readonly FileView[], input: FilePageInput): Html {
  const files = views.map((view) => {
    const jumps = jumpsOf(view);
    const sections = view.sections.map((section) => sectionHtml(view, section, jumps, input));
    const two = hasSide(view, 'c') && hasSide(view, 'ts');
    return markup`<div class="${two ? 'two' : 'one'}">${intro(view)}${sections}</div>`;
  });
  return markup`${files}${reachData(views, input.notes)}`;
}

/** Whether a file has lines on this side. */
export function hasSide(view: FileView, side: 'c' | 'ts'): boolean {
  return view[side].size > 0;
}

function intro(view: FileView): Html {
  const c = hasSide(view, 'c');
  const patches = new Set(
    view.sections.flatMap(({ rows }) =>
      rows.flatMap((row) => [row.c?.patch ?? 0, row.ts?.patch ?? 0]),
    ),
  );
  const legend = [...patches].filter((patch) => patch > 0).sort((a, b) => a - b);
  const left = c
    ? markup`<b>${view.cPath}</b> ${count(view.c.size, 'line')}${view.partial ? ', only those near a change: give --kernel to see all' : ''}`
    : markup`<b>${view.cPath}</b> not given: --series and --kernel show it here`;
  const right =
    view.tsPath === null
      ? markup`no counterpart in the port`
      : markup`<b>${view.tsPath}</b> ${count(view.ts.size, 'line')}`;
  const colours = legend.map((patch) => markup` <span class="w p${patch}">patch ${patch}</span>`);
  return markup`<div class=top><p><span class=tag>C</span> ${left}</p><p><span class=tag>TypeScript</span> ${right}</p>${
    legend.length > 0
      ? markup`<p class=legend>Lines written by ${colours}; the others were there before.</p>`
      : markup``
  }</div>`;
}

/** The lines of the C in front of which lines are not known. */
function jumpsOf({ partial, sections }: FileView): ReadonlySet<number> {
  if (!partial) return new Set();
  let last = 0;
  return new Set(
    sections
      .flatMap(({ rows }) => rows.flatMap(({ c }) => c?.number ?? []))
      .filter((number) => {
        const jumps = number > last + 1;
        last = number;
        return jumps;
      }),
  );
}

function sectionHtml(
  view: FileView,
  section: Section,
  jumps: ReadonlySet<number>,
  input: FilePageInput,
): Html {
  const { notes, names } = input;
  const heading = notes.heading(section, view.cPath, view.tsPath);
  const title =
    section.name === null
      ? markup`<h2 class=x><a>${betweenTitle(section)}</a></h2>`
      : markup`<h2><a>${section.name}</a></h2>`;
  const patches = input.patchLinks.get(`${view.cPath}#${section.name ?? ''}`) ?? [];
  const links = patches.map(
    ({ patch, href }) => markup`<a class="w p${patch}" href="${href}">patch ${patch}</a>`,
  );
  const sides = sidesOf(section);
  const code = new Html(
    tableHtml(section, sides, {
      jumps,
      c: names.linker(view, section, 'c', input.used),
      ts: names.linker(view, section, 'ts', input.used),
      badges: (side, line) => {
        const path = side === 'c' ? view.cPath : view.tsPath;
        return path === null ? '' : notes.badges(path, line.number);
      },
      reasons: new Set(
        section.ts?.reasons.filter(({ kind }) => kind === 'JS').map(({ line }) => line),
      ),
    }),
  );
  const attributes = [
    ` id=${attribute(section.id)}`,
    kindAttribute(names.kindAt(view.page, section)),
    section.cBase === null ? '' : ` data-c=${String(section.cBase)}`,
    section.tsBase === null ? '' : ` data-t=${String(section.tsBase)}`,
  ];
  const margin = markup`${links}${heading}`;
  const chips = margin.text === '' ? margin : markup`<div>${margin}</div>`;
  return markup`
<section${new Html(attributes.join(''))}><div>${title}${placeInC(view, section)}${chips}</div>${code}</section>`;
}

/** For the search on the page; most sections are functions and need none. */
export function kindAttribute(kind: NameKind | null): string {
  return kind === 'f' ? '' : ` data-k=${kind ?? 'x'}`;
}

function betweenTitle(section: Section): string {
  return section.id.startsWith(HEAD) ? 'head of the file' : section.id;
}

/** Without the C beside it, a function says where it is there. */
function placeInC(view: FileView, { ts, c }: Section): Html {
  if (c !== null || ts === null || hasSide(view, 'c')) return markup``;
  const patch = ts.patch === null ? '' : `, patch ${String(ts.patch)}`;
  return markup`<span class=hint>C: ${view.cPath}${patch}</span>`;
}

export interface TableInput {
  /** Lines of the C in front of which a row says that others are not known. */
  readonly jumps: ReadonlySet<number>;
  readonly c: Linker;
  readonly ts: Linker;
  readonly badges: (side: 'c' | 'ts', line: ViewLine) => string;
  /** Lines of the TypeScript with a `// JS:` reason. */
  readonly reasons: ReadonlySet<number>;
}

function sidesOf({ rows }: Section): Sides {
  const c = rows.some((row) => row.c !== null);
  const ts = rows.some((row) => row.ts !== null);
  return c && ts ? 'both' : c ? 'c' : 'ts';
}

/**
 * The rows. A class of the table says what most lines are, so that few cells need one: `a4` the patch of most C lines,
 * `b4` that of the TypeScript, `oc` and `ot` a table with one side only. A row of class `c` or `t` has that side alone, with
 * `j` its counterpart is in the nearest row above that has both; the lines of a row of class `u` are no counterparts.
 */
function tableHtml({ rows }: Section, sides: Sides, input: TableInput): string {
  const common = { c: mostPatches(rows, 'c'), ts: mostPatches(rows, 'ts') };
  const classes = [
    ...(sides === 'both' ? [] : [sides === 'c' ? 'oc' : 'ot']),
    ...(common.c > 0 ? [`a${String(common.c)}`] : []),
    ...(common.ts > 0 ? [`b${String(common.ts)}`] : []),
  ];
  const cell = (side: 'c' | 'ts', line: ViewLine): string => {
    const names = [
      ...(line.patch === common[side] ? [] : [`p${String(line.patch)}`]),
      ...(side === 'ts' && input.reasons.has(line.number) ? ['J'] : []),
    ];
    const code = codeHtml(line.text, line.tokens, input[side]) + input.badges(side, line);
    return `<td>${String(line.number)}<td${classAttribute(names)}>${code}`;
  };
  const rowHtml = ({ c, ts, matched }: ViewRow): string => {
    if (c && ts) return `<tr${matched ? '' : ' class=u'}>${cell('c', c)}${cell('ts', ts)}`;
    const own = c ? cell('c', c) : ts ? cell('ts', ts) : '';
    if (own === '' || sides !== 'both') return own === '' ? '' : `<tr>${own}`;
    const row = `<tr${classAttribute([c ? 'c' : 't', ...(matched ? ['j'] : [])])}>`;
    return c ? `${row}${own}` : `${row}<td><td>${own}`;
  };
  const body = rows.flatMap((row) =>
    row.c && input.jumps.has(row.c.number)
      ? [leftOut(['c'], sides === 'both'), rowHtml(row)]
      : [rowHtml(row)],
  );
  return tableOf(classes, body);
}

/** A row that says on which sides lines are left out. */
export function leftOut(left: readonly ('c' | 'ts')[], both: boolean): string {
  const cell = (side: 'c' | 'ts'): string => `<td><td>${left.includes(side) ? '⋯' : ''}`;
  return `<tr class=z>${both ? cell('c') + cell('ts') : '<td><td>⋯'}`;
}

/** A table of rows; its columns are named where the first row does not have them all. */
export function tableOf(classes: readonly string[], rows: readonly string[]): string {
  const columns = rows[0]?.startsWith('<tr class=') === true ? '<col><col><col><col>' : '';
  return `<table${classAttribute(classes)}>${columns}${rows.join('')}</table>`;
}

function classAttribute(names: readonly string[]): string {
  if (names.length === 0) return '';
  return names.length === 1 ? ` class=${names.join('')}` : ` class="${names.join(' ')}"`;
}

function mostPatches(rows: readonly ViewRow[], side: 'c' | 'ts'): number {
  const counts = new Map<number, number>();
  for (const row of rows) {
    const patch = row[side]?.patch;
    if (patch !== undefined) counts.set(patch, (counts.get(patch) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 0;
}

function reachData(views: readonly FileView[], notes: Notes): Html {
  const paths = views.map(({ tsPath }) => tsPath);
  const keys = [...notes.margin.reach.keys()];
  if (!keys.some((key) => paths.includes(key.slice(0, key.indexOf('#'))))) return markup``;
  return jsonElement('-reach', notes.reachJson());
}
