// SPDX-License-Identifier: GPL-2.0-only
// One point: the verb in this process, its document, and the columns of it.

import { run } from '../cli';
import { oneLine } from '../errors';
import { valueOf } from './columns';
import { PointError, type PointRow, type PointTask } from './engine';

/** Of what a verb says on stderr so much is kept: the error is at its end. */
const KEPT = 4000;

/** @throws PointError if the verb gives no document, or a column is ambiguous in it */
export async function runPoint({ args, columns }: PointTask): Promise<PointRow> {
  const out: string[] = [];
  let err = '';
  try {
    const status = await run([...args, '--json'], {
      out: (text) => {
        out.push(text);
      },
      err: (text) => {
        err = (err + text).slice(-KEPT);
      },
      errIsTerminal: false,
    });
    const text = out.join('');
    if (status === 2 || text === '') throw new PointError(lastLine(err));
    const document: unknown = JSON.parse(text);
    return { status, values: columns.map((column) => valueOf(column, document)) };
  } catch (error) {
    if (error instanceof PointError) throw error;
    throw new PointError(oneLine(error instanceof Error ? error.message : String(error)));
  }
}

function lastLine(err: string): string {
  const line = err.trimEnd().split('\n').at(-1) ?? '';
  return oneLine(line.replace(/^iommu-bounce: /, '')) || 'it printed no document';
}
