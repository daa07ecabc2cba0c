// SPDX-License-Identifier: GPL-2.0-only
// All that a site is made of, read as the command reads it: by default our own small series, its tree and its port.

import { join } from 'node:path';
import { changedFunctions } from '../../src/beside/changed';
import { filesBeside } from '../../src/beside/files-beside';
import { checkSides } from '../../src/check/check-sides';
import { loadCReader } from '../../src/c/files';
import { readMarginDocuments } from '../../src/margin/files';
import { readMargin } from '../../src/margin/read-margin';
import { readPort } from '../../src/port/files';
import { openSeries } from '../../src/series/files';
import { assetsOf } from '../../src/site/files';
import type { SiteInput } from '../../src/site/site';
import { openTree } from '../../src/tree/files';

const FIXTURES = join(__dirname, '../../../../test-fixtures/reader');

export interface Sources {
  readonly series: readonly string[];
  readonly kernel: string | null;
  /** A folder of packages; null: the installed port. */
  readonly port: string | null;
}

export const OUR_SERIES: Sources = {
  series: [join(FIXTURES, 'thread.mbox')],
  kernel: join(FIXTURES, 'tree'),
  port: join(FIXTURES, 'port'),
};

/** A site's input with a script that does nothing. */
export async function makeInput(sources: Sources): Promise<SiteInput> {
  const port = readPort(sources.port ?? undefined);
  const mirrored = [...new Set(port.files.map(({ mirrors }) => mirrors))];
  const series = await openSeries(sources.series, {
    patches: port.patches,
    files: mirrored,
    addedBy: () => [],
  });
  const tree = openTree(series, sources.kernel, mirrored);
  const reader = await loadCReader();
  const cSources = new Map(
    tree.files.flatMap(({ path, states }) => {
      const text = states.at(-1);
      return text && /\.[ch]$/.test(path) ? [[path, reader.parse(path, text)] as const] : [];
    }),
  );
  const margin = readMargin(port.files, readMarginDocuments(sources.port ?? undefined));
  return {
    series,
    tree,
    port,
    cSources,
    beside: filesBeside(reader, tree, port),
    changed: series.patches.map(({ number }) => changedFunctions(reader, tree, port, number)),
    margin,
    check: checkSides({ reader, tree, port, deviations: margin.deviations }),
    play: null,
    assets: assetsOf('', ''),
  };
}

/** A site of a port alone. */
export function portInput(folder: string | null): SiteInput {
  const port = readPort(folder ?? undefined);
  return {
    series: null,
    tree: null,
    port,
    cSources: new Map(),
    beside: [],
    changed: [],
    margin: readMargin(port.files, readMarginDocuments(folder ?? undefined)),
    check: null,
    play: null,
    assets: assetsOf('', ''),
  };
}

/** The same from our side alone. */
export function withoutSeries(input: SiteInput): SiteInput {
  const none = { series: null, tree: null, cSources: new Map<never, never>() };
  return { ...input, ...none, beside: [], changed: [], check: null };
}
