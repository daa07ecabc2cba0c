// SPDX-License-Identifier: GPL-2.0-only
// Compares two captures of the same work.

import {
  OPERATION_KINDS,
  type DeviceName,
  type FoundFacts,
  type OperationLog,
  type Recording,
  findRecordings,
  matchDevices,
} from '@iommu-bounce/dma-trace';
import { UsageError, oneLine } from '../../errors';
import type { OnProgress } from '../../progress';
import { factsBeside } from '../../spool';
import { type Pass, type TraceFile, traceFiles } from '../read-files';
import { refuseRepeated } from '../repeated';
import { DIFFERENCE_KINDS, type DifferenceKind } from './difference-kinds';
import { Differences } from './differences';
import type { DeviceAlone, DiffCapture, DiffDocument } from './diff-document';
import { diffNotes } from './diff-notes';
import { machineRows } from './machine-rows';
import { operationsSection } from './operation-figures';
import { Pairing } from './pairing';
import { type CaptureRead, readCapture } from './read-capture';
import { mappingsOf, requestsSection } from './request-figures';
import { windowsSection } from './window-figures';

export interface DiffOptions {
  /** Where a file lies, if not where its name says: stdin, for instance. */
  readonly pathOf?: (file: string) => string;
  readonly progress: OnProgress;
  /** Devices with another name in the second capture. */
  readonly devices: readonly DeviceName[];
  /** Share of the longer one by which two windows may differ, 0 to 1. */
  readonly tolerance: number;
  /** Differences that do not count. */
  readonly ignored: readonly DifferenceKind[];
  /** Differences listed of each kind. */
  readonly mostDifferences: number;
}

const READING_A: Pass = { what: 'reading A,', from: 0, to: 0.45 };
const READING_B: Pass = { what: 'reading B,', from: 0.45, to: 0.9 };

/**
 * @param files two captures, the files of each CPU of a recording together
 * @throws UsageError if they are not two, or have no device in common; TraceError for a file that cannot be read
 */
export async function diffCaptures(
  files: readonly string[],
  options: DiffOptions,
): Promise<DiffDocument> {
  const [filesA, filesB] = await twoCaptures(files, options);
  const a = await readCapture(filesA, options, READING_A);
  const b = await readCapture(filesB, options, READING_B);
  options.progress('comparing', READING_B.to);
  checkDevices(options.devices, a.log, b.log);
  const match = matchDevices(a.log.devices, b.log.devices, options.devices);
  if (match.pairs.length === 0)
    throw new UsageError(
      `diff: no device of A (${names(a.log)}) is in B (${names(b.log)}); expected --device A=B, e.g. --device '${oneLine(a.log.devices[0] ?? '')}=${oneLine(b.log.devices[0] ?? '')}'`,
    );
  const pairing = new Pairing(a, b, match, options.tolerance);
  const differences = new Differences(pairing, options.mostDifferences);
  const sections = {
    devices: {
      pairs: match.pairs,
      only_a: alone(match.onlyA, a.log),
      only_b: alone(match.onlyB, b.log),
    },
    operations: operationsSection(pairing),
    windows: windowsSection(pairing),
    requests: requestsSection(pairing),
  };
  return {
    equal: DIFFERENCE_KINDS.every(
      (kind) => options.ignored.includes(kind) || differences.counts[kind] === 0,
    ),
    ignored: DIFFERENCE_KINDS.filter((kind) => options.ignored.includes(kind)),
    counts: differences.counts,
    a: captureOf(a),
    b: captureOf(b),
    machine: machineRows(a.facts, b.facts),
    ...sections,
    differences: differences.rows,
    notes: diffNotes(pairing, sections),
  };
}

async function twoCaptures(
  files: readonly string[],
  { pathOf = (file) => file }: DiffOptions,
): Promise<readonly [TraceFile[], TraceFile[]]> {
  let recordings: Recording[] = files.map((file) => ({ files: [file], byContent: false }));
  // Two files are two captures, also twice the same: that is what diff says of them.
  if (files.length > 2) {
    await refuseRepeated(files, pathOf);
    recordings = await findRecordings(files, pathOf);
  }
  const [first, second] = recordings;
  if (recordings.length !== 2 || !first || !second)
    throw new UsageError(
      `diff: expected two captures, got ${String(recordings.length)}${files.length > recordings.length ? `, of ${String(files.length)} files` : ''}; files belong together only if each has one CPU of a recording`,
    );
  const factsOf = (file: string): Promise<FoundFacts> => factsBeside(file, pathOf(file));
  return [await traceFiles(first, factsOf), await traceFiles(second, factsOf)];
}

function checkDevices(asked: readonly DeviceName[], a: OperationLog, b: OperationLog): void {
  for (const [inA, inB] of asked) {
    if (!a.devices.includes(inA))
      throw new UsageError(`--device: A has no device '${oneLine(inA)}'; it has ${names(a)}`);
    if (!b.devices.includes(inB))
      throw new UsageError(`--device: B has no device '${oneLine(inB)}'; it has ${names(b)}`);
  }
}

function names({ devices }: OperationLog): string {
  const shown = devices.slice(0, 6).map(oneLine).join(', ');
  return devices.length > 6 ? `${shown} and ${String(devices.length - 6)} more` : shown;
}

function alone(devices: readonly string[], log: OperationLog): DeviceAlone[] {
  const counts = new Map(devices.map((name) => [name, 0]));
  for (let i = 0; i < log.length && counts.size > 0; i++) {
    const before = counts.get(log.deviceOf(i));
    if (before !== undefined) counts.set(log.deviceOf(i), before + 1);
  }
  return [...counts].map(([device, operations]) => ({ device, operations }));
}

/** In the order of OPERATION_KINDS. */
function callsOf({ lanes }: OperationLog): DiffCapture['calls'] {
  return OPERATION_KINDS.flatMap((form) => {
    const name = lanes.find(({ kind }) => kind === form)?.call ?? null;
    return name === null ? [] : [{ form, name }];
  });
}

function captureOf({ log, section }: CaptureRead): DiffCapture {
  return {
    operations: log.length,
    mappings: mappingsOf(log),
    duration_ns: log.length === 0 ? 0 : log.lastNs - log.firstNs,
    calls: callsOf(log),
    capture: section,
  };
}
