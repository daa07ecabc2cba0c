// SPDX-License-Identifier: GPL-2.0-only
// What a replay executes: DMA API calls and pool decisions, put together from the lines of a trace.

import type { dma_data_direction } from '@iommu-bounce/linux-shim';
import type { MapPage } from '../events';

/**
 * Which pair of DMA API calls a mapping belongs to. `iova`: dma_iova_link and dma_iova_destroy. `reconstructed`: none
 * that the capture shows, only iommu:* events.
 */
export type CallForm =
  | 'page'
  | 'resource'
  | 'sg'
  | 'coherent'
  | 'pages'
  | 'noncontiguous'
  | 'iova'
  | 'reconstructed';

/** The map call of each pair, as a driver's author knows it; of `page` and `resource`, the name until Linux 6.17. */
const MAP_CALLS: Readonly<Record<CallForm, string>> = {
  page: 'dma_map_page',
  resource: 'dma_map_resource',
  sg: 'dma_map_sg',
  coherent: 'dma_alloc_coherent',
  pages: 'dma_alloc_pages',
  noncontiguous: 'dma_alloc_noncontiguous',
  iova: 'dma_iova_link',
  reconstructed: 'iommu_map',
};

export const formName = (form: CallForm): string => MAP_CALLS[form];

/** The same as the recorded kernel names it: `phys` has taken the place of two others in Linux 6.18. */
export function mapCallOf({ call, resource }: Pick<MapPage, 'call' | 'resource'>): string {
  if (call !== 'phys') return formName(call);
  return resource ? 'dma_map_phys (MMIO)' : 'dma_map_phys';
}

/** One recorded iommu:map. */
export interface RecordedMap {
  readonly iova: number;
  readonly paddr: number;
  readonly size: number;
}

/** One recorded iommu:unmap. */
export interface RecordedUnmap {
  readonly iova: number;
  readonly size: number;
  readonly unmapped: number;
}

/** An input entry of a scatterlist, at its recorded physical address. */
export interface SgEntry {
  readonly phys: number;
  readonly length: number;
}

/**
 * Where the lengths of a scatterlist's entries come from. `recorded`: the trace has them. `chunks`: found with the
 * iommu:map events of the call. `layout`: there were none, so only the addresses and the total are known.
 * `unfitting`: the events do not fit the addresses. `partial`: the same, where the trace begins or has a gap.
 * `cut`: the tracer did not print the whole list. `reconstructed`: they are the iommu:map events themselves.
 */
export type EntrySource =
  | 'recorded'
  | 'chunks'
  | 'layout'
  | 'unfitting'
  | 'partial'
  | 'cut'
  | 'reconstructed';

/** A run of whole pages that lie behind each other in the recorded machine's memory. */
export interface PhysRun {
  /** Recorded physical address, page aligned. */
  readonly phys: number;
  readonly pages: number;
}

/** One mapping as recorded. */
export interface Mapping {
  /** `file:line` of the call. */
  readonly place: Place;
  readonly device: string;
  readonly form: CallForm;
  /** The map call by the name that the recorded kernel gives it. */
  readonly call: string;
  readonly dir: dma_data_direction;
  readonly attrs: number;
  readonly dmaAddr: number;
  /** Bytes; of a list, all entries together. */
  readonly size: number;
  /** Bytes of its longest DMA segment. */
  readonly segment: number;
  /** Where the data lies; of a list, its first entry. */
  readonly phys: number;
  /** Offset into the page handed to the call; may exceed a page. */
  readonly offset: number;
  readonly entries: readonly SgEntry[];
  readonly entrySource: EntrySource;
  /** The physical addresses by which dma_unmap_sg will name it, see listKey(); null where unmaps print the DMA address. */
  readonly listKey: string | null;
  /** Entries that were given to dma_map_sg, also those that the tracer did not print; null where there is no listKey. */
  readonly listEntries: number | null;
  readonly runs: readonly PhysRun[];
  /** iommu:map events of this call. */
  readonly maps: readonly RecordedMap[];
  /** The call may sleep (coherent memory only). */
  readonly maySleep: boolean;
  /** The recorded call failed. */
  readonly failed: boolean;
  /** When it was put in force; -Infinity before. */
  mappedNs: number;
  /** The mapping below this one at the same address, where nothing is translated. */
  below: Mapping | null;
  /** What each lane holds for it. */
  readonly held: (object | null)[];
  /** Its number among the mappings in force while steps are kept; -1: none. */
  kept: number;
}

export interface Place {
  readonly file: string;
  readonly line: number;
}

interface StepBase {
  readonly place: Place;
  readonly timeNs: number;
  readonly cpu: number;
  readonly flags: string;
  /** False while a later line still belongs to it. */
  ready: boolean;
}

/** What the real pool decided for a mapping. */
export interface MapDecision {
  readonly kind: 'take' | 'full' | 'tooBig';
  readonly place: Place;
  readonly from: 'cache' | 'empty' | null;
  readonly classSize: number;
  readonly slot: number;
  /** The slot by all that its lines say, should one of them differ from the others. */
  likelySlot: number;
  readonly prot: number;
  /** Bytes that the class was chosen by; 0 until known. */
  size: number;
  fill: { readonly place: Place; readonly slot: number; readonly classSize: number } | null;
  fillMaps: RecordedMap[];
  map: { readonly place: Place; readonly slot: number; readonly classSize: number } | null;
}

export interface MapStep extends StepBase {
  readonly kind: 'map';
  mapping: Mapping | null;
  readonly decision: MapDecision | null;
}

export interface UnmapDecision {
  readonly place: Place;
  readonly classSize: number;
  readonly slot: number;
  readonly likelySlot: number;
  readonly prot: number;
}

export interface UnmapStep extends StepBase {
  readonly kind: 'unmap';
  /** Null: mapped before the recording. */
  mapping: Mapping | null;
  readonly device: string;
  readonly dir: dma_data_direction;
  readonly attrs: number;
  /** As recorded; of a list, its first address. */
  readonly dmaAddr: number;
  readonly size: number;
  /** iommu:unmap events of this call. */
  recorded: RecordedUnmap[];
  readonly decision: UnmapDecision | null;
  /** Not in the trace: the address was mapped again. */
  readonly implied: boolean;
}

export interface SyncStep extends StepBase {
  readonly kind: 'sync';
  readonly mapping: Mapping;
  readonly forCpu: boolean;
  readonly dir: dma_data_direction;
  /** Bytes into the mapping, and how many; a list is synced whole. */
  readonly offset: number;
  readonly size: number;
}

/** The eviction worker began; `run` numbers its runs within the boot. */
export interface EvictRunStep extends StepBase {
  readonly kind: 'evictRun';
  readonly run: number;
  readonly teardown: boolean;
}

/** A step of a run: the slot was chosen, its pages were freed, it was put on the empty list. */
export interface EvictSlotStep extends StepBase {
  readonly kind: 'evictTake' | 'evictFree' | 'evictRelease';
  readonly run: number | null;
  readonly classSize: number;
  readonly slot: number;
  readonly prot: number | null;
}

export type Step = MapStep | UnmapStep | SyncStep | EvictRunStep | EvictSlotStep;

/** Calls that ask the pool: dma_alloc_pages maps its pages like any others. */
export function asksPool(form: CallForm): boolean {
  return form === 'page' || form === 'pages' || isList(form);
}

/** Whether the recorded pool had a slot, and no memory to make its buffer. */
export function fillFailed(decision: MapDecision | null): boolean {
  return decision?.kind === 'take' && decision.from === 'empty' && !decision.fill && !decision.map;
}

/** Bytes that a buffer has to hold: the pool keeps the offset of a page, but not that of a list. */
export function pooledBytes({
  form,
  offset,
  size,
}: Pick<Mapping, 'form' | 'offset' | 'size'>): number {
  return form === 'page' ? offset + size : size;
}

/** What consists of pieces: the nearest that the ported kernel has is dma_map_sg. */
export function isList(form: CallForm): form is 'sg' | 'iova' | 'reconstructed' {
  return form === 'sg' || form === 'iova' || form === 'reconstructed';
}

/** Of the recorded machine, in bytes. */
export const PAGE = 4096;

export function pageFloor(n: number): number {
  return n - (n % PAGE);
}

export function pageCeil(n: number): number {
  return pageFloor(n + PAGE - 1);
}

/** The pages that a mapping has in the IOMMU. */
export function rangeOf(mapping: Mapping): [number, number] {
  return [rangeStart(mapping), rangeEnd(mapping)];
}

/** Where they begin. */
export function rangeStart({ maps, dmaAddr }: Mapping): number {
  return maps[0]?.iova ?? pageFloor(dmaAddr);
}

/** Where they end. */
export function rangeEnd({ maps, dmaAddr, size }: Mapping): number {
  const last = maps[maps.length - 1];
  return last ? last.iova + last.size : pageCeil(dmaAddr + size);
}

/** Whether an address lies in the pages of a mapping; those of a list reach as far as its iommu:map events. */
export function holds(mapping: Mapping, address: number): boolean {
  const { dmaAddr, size } = mapping;
  if (address >= pageFloor(dmaAddr) && address < pageCeil(dmaAddr + size)) return true;
  const [start, end] = rangeOf(mapping);
  return address >= start && address < end;
}

export function showPlace(place: Place): string {
  return `${place.file}:${String(place.line)}`;
}
