// SPDX-License-Identifier: GPL-2.0-only
// Replays traces: files of one boot together, others each on a machine of its own.

import { IOMMU_DRIVERS } from '@iommu-bounce/integration';
import { orderTraces, readFacts, readTrace } from '@iommu-bounce/dma-trace';
import { type ReplayDocument, documentOf } from './document';
import { checkUserParams } from '../drive/parameters';
import { refuseRepeated } from './repeated';
import { type Session, type SessionOptions, type TraceFile, replaySession } from './session';

/**
 * @throws TraceError for a file that cannot be replayed, UsageError for parameters that do not exist
 *   and for a file that is given twice, KconfigError for a bad value or .config
 */
export async function replayTraces(
  files: readonly string[],
  options: SessionOptions,
): Promise<ReplayDocument> {
  if (options.params !== null) checkUserParams(options.params);
  await refuseRepeated(files);
  const sessions: Session[] = [];
  const chosen = { ...options, driver: options.driver ?? IOMMU_DRIVERS[0] };
  for (const boot of await boots(files)) sessions.push(await replaySession(boot, chosen));
  return documentOf(sessions, chosen);
}

/** Pool decisions depend on all that went before, so files with them are one boot, in the order of their times. */
async function boots(files: readonly string[]): Promise<TraceFile[][]> {
  const [only] = files;
  if (files.length === 1 && only !== undefined)
    return [[{ file: only, facts: await readFacts(only) }]];
  const withDecisions: string[] = [];
  const others: TraceFile[][] = [];
  for (const file of files) {
    if (await hasPoolLines(file)) withDecisions.push(file);
    else others.push([{ file, facts: await readFacts(file) }]);
  }
  const ordered = withDecisions.length > 0 ? [await orderTraces(withDecisions)] : [];
  return [...ordered, ...others];
}

async function hasPoolLines(file: string): Promise<boolean> {
  for await (const batch of readTrace(file).batches())
    if (batch.some((event) => event.kind.startsWith('obs'))) return true;
  return false;
}
