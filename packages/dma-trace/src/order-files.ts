// SPDX-License-Identifier: GPL-2.0-only
// Several traces of one boot put into the order of their time stamps.
import { check_value, list_of, text } from '@iommu-bounce/linux-shim/options';
import { type FoundFacts, findFacts, type PoolClass, type TraceFacts } from './facts';
import { TraceReader } from './read-trace';
import { TraceError } from './trace-error';

export interface OrderedTrace extends FoundFacts {
  file: string;
  /** Smallest and largest time stamp. */
  firstNs: number;
  lastNs: number;
}

/**
 * @param factsOf how the facts of a file are found; default: beside it
 * @param pathOf where a file lies; default: where its name says
 * @throws TraceError if two of them overlap in time or cannot be of one boot
 */
export async function orderTraces(
  files: readonly string[],
  factsOf: (file: string) => Promise<FoundFacts> = findFacts,
  pathOf: (file: string) => string = (file) => file,
): Promise<OrderedTrace[]> {
  check_value('orderTraces', 'files', files, list_of(text, { least: 0 }));
  const traces: OrderedTrace[] = [];
  for (const file of files)
    traces.push({ ...(await timeSpan(file, pathOf(file))), ...(await factsOf(file)) });
  traces.sort((a, b) => a.firstNs - b.firstNs);
  traces.forEach((trace, i) => {
    const before = traces[i - 1];
    if (before === undefined) return;
    if (trace.firstNs < before.lastNs)
      throw new TraceError(
        trace.file,
        null,
        `begins at ${seconds(trace.firstNs)} s, before ${before.file} ends at ${seconds(before.lastNs)} s; ` +
          'expected files that follow each other in one boot',
      );
    const differing = differentBoot(before.facts, trace.facts);
    if (differing !== null)
      throw new TraceError(
        trace.file,
        null,
        `its facts and those of ${before.file} differ in ${differing}; expected files of one boot`,
      );
  });
  return traces;
}

async function timeSpan(file: string, path: string): Promise<Omit<OrderedTrace, keyof FoundFacts>> {
  let firstNs = Infinity;
  let lastNs = -Infinity;
  for await (const batch of new TraceReader(file, path).batches())
    for (const event of batch) {
      if (event.kind === 'lost' || event.kind === 'kernelLog') continue;
      if (event.timeNs < firstNs) firstNs = event.timeNs;
      if (event.timeNs > lastNs) lastNs = event.timeNs;
    }
  if (lastNs < firstNs)
    throw new TraceError(
      file,
      null,
      'has no event with a time stamp; expected a capture with times',
    );
  return { file, firstNs, lastNs };
}

/** What shows that two files are not of one boot; null if nothing does. */
function differentBoot(a: TraceFacts | null, b: TraceFacts | null): string | null {
  if (a === null || b === null) return null;
  if (a.kernelRelease !== b.kernelRelease) return 'the kernel';
  if (a.commandLine !== b.commandLine) return 'the kernel command line';
  const times = new Map(a.poolClasses.map((one) => [poolKey(one), one.bootTime]));
  const moved = b.poolClasses.some((one) => {
    const time = times.get(poolKey(one));
    return time !== undefined && time !== one.bootTime;
  });
  return moved ? 'the time at which the pools were made' : null;
}

const poolKey = (one: PoolClass): string => `${one.device} ${String(one.size)}`;

const seconds = (ns: number): string => (ns / 1e9).toFixed(6);
