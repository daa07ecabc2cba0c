// SPDX-License-Identifier: GPL-2.0-only
// Reading and replaying captures in each layout: parsing against what readline takes for the same lines, replay against parsing.

import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readTrace } from '@iommu-bounce/dma-trace';
import { type SeriesState, replayTraces } from '../compare';
import { CAPTURE_LAYOUTS, type CaptureLayout, captureText } from './captures';

const STEPS = ['lines', 'parse', 'replay_strict', 'replay_pool'] as const;
type Step = (typeof STEPS)[number];

export interface FormatRate {
  readonly layout: CaptureLayout;
  readonly step: Step;
  readonly events: number;
  /** By CPU time, the least of all rounds. */
  readonly events_per_s: number;
  /** Times that of `to`, in the same process; null for `lines`. */
  readonly ratio: number | null;
  readonly to: Step | null;
}

const ROUNDS = 5;

async function lines(file: string): Promise<void> {
  let n = 0;
  const input = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of input) n += line === '' ? 0 : 1;
  if (n === 0) throw new Error(`${file}: no line`);
}

async function parse(file: string): Promise<void> {
  const reader = readTrace(file);
  for await (const batch of reader.batches()) if (batch.length === 0) continue;
  if (reader.counters.unparsed > 0) throw new Error(`${file}: lines that were not understood`);
}

async function replay(file: string, state: SeriesState): Promise<void> {
  const options = { config: null, params: null, mostDifferences: 0, progress: () => undefined };
  await replayTraces([file], { ...options, patches: [state] });
}

const RUN: Readonly<Record<Step, (file: string) => Promise<void>>> = {
  lines,
  parse,
  replay_strict: (file) => replay(file, 0),
  replay_pool: (file) => replay(file, 4),
};

const TO: Readonly<Record<Step, Step | null>> = {
  lines: null,
  parse: 'lines',
  replay_strict: 'parse',
  replay_pool: 'parse',
};

/** @param events of each capture */
export async function formatRates(events: number, rounds = ROUNDS): Promise<FormatRate[]> {
  const folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-bench-'));
  try {
    const rates: FormatRate[] = [];
    for (const layout of CAPTURE_LAYOUTS) {
      const file = join(folder, `${layout.replaceAll(' ', '')}.trace.txt`);
      writeFileSync(file, [...captureText(layout, events)].join(''));
      rates.push(...(await ratesOf(layout, file, events, rounds)));
      rmSync(file);
    }
    return rates;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The steps in turn, so that what else the machine does hits all of them. */
async function ratesOf(
  layout: CaptureLayout,
  file: string,
  events: number,
  rounds: number,
): Promise<FormatRate[]> {
  const least: Record<Step, number> = {
    ...{ lines: Infinity, parse: Infinity },
    ...{ replay_strict: Infinity, replay_pool: Infinity },
  };
  for (let round = 0; round < rounds; round++)
    for (const step of STEPS) {
      const before = process.cpuUsage();
      await RUN[step](file);
      const { user, system } = process.cpuUsage(before);
      least[step] = Math.min(least[step], user + system);
    }
  return STEPS.map((step) => {
    const to = TO[step];
    return {
      ...{ layout, step, events, to },
      events_per_s: Math.round((events / least[step]) * 1e6),
      ratio: to === null ? null : least[step] / least[to],
    };
  });
}
