// SPDX-License-Identifier: GPL-2.0-only
// Which file pages a site has, and what is on them: the C beside the port, the C alone, the port alone.

import type { ChangedFunction, FileBeside } from '../beside/beside';
import type { Margin } from '../margin/margin';
import type { Port, PortFile } from '../port/port';
import type { Source } from '../syntax/definition';
import type { CText, CTree } from '../tree/c-file';
import { addPairs, blame } from './blame';
import { type FileView, HEAD, Ids, type ViewLine, type ViewSide, sectionsOf } from './view';

export interface ViewsInput {
  readonly tree: CTree | null;
  readonly port: Port;
  readonly cSources: ReadonlyMap<string, Source>;
  readonly beside: readonly FileBeside[];
  readonly changed: readonly (readonly ChangedFunction[])[];
  readonly margin: Margin;
}

/** Pages of the site that are not of a C file. */
const TAKEN = ['index.html', 'findings.html', 'check.html', 'play.html'];
/** Files of the port without C beside them share a page if they have fewer lines: each page costs 30 kB. */
const SMALL = 450;

export function fileViews(input: ViewsInput): FileView[] {
  const { tree, port, cSources } = input;
  const patches = blame(input.changed);
  for (const file of input.beside) addPairs(patches, file, lastText(tree, file.cPath));
  const portFiles = new Map(port.files.map((file) => [file.path, file]));
  const pages = new PageNames();
  const shown = new Set<string>();
  const own = (file: FileBeside, text: CText | null, mirror: PortFile | undefined): FileView => {
    const page = pages.take(file.cPath, mirror?.path ?? null);
    const place = { page, ids: new Ids(), head: HEAD };
    return makeView(file, text, cSources.get(file.cPath), mirror, patches, place);
  };

  const views = input.beside.map((file) => {
    const mirror = file.tsPath === null ? undefined : portFiles.get(file.tsPath);
    if (mirror) shown.add(mirror.path);
    return own(file, lastText(tree, file.cPath), mirror);
  });
  const known = new Set(input.beside.map(({ cPath }) => cPath));
  views.push(...cAlone(tree, known).map(({ file, text }) => own(file, text, undefined)));

  const alone = portFilesAlone(input, shown);
  const small = alone.filter(({ lines }) => lines.length < SMALL);
  for (const file of alone)
    if (!small.includes(file)) views.push(own(portAlone(file, port), null, file));
  for (const name of new Set(small.map(({ packageName }) => packageName))) {
    const page = pages.take(name, null);
    const ids = new Ids();
    for (const file of small.filter(({ packageName }) => packageName === name)) {
      const head = `${HEAD}-${file.path.slice(file.path.lastIndexOf('/') + 1)}`;
      const place = { page, ids, head };
      views.push(makeView(portAlone(file, port), null, undefined, file, patches, place));
    }
  }
  return views;
}

/**
 * Files of the port without C beside them: all of them on a site without C. With C, those of its packages, and those that
 * a finding or deviation names; what a patch replaced is on the page of the patch.
 */
function portFilesAlone(
  { tree, port, margin }: ViewsInput,
  shown: ReadonlySet<string>,
): PortFile[] {
  const alone = port.files.filter(({ path }) => !shown.has(path));
  if (!tree) return alone;
  const packages = new Set(
    port.files.filter(({ path }) => shown.has(path)).map(({ packageName }) => packageName),
  );
  const marked = new Set(margin.marks.map(({ path }) => path));
  return alone.filter(
    ({ path, packageName, beforePatch }) =>
      beforePatch === null && (packages.has(packageName) || marked.has(path)),
  );
}

/** Page, ids and head id of one file. */
interface PlaceOfView {
  readonly page: string;
  readonly ids: Ids;
  readonly head: string;
}

/** The text after the last patch. */
function lastText(tree: CTree | null, cPath: string): CText | null {
  return tree?.files.find(({ path }) => path === cPath)?.states.at(-1) ?? null;
}

/** A file of the port without a C file beside it. */
function portAlone(port: PortFile, { patches }: Port): FileBeside {
  return {
    cPath: port.mirrors,
    tsPath: port.path,
    state: port.beforePatch === null ? patches : port.beforePatch - 1,
    rows: port.lines.map((_, i) => ({ c: null, ts: i + 1, matched: false })),
    pairs: port.definitions.map((ts) => ({
      name: ts.name,
      c: null,
      ts,
      rows: [ts.from - 1, ts.to] as const,
    })),
  };
}

function cAlone(
  tree: CTree | null,
  known: ReadonlySet<string>,
): { file: FileBeside; text: CText }[] {
  return (tree?.files ?? []).flatMap(({ path, states }) => {
    const text = states.at(-1);
    if (!text || known.has(path)) return [];
    const rows = text.lines.map(({ number }) => ({ c: number, ts: null, matched: false }));
    return [
      { file: { cPath: path, tsPath: null, state: states.length - 1, rows, pairs: [] }, text },
    ];
  });
}

function makeView(
  file: FileBeside,
  text: CText | null,
  source: Source | undefined,
  port: PortFile | undefined,
  patches: ReadonlyMap<string, ReadonlyMap<number, number>>,
  { page, ids, head }: PlaceOfView,
): FileView {
  const c = cSide(text, source);
  const ts = portSide(port, patches.get(port?.path ?? ''));
  return {
    page,
    cPath: file.cPath,
    tsPath: port?.path ?? null,
    packageName: head === HEAD ? null : (port?.packageName ?? null),
    partial: text !== null && !text.whole,
    sections: sectionsOf(file, c, ts, ids, head),
    c,
    ts,
    cDefinitions: source?.definitions ?? [],
    tsDefinitions: port?.definitions ?? [],
  };
}

function cSide(text: CText | null, source: Source | undefined): ViewSide {
  const lines = text?.lines.map((line): [number, ViewLine] => [
    line.number,
    { ...line, tokens: source?.tokens[line.number - 1] ?? [] },
  ]);
  return new Map(lines);
}

function portSide(
  port: PortFile | undefined,
  patches: ReadonlyMap<number, number> | undefined,
): ViewSide {
  const lines = port?.lines.map((text, i): [number, ViewLine] => [
    i + 1,
    { number: i + 1, text, tokens: port.tokens[i] ?? [], patch: patches?.get(i + 1) ?? 0 },
  ]);
  return new Map(lines);
}

/** File names of pages: the C file's path with - for /, then the port's file if that name is taken. */
class PageNames {
  readonly #taken = new Set(TAKEN);

  take(cPath: string, tsPath: string | null): string {
    const ts = tsPath === null ? '' : `--${tsPath.slice(tsPath.lastIndexOf('/') + 1)}`;
    const names = [fileName(cPath), fileName(cPath + ts)];
    for (let n = 2; ; n++) {
      const name = names.shift() ?? `${fileName(cPath + ts)}~${String(n)}`;
      const page = `${name}.html`;
      // Names that differ by case only are one file on some systems.
      if (this.#taken.has(page.toLowerCase()) || /^patch-\d+$/.test(name)) continue;
      this.#taken.add(page.toLowerCase());
      return page;
    }
  }
}

/** A path as a file name of any system: letters, digits, dot, hyphen and underscore, at most 120 of them. */
function fileName(path: string): string {
  const name = path
    .replace(/\//g, '-')
    .replace(/[^\w.-]/g, '_')
    .replace(/^[.-]+/, '');
  return name.slice(0, 120) || 'file';
}
