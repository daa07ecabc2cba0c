// SPDX-License-Identifier: GPL-2.0-only
// What the page's first script has: the port, and what steps it. Bundled as dist/play.js.

import { type PlayData, contractOf } from './play-data';
import type { PlayContract } from './contract';

/** Of a page's data: JSON, compressed (raw deflate), as base64. */
export async function contractFrom(base64: string): Promise<PlayContract> {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return contractOf(JSON.parse(await new Response(stream).text()) as PlayData);
}
