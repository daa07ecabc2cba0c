// SPDX-License-Identifier: GPL-2.0-only
// Replays traces: files of one boot together, others each on a machine of its own.

import type { IommuDriver } from '@iommu-bounce/integration';
import { type FoundFacts, findRecordings, orderTraces, readTrace } from '@iommu-bounce/dma-trace';
import { documentOf } from './document';
import type { ReplayDocument } from './replay-document';
import { checkUserParams } from '../drive/parameters';
import { RECORDED_ON, driverOfPreset, factsIommu } from './recorded-on';
import type { OnProgress } from '../progress';
import { factsBeside } from '../spool';
import { refuseRepeatedLines } from './repeated';
import { type TraceFile, traceFiles } from './read-files';
import { type Session, type SessionOptions, replaySession } from './session';

/**
 * @throws TraceError for a file that cannot be replayed, UsageError for parameters that do not exist
 *   and for a file that is given twice, KconfigError for a bad value or .config
 */
export async function replayTraces(
  files: readonly string[],
  options: SessionOptions,
): Promise<ReplayDocument> {
  if (options.params !== null) checkUserParams(options.params);
  await refuseRepeatedLines(files, options.pathOf);
  const found = await boots(files, options);
  const driver = options.driver ?? commonDriver(found, options);
  const chosen = driver === null ? options : { ...options, driver };
  const sessions: Session[] = [];
  for (const boot of found) {
    const before = sessions.length;
    const progress: OnProgress = (what, share) => {
      options.progress(what, (before + share) / found.length);
    };
    sessions.push(await replaySession(boot, { ...chosen, progress }));
  }
  return documentOf(sessions, options);
}

/** Of several machines: the driver that all want, or virtio. One alone is looked at while it is read. */
export function commonDriver(
  found: readonly (readonly TraceFile[])[],
  { recordedOn }: SessionOptions,
): IommuDriver | null {
  if (found.length === 1) return null;
  const wanted = new Set(
    found.map((files) => {
      const facts = files.find((one) => one.facts !== null)?.facts ?? null;
      return driverOfPreset(RECORDED_ON[recordedOn ?? factsIommu(facts) ?? 'virtio-iommu']);
    }),
  );
  return wanted.size === 1 ? ([...wanted][0] ?? null) : 'virtio';
}

/**
 * Pool decisions depend on all that went before, so files with them are one boot, in the order of their times. The files of
 * each CPU of a recording are one, too.
 */
export async function boots(
  files: readonly string[],
  { facts = null, pathOf = (file) => file }: SessionOptions,
): Promise<TraceFile[][]> {
  const factsOf = async (file: string): Promise<FoundFacts> =>
    facts === null ? factsBeside(file, pathOf(file)) : { facts, ignored: null };
  const [only] = files;
  if (files.length === 1 && only !== undefined) return [[{ file: only, ...(await factsOf(only)) }]];
  const withDecisions: string[] = [];
  const without: string[] = [];
  for (const file of files)
    ((await hasPoolLines(file, pathOf(file))) ? withDecisions : without).push(file);
  const others: TraceFile[][] = [];
  for (const recording of await findRecordings(without, pathOf))
    others.push(await traceFiles(recording, factsOf));
  const ordered =
    withDecisions.length > 0 ? [await orderTraces(withDecisions, factsOf, pathOf)] : [];
  return [...ordered, ...others];
}

async function hasPoolLines(file: string, path: string): Promise<boolean> {
  for await (const batch of readTrace(file, path).batches())
    if (batch.some((event) => event.kind.startsWith('obs'))) return true;
  return false;
}
