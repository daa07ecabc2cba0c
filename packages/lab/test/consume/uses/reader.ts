// SPDX-License-Identifier: GPL-2.0-only
// A typed use of reader, compiled and run outside the repository.

import { type Reading, ReadError, openReading, playPage } from '@iommu-bounce/reader';

async function main(): Promise<void> {
  const reading: Reading = await openReading({ series: [], kernel: null, port: null });
  if (reading.port.patches !== 4) throw new Error(String(reading.port.patches));
  if (reading.margin.findings.length === 0) throw new Error('no findings');
  if (!playPage({ source: { kind: 'scenarios' } }).startsWith('<!doctype html>'))
    throw new Error('no page');
  try {
    await openReading({ series: ['none.mbox'], kernel: null, port: null });
    throw new Error('read a file that is none');
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
  }
}

void main(); // a rejection ends Node with status 1
