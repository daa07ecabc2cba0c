// SPDX-License-Identifier: GPL-2.0-only
// One of two captures, read into its operations and an account of what stands beside them.

import {
  Assembler,
  CaptureAccount,
  OperationLog,
  type Step,
  TraceError,
  type TraceEvent,
  type TraceFacts,
} from '@iommu-bounce/dma-trace';
import { captureSection } from '../capture';
import type { CaptureSection } from '../capture-document';
import { LogTopics } from '../first-reading';
import { type Pass, type ReadOptions, type TraceFile, cpusOf, readFiles } from '../read-files';
import { onlyTranslated } from '../only-translated';

/** A capture, once read. */
export interface CaptureRead {
  readonly log: OperationLog;
  readonly section: CaptureSection;
  readonly facts: TraceFacts | null;
  /** Whether any line has the marks that tell a task from an interrupt on top of it. */
  readonly hasFlags: boolean;
}

/** Of one reading. */
class Found {
  readonly log = new OperationLog();
  readonly topics = new LogTopics();
  hasFlags = false;

  readonly take = (steps: readonly Step[]): void => {
    this.log.add(steps);
  };

  readonly see = (events: readonly TraceEvent[]): void => {
    this.topics.add(events);
    this.hasFlags ||= events.some((event) => 'flags' in event && event.flags !== '');
  };
}

/**
 * @param share of the progress
 * @throws TraceError for a file that cannot be read, and for a capture without operations
 */
export async function readCapture(
  files: readonly TraceFile[],
  options: ReadOptions,
  { what, from, to }: Pass,
): Promise<CaptureRead> {
  const facts = files.find((one) => one.facts !== null)?.facts ?? null;
  const onlyDevice = onlyTranslated(facts);
  const known = { withDecisions: new Set<string>(), firstDevice: '', onlyDevice };
  let account = new CaptureAccount();
  let assembler = new Assembler(null, known, account);
  let found = new Found();
  let readings = await readFiles(files, assembler, options, { what, from, to }, found);
  const file = files[0]?.file ?? '';
  if (readings.every(({ counters }) => counters.events === 0))
    throw new TraceError(file, null, found.topics.refusalTo('compare'));
  const { devicesOfTasks, reconstructed } = assembler;
  if (reconstructed.byDeviceSign.domain > 0 && devicesOfTasks.size > 0) {
    // Requests before the first call of their task: its device is known now.
    account = new CaptureAccount();
    assembler = new Assembler(null, { ...known, devicesOfTasks }, account);
    found = new Found();
    readings = await readFiles(files, assembler, options, { what, from: to, to }, found);
  }
  if (found.log.length === 0)
    throw new TraceError(
      file,
      null,
      'has no DMA API call that maps, and no iommu:* events that make a request: there is nothing to compare',
    );
  const section = captureSection({
    account,
    counters: readings.map((one) => one.counters),
    cpus: cpusOf(readings),
    files,
    reconstructed: assembler.reconstructed,
  });
  const translated = new Map(section.devices.map((one) => [one.device, one.translated]));
  found.log.finish((device) => translated.get(device) !== false);
  return {
    log: found.log,
    section,
    facts,
    hasFlags: found.hasFlags,
  };
}
