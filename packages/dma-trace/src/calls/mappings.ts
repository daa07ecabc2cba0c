// SPDX-License-Identifier: GPL-2.0-only
// What all readers of lines share: the workbench with its counts, and how a line becomes a mapping.

import type { dma_data_direction } from '@iommu-bounce/linux-shim';
import type { IommuMap, IommuUnmap } from '../events';
import { DIRECTIONS, type Direction, type EventHead } from '../event-head';
import type { CaptureAccount } from './account/capture-account';
import type { Context, Contexts, OpenIommuUnmap } from './contexts';
import type { LateUnmaps } from './late-unmaps';
import type { LiveMappings } from './live-mappings';
import type { OpenMap } from './piece';
import { runOf, runsOf } from './sg-entries';
import {
  type MapStep,
  type Mapping,
  type Step,
  formName,
  isList,
  pageFloor,
  rangeOf,
} from './step';
import type { StepQueue } from './step-queue';

/** What the lines add up to. */
export class LineCounts {
  iommuMaps = 0;
  iommuUnmaps = 0;
  /** Of these, those that a call was found for. */
  matchedMaps = 0;
  matchedUnmaps = 0;
  mapCalls = 0;
  unmapCalls = 0;
  syncCalls = 0;
  /** Calls that failed on the recorded machine. */
  failedCalls = 0;
  /** dma_free of nothing. */
  emptyFrees = 0;
  unpairedUnmaps = 0;
  unpairedSyncs = 0;
  /** Mappings whose address was mapped again, and whose unmap was not logged, not even late. */
  superseded = 0;
  /** Mappings in force at the end. */
  stillMapped = 0;
  poolLines = 0;
  /** Calls that were under way when the recording began: what they decided was printed before. */
  cutCalls = 0;
}

/** The iommu:* events, until a call claims them. */
export interface Unclaimed {
  map(event: IommuMap, map: OpenMap, context: Context): void;
  unmap(event: IommuUnmap, unmap: OpenIommuUnmap, context: Context): void;
  claim(maps: readonly OpenMap[]): void;
  claimUnmap(unmap: OpenIommuUnmap): void;
  /** Whether a call or a map without one has the address in use. */
  isInUse(iova: number): boolean;
}

/** What both kinds of lines work with. */
export interface Workbench {
  readonly counts: LineCounts;
  readonly contexts: Contexts;
  readonly live: LiveMappings;
  readonly late: LateUnmaps;
  readonly queue: StepQueue;
  /** Makes requests of the iommu:* events that no call claims. */
  readonly reconstruction: Unclaimed;
  /** Keeps what stands beside the calls, if anyone asks for it. */
  readonly account: CaptureAccount | null;
  /** Name of the file being read. */
  file: string;
}

/** The attributes that the ported kernel knows: DMA_ATTR_WEAK_ORDERING to DMA_ATTR_PRIVILEGED. */
export const PORTED_ATTRS = (1 << 10) - 2;

export function directionNumber(dir: Direction | null): dma_data_direction {
  const number = dir === null ? 0 : DIRECTIONS.indexOf(dir);
  return number === 1 || number === 2 ? number : 0;
}

export function portedAttrs(attrs: number): number {
  return attrs & PORTED_ATTRS;
}

/** What every step has of its line. */
export function stepHead(
  event: EventHead,
  file: string,
): Pick<Step, 'place' | 'timeNs' | 'cpu' | 'flags'> {
  return {
    place: { file, line: event.line },
    timeNs: event.timeNs,
    cpu: event.cpu ?? 0,
    flags: event.flags,
  };
}

/** A map call of which all is known. */
export function mapStep(event: EventHead, file: string, mapping: Mapping): MapStep {
  // Field by field, as all frequent steps: see dma-lines.ts.
  return {
    place: { file, line: event.line },
    timeNs: event.timeNs,
    cpu: event.cpu ?? 0,
    flags: event.flags,
    kind: 'map',
    ready: true,
    mapping,
    decision: null,
  };
}

/** A mapping of which only some things are said. */
export function newMapping(
  fields: Pick<Mapping, 'place' | 'device' | 'form' | 'dir' | 'dmaAddr' | 'size'> &
    Partial<Omit<Mapping, 'runs' | 'mappedNs' | 'below' | 'held' | 'kept'>>,
): Mapping {
  const phys = fields.phys ?? fields.entries?.[0]?.phys ?? 0;
  const offset = fields.offset ?? phys - pageFloor(phys);
  const start = phys - offset;
  const entries = fields.entries ?? [];
  const isMemory = fields.form === 'page' || isList(fields.form);
  return {
    place: fields.place,
    device: fields.device,
    form: fields.form,
    call: fields.call ?? formName(fields.form),
    dir: fields.dir,
    attrs: fields.attrs ?? 0,
    dmaAddr: fields.dmaAddr,
    size: fields.size,
    segment: fields.segment ?? fields.size,
    phys,
    offset,
    entries,
    entrySource: fields.entrySource ?? 'recorded',
    listKey: fields.listKey ?? null,
    listEntries: fields.listEntries ?? null,
    runs: isMemory
      ? entries.length > 0
        ? runsOf(entries)
        : runOf(start, offset + fields.size)
      : [],
    maps: fields.maps ?? [],
    maySleep: fields.maySleep ?? false,
    failed: fields.failed ?? false,
    mappedNs: -Infinity,
    below: null,
    // Room for two lanes at once: an empty array grows to seventeen.
    held: [null, null],
    kept: -1,
  };
}

/** The call of these events was found. */
export function claimMaps(
  { counts, account, reconstruction }: Workbench,
  maps: readonly OpenMap[],
): void {
  counts.matchedMaps += maps.length;
  reconstruction.claim(maps);
  account?.iommu.claimMaps(maps);
}

export function claimUnmap(
  { counts, account, reconstruction }: Workbench,
  unmap: OpenIommuUnmap,
): void {
  counts.matchedUnmaps++;
  reconstruction.claimUnmap(unmap);
  account?.iommu.claimUnmap(unmap);
}

/**
 * Puts a mapping in force. What it takes the address of is unmapped: the line about it is still to come, or lost.
 * @param inPool it holds a slot of the pool
 */
export function putInForce(
  bench: Workbench,
  mapping: Mapping,
  event: EventHead,
  inPool = false,
): void {
  const { live, late, account } = bench;
  mapping.mappedNs = event.timeNs;
  if (late.size > 0) late.forgetOld(mapping.device, mapping.dmaAddr, event.timeNs);
  const below = live.add(mapping);
  const isTranslated = mapping.maps.length > 0 || mapping.phys !== mapping.dmaAddr;
  if (below && isTranslated) supersede(bench, below, event);
  account?.mapped(mapping, inPool);
}

function supersede(bench: Workbench, below: Mapping, event: EventHead): void {
  const { live, late, queue, account, contexts, file } = bench;
  live.remove(below);
  account?.superseded(below);
  const end = contexts.takeEndOf(...rangeOf(below), below.mappedNs);
  if (end) claimUnmap(bench, end.unmap);
  queue.push({
    ...stepHead(event, file),
    kind: 'unmap',
    ready: true,
    mapping: below,
    device: below.device,
    dir: below.dir,
    attrs: below.attrs,
    dmaAddr: below.dmaAddr,
    size: below.size,
    recorded: end ? [end.unmap] : [],
    decision: null,
    implied: !end,
  });
  late.add({
    mapping: below,
    context: end?.context ?? null,
    by: contexts.of(event),
    sinceNs: event.timeNs,
  });
}
