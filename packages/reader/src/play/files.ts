// SPDX-License-Identifier: GPL-2.0-only
// What the play page needs of Node: the bundled scripts, and compression.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { PlayText } from './contract';

/** dist of this package: this module lies two folders below the package's, in src and built alike. */
const DIST = join(__dirname, '../../dist');

/** The scripts of the page, in order: the first makes `iommuBouncePlay`, the second `iommuBouncePlayPage`. */
export function playScripts(): readonly [string, string] {
  return [readDist('play.js'), readDist('play-page.js')];
}

/** The texts of the port's files that the first script has probes in. */
export function playSources(): readonly PlayText[] {
  return JSON.parse(readDist('play-sources.json')) as readonly PlayText[];
}

/** Raw deflate, as base64. */
export function compressed(text: string): string {
  return deflateRawSync(text, { level: 9 }).toString('base64');
}

function readDist(name: string): string {
  return readFileSync(join(DIST, name), 'utf8');
}
