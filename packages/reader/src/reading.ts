// SPDX-License-Identifier: GPL-2.0-only
// Everything that is to be read: the reader's own copy of the C, the port, and what follows from both.

import {
  check_options,
  either,
  list_of,
  needed,
  one_of,
  text,
} from '@iommu-bounce/linux-shim/options';
import type { ChangedFunction, FileBeside } from './beside/beside';
import { changedFunctions } from './beside/changed';
import { filesBeside, isC } from './beside/files-beside';
import { loadCReader } from './c/files';
import type { CReader, CSource } from './c/parse';
import { checkSides } from './check/check-sides';
import type { CheckResult } from './check/difference';
import { readMarginDocuments } from './margin/files';
import type { Margin } from './margin/margin';
import { readMargin } from './margin/read-margin';
import { linesOfC } from './play/c-lines';
import { playSources } from './play/files';
import type { PlayC } from './play/contract';
import { playPage } from './play/page';
import { readPort } from './port/files';
import type { Port } from './port/port';
import { openSeries } from './series/files';
import type { Series } from './series/series';
import type { Wanted } from './series/thread';
import type { CTree } from './tree/c-file';
import { pageAssets } from './site/files';
import { type SiteInput, buildSite } from './site/site';
import { openTree } from './tree/files';

export interface ReadingOptions {
  /** Files, folders or repositories with the mails; empty: our side alone. */
  readonly series: readonly string[];
  /** The root of a kernel tree, or of a few files of one. */
  readonly kernel: string | null;
  /** A folder with packages of another port, with findings.md and porting.md; null: ours. */
  readonly port: string | null;
}

/** The C with the port beside it. */
export interface CSide {
  readonly series: Series;
  readonly tree: CTree;
  readonly reader: CReader;
  /** Each C file after the last patch, by path. */
  readonly sources: ReadonlyMap<string, CSource>;
  readonly beside: readonly FileBeside[];
}

export interface Reading {
  readonly port: Port;
  readonly margin: Margin;
  /** Null without a series. */
  readonly c: CSide | null;
}

/** @throws ReadError for what cannot be read */
export async function openReading(options: ReadingOptions): Promise<Reading> {
  check_options('openReading', options, {
    series: needed(list_of(text, { least: 0 })),
    kernel: either('a path, or null', text, one_of(null)),
    port: either('a path, or null', text, one_of(null)),
  });
  const folder = options.port ?? undefined;
  const port = readPort(folder);
  const margin = readMargin(port.files, readMarginDocuments(folder));
  if (options.series.length === 0) return { port, margin, c: null };
  const series = await openSeries(options.series, wantedOf(port));
  const tree = openTree(series, options.kernel, translationUnits(port));
  const reader = await loadCReader();
  const sources = new Map(
    tree.files.flatMap((file) => {
      const text = file.states.at(-1);
      return text && isC(file.path) ? [[file.path, reader.parse(file.path, text)] as const] : [];
    }),
  );
  return {
    port,
    margin,
    c: { series, tree, reader, sources, beside: filesBeside(reader, tree, port) },
  };
}

/** Compares both sides in all states. */
export function checkReading({ port, margin }: Reading, c: CSide): CheckResult {
  const { reader, tree } = c;
  return checkSides({ reader, tree, port, deviations: margin.deviations });
}

/** What each patch changed on both sides: the first list is of patch 1. */
export function changedByPatch({ port }: Reading, c: CSide): ChangedFunction[][] {
  return c.series.patches.map(({ number }) => changedFunctions(c.reader, c.tree, port, number));
}

/** By what the port knows its series. */
function wantedOf(port: Port): Wanted {
  return {
    patches: port.patches,
    files: mirroredBy(port),
    addedBy: (patch) => [
      ...new Set(
        port.files
          .filter((file) => file.beforePatch === null)
          .flatMap((file) => file.definitions)
          .filter((d) => d.kind === 'function' && d.patch === patch)
          .map((d) => d.name),
      ),
    ],
  };
}

/** What the pages of a site show; without C it is our side alone. */
export function siteInput(
  { port, margin, c }: Reading,
  check: CheckResult | null,
  changed: readonly (readonly ChangedFunction[])[],
): Omit<SiteInput, 'play' | 'assets'> {
  return {
    series: c?.series ?? null,
    tree: c?.tree ?? null,
    port,
    cSources: c?.sources ?? new Map(),
    beside: c?.beside ?? [],
    changed,
    margin,
    check,
  };
}

/** The files of the site, by name. */
export function readingSite(
  reading: Reading,
  check: CheckResult | null,
  changed: readonly (readonly ChangedFunction[])[],
): ReadonlyMap<string, string> {
  const { c } = reading;
  return buildSite({
    ...siteInput(reading, check, changed),
    play: (site) => playPage({ source: { kind: 'scenarios' }, c: c && playedC(c), site }),
    assets: pageAssets(),
  });
}

function playedC({ beside, sources }: CSide): PlayC {
  return linesOfC(beside, sources, new Set(playSources().map(({ path }) => path)));
}

/** linux-shim has a slice of each kernel file: it is not compared with the whole file. */
const SLICES: ReadonlySet<string> = new Set(['linux-shim']);

/** The C files that are ported as a whole: `x.c` by a class `x_c`. */
function translationUnits(port: Port): string[] {
  return port.files
    .filter((file) => file.beforePatch === null && !SLICES.has(file.packageName))
    .filter((file) => {
      const name = /([^/]+)\.c$/.exec(file.mirrors)?.[1];
      return (
        name !== undefined &&
        file.definitions.some((d) => d.unit === `${name.replaceAll('-', '_')}_c`)
      );
    })
    .map((file) => file.mirrors);
}

function mirroredBy(port: Port): string[] {
  return [...new Set(port.files.map((file) => file.mirrors))];
}
