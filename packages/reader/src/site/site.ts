// SPDX-License-Identifier: GPL-2.0-only
// The static site: the C beside the TypeScript, patch by patch and file by file; nothing in it is loaded from elsewhere.

import type { ChangedFunction, FileBeside } from '../beside/beside';
import type { CheckResult } from '../check/difference';
import type { Margin } from '../margin/margin';
import type { PlaySite } from '../play/contract';
import type { Port } from '../port/port';
import type { Patch, Series } from '../series/series';
import type { Source } from '../syntax/definition';
import type { CTree } from '../tree/c-file';
import { type PatchLink, filePage, hasSide } from './file-page';
import { type NavLink, type PageAssets, type PageParts, type SiteFrame, pageText } from './frame';
import { indexPage } from './index-page';
import { Names } from './names';
import { namesJson } from './names-json';
import { CHECK_PAGE, FINDINGS_PAGE, Notes } from './notes';
import { type PatchPart, pageOfPatch, patchPage, patchParts } from './patch-page';
import { playLinks } from './play-links';
import { checkPage, findingsPage } from './text-pages';
import { type FileView, Places } from './view';
import { fileViews } from './views';

/** All that a site is made of. */
export interface SiteInput {
  /** Null: our side alone. */
  readonly series: Series | null;
  /** The files of the series and of the kernel tree; null without a series. */
  readonly tree: CTree | null;
  readonly port: Port;
  /** Each C file after the last patch, as parsed, by path: line n of it is line n of the tree's last state. */
  readonly cSources: ReadonlyMap<string, Source>;
  /** C files after the last patch beside the port; files of tree and port that are in none get a page of their own. */
  readonly beside: readonly FileBeside[];
  /** What each patch changed: the first is of patch 1. */
  readonly changed: readonly (readonly ChangedFunction[])[];
  readonly margin: Margin;
  readonly check: CheckResult | null;
  /** The page of the pool at work; null: the site has none. */
  readonly play: ((site: PlaySite) => string) | null;
  /** Script and style of the pages: `pageAssets()` of files.ts. */
  readonly assets: PageAssets;
}

/** The files of the site: name and text. The same input gives the same files. */
export function buildSite(input: SiteInput): ReadonlyMap<string, string> {
  const { series, margin, check, port } = input;
  const views = fileViews(input);
  const places = new Places(views);
  const names = new Names(views, places);
  const notes = new Notes(margin, check, port.patches);
  const frame: SiteFrame = {
    assets: input.assets,
    nav: navigation(input),
  };
  const whole = wholePlaces(views);
  const patches = input.tree ? (series?.patches ?? []) : [];
  const tree = input.tree ?? { files: [], notes: [], versions: [], unapplied: 0 };
  const parts = patches.map((patch) =>
    patchParts(patch, input.changed[patch.number - 1] ?? [], tree, whole),
  );
  const patchLinks = patchLinksOf(patches, parts);
  const files = new Map<string, string>();
  const add = (parts: Omit<PageParts, 'names'>, used: ReadonlySet<string>): void => {
    const all = parts.page === 'index.html' ? null : parts.page;
    files.set(parts.page, pageText(frame, { ...parts, names: namesJson(names, views, all, used) }));
  };

  const versions = input.tree?.versions ?? [];
  const seriesNotes = [...(series?.notes ?? []), ...(input.tree?.notes ?? [])];
  add(
    {
      page: 'index.html',
      title: series ? series.subject : 'The port of the series',
      note: '',
      kind: 'text',
      sides: false,
      main: indexPage({
        ...input,
        views,
        notes,
        seriesNotes,
        versions,
        parts,
        play: input.play !== null,
      }),
    },
    new Set(),
  );
  for (const page of new Set(views.map((view) => view.page))) {
    const own = views.filter((view) => view.page === page);
    const [first] = own;
    if (!first) continue;
    const used = new Set<string>();
    const file = {
      page,
      title: titleOf(first),
      note: own.length === 1 ? stateNote(first, port) : 'files of the port',
      kind: 'file' as const,
      sides: hasSide(first, 'c') && hasSide(first, 'ts'),
      main: filePage(own, { notes, names, patchLinks, used }),
    };
    add(file, used);
  }
  patches.forEach((patch, i) => {
    const used = new Set<string>();
    const page = {
      page: pageOfPatch(patch),
      title: `Patch ${String(patch.number)}/${String(patch.of)}`,
      note: patch.subject,
      kind: 'patch' as const,
      sides: true,
      main: patchPage(patch, parts[i] ?? [], { ...input, names, used }),
    };
    add(page, used);
  });
  add(
    {
      page: FINDINGS_PAGE,
      title: 'Findings and deviations',
      note: '',
      kind: 'text',
      sides: false,
      main: findingsPage(margin, places),
    },
    new Set(),
  );
  if (check)
    add(
      {
        page: CHECK_PAGE,
        title: 'The check',
        note: '',
        kind: 'text',
        sides: false,
        main: checkPage(check, notes, places),
      },
      new Set(),
    );
  if (input.play !== null) {
    const links = playLinks(views, port.files, parts);
    files.set('play.html', input.play({ nav: frame.nav, links }));
  }
  return files;
}

function navigation({ series, tree, check, play }: SiteInput): NavLink[] {
  const patches = tree ? (series?.patches ?? []) : [];
  return [
    { href: 'index.html', text: 'Contents', title: 'Contents by patch, file and function' },
    ...patches.map(({ number, subject }) => ({
      href: pageOfPatch({ number }),
      text: `Patch ${String(number)}`,
      title: subject,
      key: String(number),
    })),
    { href: FINDINGS_PAGE, text: 'Findings', title: 'Findings and deviations' },
    ...(check
      ? [{ href: CHECK_PAGE, text: 'Check', title: 'Differences between both sides' }]
      : []),
    ...(play === null ? [] : [{ href: 'play.html', text: 'Play', title: 'The pool at work' }]),
  ];
}

function titleOf(view: FileView): string {
  if (view.packageName !== null) return view.packageName;
  return hasSide(view, 'c') ? view.cPath : (view.tsPath ?? view.cPath);
}

function stateNote(view: FileView, { patches, files }: Port): string {
  const before = files.find(({ path }) => path === view.tsPath)?.beforePatch ?? null;
  return before === null ? `after patch ${String(patches)}` : `before patch ${String(before)}`;
}

/** The pages that show what patches did to a function, by `CPATH#NAME`. */
function patchLinksOf(
  patches: readonly Patch[],
  parts: readonly (readonly PatchPart[])[],
): Map<string, readonly PatchLink[]> {
  const links = new Map<string, PatchLink[]>();
  patches.forEach((patch, i) => {
    for (const { cPath, name, id } of parts[i] ?? []) {
      if (name === null) continue;
      const key = `${cPath}#${name}`;
      const href = `${pageOfPatch(patch)}#${id}`;
      links.set(key, [...(links.get(key) ?? []), { patch: patch.number, href }]);
    }
  });
  return links;
}

/** Where the whole file is, at a function that it has. */
function wholePlaces(views: readonly FileView[]): (cPath: string, name: string) => string | null {
  const pages = new Map<string, FileView>();
  for (const view of views) if (hasSide(view, 'c')) pages.set(view.cPath, view);
  return (cPath, name) => {
    const view = pages.get(cPath);
    if (!view) return null;
    const section = view.sections.find((one) => one.name === name);
    return section ? `${view.page}#${section.id}` : view.page;
  };
}
