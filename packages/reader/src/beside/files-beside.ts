// SPDX-License-Identifier: GPL-2.0-only
// All files of a tree beside the port.

import type { CReader } from '../c/parse';
import type { Port } from '../port/port';
import { mirrorOf } from '../port/state';
import type { CTree } from '../tree/c-file';
import { alignFiles } from './align';
import type { FileBeside } from './beside';

/** Whether a file is C, or a header: Kconfig and Makefile have no functions. */
export function isC(path: string): boolean {
  return /\.[ch]$/u.test(path);
}

/** Each C file of the tree in its last state beside the file that mirrors it, in the tree's order. */
export function filesBeside(reader: CReader, tree: CTree, port: Port): FileBeside[] {
  return tree.files.flatMap((file) => {
    const text = file.states.at(-1);
    if (!text || !isC(file.path)) return [];
    const numbers = text.whole ? null : new Set(text.lines.map((line) => line.number));
    return [
      alignFiles(
        reader.parse(file.path, text),
        mirrorOf(port, file.path),
        file.states.length - 1,
        (line) => numbers === null || numbers.has(line),
      ),
    ];
  });
}
