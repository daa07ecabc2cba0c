// SPDX-License-Identifier: GPL-2.0-only
// What reading a trace takes, against splitting the same file into lines: as events, and as DMA API calls.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { Assembler, readTrace } from '@iommu-bounce/dma-trace';

export interface TraceRate {
  readonly name: 'lines' | 'events' | 'calls';
  /** Nanoseconds of CPU time per line: the least of all rounds. */
  readonly ns_per_line: number;
  /** Against `lines`, in the same run. */
  readonly ratio_to_lines: number;
}

const ROUNDS = 7;

const READERS: Readonly<Record<TraceRate['name'], (file: string) => Promise<number>>> = {
  lines: async (file) => {
    let n = 0;
    const input = createReadStream(file).pipe(createGunzip());
    for await (const line of createInterface({ input, crlfDelay: Infinity }))
      n += line === '' ? 0 : 1;
    return n;
  },
  events: async (file) => {
    const reader = readTrace(file);
    for await (const batch of reader.batches()) if (batch.length === 0) continue;
    return reader.counters.lines;
  },
  calls: async (file) => {
    const reader = readTrace(file);
    const assembler = new Assembler(null);
    assembler.beginFile(file);
    for await (const batch of reader.batches()) assembler.add(batch);
    assembler.finish();
    return reader.counters.lines;
  },
};

/** @param file a .gz trace */
export async function traceRates(file: string, rounds = ROUNDS): Promise<TraceRate[]> {
  const names = ['lines', 'events', 'calls'] as const;
  const least = { lines: Infinity, events: Infinity, calls: Infinity };
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      const before = process.cpuUsage();
      const lines = await READERS[name](file);
      const { user, system } = process.cpuUsage(before);
      least[name] = Math.min(least[name], ((user + system) * 1000) / lines);
    }
  return names.map((name) => ({
    name,
    ns_per_line: least[name],
    ratio_to_lines: least[name] / least.lines,
  }));
}
