// SPDX-License-Identifier: GPL-2.0-only
// One name of the C beside its port, in any state of the series.

import type { CReader, CSource } from '../c/parse';
import type { Port, PortFile } from '../port/port';
import { type Placed as PortPlaced, functionsAfter, mirrorOf } from '../port/state';
import { commentAbove } from '../syntax/comment-above';
import type { Definition } from '../syntax/definition';
import type { CTree } from '../tree/c-file';
import { alignDefinitions, zip } from './align-function';
import type { Row } from './beside';
import { isC } from './files-beside';

/** A name that a C file defines in one state. */
export interface NameInState {
  readonly cPath: string;
  readonly source: CSource;
  /** The file of the port that has its text of that state; null if none has. */
  readonly ts: PortFile | null;
  readonly rows: readonly Row[];
}

/**
 * The port's text of a function in a state. A function that a later patch adds has none.
 * @param state from 0, before patch 1
 */
export function functionInState(
  port: Port,
  cPath: string,
  name: string,
  state: number,
): PortPlaced | null {
  const placed = functionsAfter(port, cPath, state).get(name);
  if (!placed) return null;
  const { definition, file } = placed;
  // What an earlier state has in another text is in a file before-patch-n.ts.
  const later = file.beforePatch === null && definition.patch !== null && definition.patch > state;
  return later ? null : placed;
}

/** Every place of the C that defines the name in a state; with the comment on it. */
export function nameInState(
  name: string,
  state: number,
  { reader, tree, port }: { readonly reader: CReader; readonly tree: CTree; readonly port: Port },
): NameInState[] {
  return tree.files.flatMap((file) => {
    const text = file.states[state];
    if (!text || !isC(file.path)) return [];
    const source = reader.parse(file.path, text);
    return source.definitions
      .filter((d) => d.name === name && d.kind !== 'registration')
      .filter((d) => d.owner === null || d.kind === 'function')
      .map((c): NameInState => {
        const ts = counterpart(port, file.path, c, state);
        return { cPath: file.path, source, ts: ts?.file ?? null, rows: rowsOf(c, source, ts) };
      });
  });
}

function counterpart(port: Port, path: string, c: Definition, state: number): PortPlaced | null {
  if (c.kind === 'function') return functionInState(port, path, c.name, state);
  const file = mirrorOf(port, path);
  const definition = file?.definitions.find((d) => d.name === c.name && d.owner === null);
  return file && definition ? { file, definition } : null;
}

function rowsOf(c: Definition, source: CSource, ts: PortPlaced | null): Row[] {
  const range = { from: commentAbove(source, c.from), to: c.to };
  if (!ts) return zip(range, { from: 1, to: 0 });
  const { definition, file } = ts;
  return alignDefinitions(
    { definition: c, range, lines: source.lines },
    {
      definition,
      range: { from: commentAbove(file, definition.from), to: definition.to },
      lines: file.lines,
    },
  );
}
