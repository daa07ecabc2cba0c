// SPDX-License-Identifier: GPL-2.0-only
// The real series beside the kernel's files, for whoever has them.

import { type CSide, type Reading, openReading } from '../src/reading';

/** With the C. */
export type RealReading = Reading & { readonly c: CSide };

/** What READER_SERIES (paths with : between them) and READER_KERNEL name; without them null, and the reason is printed. */
export async function realReading(): Promise<RealReading | null> {
  const { READER_SERIES: series, READER_KERNEL: kernel } = process.env;
  if (series === undefined || kernel === undefined) {
    console.log('      skipped: READER_SERIES and READER_KERNEL do not name the real series');
    return null;
  }
  const reading = await openReading({ series: series.split(':'), kernel, port: null });
  if (reading.c === null) throw new Error('READER_SERIES: is empty');
  return { ...reading, c: reading.c };
}
