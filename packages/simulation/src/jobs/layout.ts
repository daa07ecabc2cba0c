// SPDX-License-Identifier: GPL-2.0-only
// How a job's buffers lie in guest memory: layouts by their names.

import type { BufferLayout, LayoutName } from './buffer-layout';
import { contiguousLayout, thpLayout } from './layouts-whole';
import { SCATTERED, scatteredLayout } from './layouts-scattered';

export { LAYOUT_NAMES, type Arena, type BufferLayout, type LayoutName } from './buffer-layout';

/** @param seed any whole number */
export function newLayout(name: LayoutName, seed: number): BufferLayout {
  switch (name) {
    case 'contiguous':
      return contiguousLayout();
    case 'thp':
      return thpLayout(seed);
    case 'fresh':
    case 'fragmented':
      return scatteredLayout(name, SCATTERED[name], seed);
  }
}
