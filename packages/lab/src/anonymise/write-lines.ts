// SPDX-License-Identifier: GPL-2.0-only
// A capture, line by line, into another file, plain or gzip.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type LineAnonymiser, TraceError, readBlocks } from '@iommu-bounce/dma-trace';
import { UsageError } from '../errors';
import { codeOf } from '../files';

const BYTE_ORDER_MARK = '\ufeff';

/** @throws UsageError if it cannot be written, TraceError if it cannot be read */
export async function writeLines(
  { file, path, onRead }: { file: string; path: string; onRead: (bytes: number) => void },
  anonymiser: LineAnonymiser,
  { to, gzip }: { to: string; gzip: boolean },
): Promise<void> {
  const lines = Readable.from(rewritten(file, path, onRead, anonymiser));
  const out = createWriteStream(to, { flags: 'wx' });
  try {
    await (gzip ? pipeline(lines, createGzip(), out) : pipeline(lines, out));
  } catch (error) {
    if (error instanceof TraceError || error instanceof UsageError) throw error;
    throw new UsageError(`${to}: cannot be written (${codeOf(error)})`);
  }
}

async function* rewritten(
  file: string,
  path: string,
  onRead: (bytes: number) => void,
  anonymiser: LineAnonymiser,
): AsyncGenerator<string, void, undefined> {
  let isFirst = true;
  for await (const { text: given, overlong } of readBlocks(file, path, onRead)) {
    if (overlong) {
      isFirst = false;
      yield `${anonymiser.overlong()}\n`;
      continue;
    }
    const text = isFirst && given.startsWith(BYTE_ORDER_MARK) ? given.slice(1) : given;
    isFirst = false;
    let out = '';
    anonymiser.look(text);
    for (let start = 0; start < text.length;) {
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline;
      out += anonymiser.line(text.slice(start, end)) + (newline < 0 ? '' : '\n');
      start = end + 1;
    }
    yield out;
  }
}
