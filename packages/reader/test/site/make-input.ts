// SPDX-License-Identifier: GPL-2.0-only
// All that a site is made of, read as the command reads it: by default our own small series, its tree and its port.

import { join } from 'node:path';
import {
  type Reading,
  type ReadingOptions,
  changedByPatch,
  checkReading,
  openReading,
  siteInput,
} from '../../src/reading';
import { assetsOf } from '../../src/site/files';
import type { SiteInput } from '../../src/site/site';

const FIXTURES = join(__dirname, '../../../../test-fixtures/reader');

export const OUR_SERIES: ReadingOptions = {
  series: [join(FIXTURES, 'thread.mbox')],
  kernel: join(FIXTURES, 'tree'),
  port: join(FIXTURES, 'port'),
};

/** A site's input with a script that does nothing. */
export async function makeInput(options: ReadingOptions): Promise<SiteInput> {
  return inputOf(await openReading(options));
}

export function inputOf(reading: Reading): SiteInput {
  const { c } = reading;
  const check = c && checkReading(reading, c);
  const changed = c ? changedByPatch(reading, c) : [];
  return { ...siteInput(reading, check, changed), play: null, assets: assetsOf('', '') };
}

/** The same from our side alone. */
export function withoutSeries(input: SiteInput): SiteInput {
  const none = { series: null, tree: null, cSources: new Map<never, never>() };
  return { ...input, ...none, beside: [], changed: [], check: null };
}
