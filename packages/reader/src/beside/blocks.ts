// SPDX-License-Identifier: GPL-2.0-only
// A file cut into blocks: one for each top-level thing with the comment on it, and fillers between them.

import { commentAbove } from '../syntax/comment-above';
import type { Definition, Source } from '../syntax/definition';

/** Lines of a file that stay together; from 1, both ends included. A filler has no definition. */
export interface Block<D extends Definition> {
  readonly definition: D | null;
  readonly from: number;
  readonly to: number;
}

/**
 * The blocks of a file, in its order; each line is in exactly one.
 * @param definitions those that may have a block; of two that overlap, the first counts
 */
export function blocksOf<D extends Definition>(
  source: Pick<Source, 'lines' | 'tokens'>,
  definitions: readonly D[],
): Block<D>[] {
  const blocks: Block<D>[] = [];
  let done = 0;
  const filler = (to: number): void => {
    if (to > done) blocks.push({ definition: null, from: done + 1, to });
  };
  const sorted = [...definitions].sort((a, b) => a.from - b.from || b.to - a.to);
  for (const definition of sorted) {
    if (definition.from <= done) continue;
    const from = Math.max(commentAbove(source, definition.from), done + 1);
    filler(from - 1);
    blocks.push({ definition, from, to: definition.to });
    done = definition.to;
  }
  filler(source.lines.length);
  return blocks;
}
