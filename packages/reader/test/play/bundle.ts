// SPDX-License-Identifier: GPL-2.0-only
// The page's first script, run in Node.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import type * as browser from '../../src/play/browser';
import { compressed } from '../../src/play/files';
import type { Steps } from '../../src/play/contract';
import { type PlaySource, RECORDING } from '../../src/play/play-data';

const DIST = join(__dirname, '../../dist');

/** What it exports; a new copy each time, with probes of its own. */
export function bundledPlay(): typeof browser {
  const script = readFileSync(join(DIST, 'play.js'), 'utf8');
  return runInThisContext(`(()=>{${script}\nreturn iommuBouncePlay;})()`) as typeof browser;
}

/** An item of a source, opened in the bundle. */
export async function bundledSteps(source: PlaySource, item = RECORDING): Promise<Steps> {
  const data = { source, start: { item, step: 0 }, sources: [], c: null };
  const { items } = await bundledPlay().contractFrom(compressed(JSON.stringify(data)));
  const found = items.find(({ name }) => name === item);
  if (!found) throw new Error(`no item ${item}`);
  return found.open();
}
