// SPDX-License-Identifier: GPL-2.0-only
// The plain path: what the port did at iommu:map and iommu:unmap, compared with what the trace recorded there.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import {
  type RecordedMap,
  type Mapping,
  type MapStep,
  type RecordedUnmap,
  type UnmapStep,
  isList,
  pageFloor,
  showPlace,
} from '@iommu-bounce/dma-trace';
import type { LaneObserver } from '../drive/lane';
import type { LaneMapping } from '../drive/lane-mapping';
import type { MapOutcome } from '../drive/map-outcome';
import { hex } from '../show/format';
import { AddressAgreement, type AddressFigures, newAddresses } from './address-agreement';

export interface Difference {
  /** `file:line`. */
  readonly place: string;
  /** The device's name. */
  readonly device: string;
  /** The call or decision. */
  readonly what: string;
  /** What was recorded. */
  readonly recorded: string;
  /** What the port did. */
  readonly port: string;
}

/** How many, and of how many that could be compared. */
export interface Compared {
  /** Those that could be compared. */
  compared: whole_number;
  /** Of these, those that agree. */
  equal: whole_number;
}

export interface AgreementFigures {
  /** Mappings that did not fail. */
  mappings_recorded: whole_number;
  /** Of these, those with an iommu:map event of their own. */
  mappings_with_events: whole_number;
  /** Of these, those that could be compared. */
  mappings_compared: whole_number;
  /** Of these, those that the port made alike. */
  mappings_equal: whole_number;
  /** Mappings that were not, by the reason. */
  not_compared: Record<string, whole_number>;
  /** Unmaps of compared mappings. */
  unmaps: Compared;
  /** Addresses themselves, of mappings compared: the port's IOVA allocator beside the recorded one. */
  addresses: AddressFigures;
  /** Do not depend on how the lengths of list entries were found. */
  independent: {
    /** How many iommu:map events a mapping has. */
    number_of_chunks: Compared;
    /** Where each begins in memory. */
    physical_starts: Compared;
    /** How long they are together. */
    total_length: Compared;
  };
  /** Does, for lists of more than one entry without recorded lengths. */
  dependent: {
    /** How long each of them is. */
    interior_lengths: Compared;
  };
}

export class Agreement implements LaneObserver {
  readonly figures: AgreementFigures = newAgreement();
  readonly differences: Difference[] = [];
  private readonly addresses = new AddressAgreement(this.figures.addresses);

  /**
   * @param most differences kept
   * @param nothing why nothing is compared; null: what can be compared is
   */
  constructor(
    private readonly most: number,
    private readonly nothing: string | null = null,
  ) {}

  mapped(step: MapStep, mapping: Mapping, outcome: MapOutcome): void {
    if (mapping.failed) return;
    const { figures } = this;
    figures.mappings_recorded++;
    const fill = step.decision?.fillMaps ?? [];
    const isFill = mapping.maps.length === 0 && fill.length > 0;
    const recorded = isFill && outcome.device.pool ? fill : mapping.maps;
    if (recorded.length > 0) figures.mappings_with_events++;
    const why = this.nothing ?? reasonNot(step, mapping, recorded);
    this.addresses.mapped(step, mapping, outcome, why === null);
    if (why !== null) {
      this.notCompared(why);
      return;
    }
    figures.mappings_compared++;
    const base = isFill ? (recorded[0]?.iova ?? 0) : pageFloor(mapping.dmaAddr);
    const slotBase = outcome.slot
      ? outcome.slot.klass.iova_base + outcome.slot.slot * outcome.slot.classSize
      : 0;
    const portBase = isFill ? slotBase : pageFloor(outcome.addr);
    const { maps, held } = outcome;
    const by = portBase - base;
    held.compared = true;
    // Pages that the call allocates are the allocator's choice: only what they cover together can agree.
    const isAllocated = isFill || !hasRecordedMemory(mapping);
    // Events that no list with these addresses can have caused differ from whatever the port does.
    held.equal =
      outcome.ok &&
      mapping.entrySource !== 'unfitting' &&
      (isAllocated
        ? cover(relative(maps, portBase)) === cover(relative(recorded, base))
        : same(maps, recorded, by));
    if (!isAllocated) this.details(mapping, maps, recorded, by);
    if (held.equal) figures.mappings_equal++;
    else
      this.differ(step, mapping.device, `${mapping.form} map`, {
        recorded: show(relative(recorded, base)),
        port: outcome.ok ? show(relative(maps, portBase)) : 'the call failed',
      });
  }

  unmapped(step: UnmapStep, held: LaneMapping, unmaps: readonly RecordedUnmap[]): void {
    const recorded = step.recorded[0];
    const { mapping } = step;
    this.addresses.unmapped(step.device, step.dmaAddr, step.cpu);
    // What went through the pool has no unmap of its own; what was not compared has nothing to be measured against.
    if (!mapping || !recorded || !held.compared || mapping.maps.length === 0) return;
    const { figures } = this;
    figures.unmaps.compared++;
    const base = pageFloor(mapping.dmaAddr);
    const portBase = pageFloor(held.addr);
    if (sameUnmaps(unmaps, step.recorded, portBase - base)) figures.unmaps.equal++;
    else {
      this.differ(step, mapping.device, `${mapping.form} unmap`, {
        recorded: showUnmaps(moved(step.recorded, base)),
        port: showUnmaps(moved(unmaps, portBase)),
      });
      if (held.equal) figures.mappings_equal--;
      held.equal = false;
    }
  }

  skipped(step: MapStep | UnmapStep): void {
    if (step.kind === 'unmap') this.addresses.unmapped(step.device, step.dmaAddr, step.cpu);
    if (step.kind !== 'map' || !step.mapping || step.mapping.failed) return;
    this.figures.mappings_recorded++;
    this.notCompared('not driven: its device is not known');
  }

  private notCompared(why: string): void {
    const { not_compared } = this.figures;
    not_compared[why] = (not_compared[why] ?? 0) + 1;
  }

  private details(
    mapping: Mapping,
    ours: readonly RecordedMap[],
    theirs: readonly RecordedMap[],
    by: number,
  ): void {
    const { independent, dependent } = this.figures;
    const asMany = ours.length === theirs.length;
    count(independent.number_of_chunks, asMany);
    count(independent.physical_starts, asMany && sameStarts(ours, theirs));
    count(independent.total_length, total(ours) === total(theirs));
    if (mapping.entrySource === 'chunks' && mapping.entries.length > 1)
      count(dependent.interior_lengths, asMany && sameLengths(ours, theirs, by));
  }

  private differ(
    step: MapStep | UnmapStep,
    device: string,
    what: string,
    said: Pick<Difference, 'recorded' | 'port'>,
  ): void {
    if (this.differences.length < this.most)
      this.differences.push({ place: showPlace(step.place), device, what, ...said });
  }
}

export function newAgreement(): AgreementFigures {
  const none = (): Compared => ({ compared: 0, equal: 0 });
  return {
    mappings_recorded: 0,
    mappings_with_events: 0,
    mappings_compared: 0,
    mappings_equal: 0,
    not_compared: {},
    unmaps: none(),
    addresses: newAddresses(),
    independent: { number_of_chunks: none(), physical_starts: none(), total_length: none() },
    dependent: { interior_lengths: none() },
  };
}

/** Whether what is mapped lies where the trace says, or where the port's page allocator put it. */
function hasRecordedMemory({ form }: Mapping): boolean {
  return form === 'page' || form === 'resource' || isList(form);
}

function reasonNot(
  step: MapStep,
  mapping: Mapping,
  recorded: readonly RecordedMap[],
): string | null {
  if (mapping.entrySource === 'reconstructed')
    return 'reconstructed from the iommu:* events that it would be compared with';
  if (mapping.entrySource === 'cut') return 'the tracer cut the list short';
  if (mapping.entrySource === 'partial') return 'the trace begins or has a gap within its events';
  if (recorded.length > 0) return null;
  return step.decision?.kind === 'take'
    ? 'went through a pool slot that was mapped already: no iommu:map event'
    : 'no iommu:map event beside it';
}

function moved(unmaps: readonly RecordedUnmap[], base: number): RecordedUnmap[] {
  return unmaps.map(({ iova, size, unmapped }) => ({ iova: iova - base, size, unmapped }));
}

function relative(maps: readonly RecordedMap[], base: number): RecordedMap[] {
  return maps.map(({ iova, paddr, size }) => ({ iova: iova - base, paddr, size }));
}

function count(of: Compared, equal: boolean): void {
  of.compared++;
  if (equal) of.equal++;
}

function total(maps: readonly RecordedMap[]): number {
  let bytes = 0;
  for (const { size } of maps) bytes += size;
  return bytes;
}

// These compare what every call did: without a copy of it, and without a closure. `by` is how much higher the first lie.

function same(a: readonly RecordedMap[], b: readonly RecordedMap[], by: number): boolean {
  return a.length === b.length && sameStarts(a, b) && sameLengths(a, b, by);
}

/** Of as many. */
function sameStarts(a: readonly RecordedMap[], b: readonly RecordedMap[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i]?.paddr !== b[i]?.paddr) return false;
  return true;
}

/** Of as many. */
function sameLengths(a: readonly RecordedMap[], b: readonly RecordedMap[], by: number): boolean {
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i] as RecordedMap, b[i] as RecordedMap];
    if (one.size !== other.size || one.iova - by !== other.iova) return false;
  }
  return true;
}

function sameUnmaps(a: readonly RecordedUnmap[], b: readonly RecordedUnmap[], by: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i] as RecordedUnmap, b[i] as RecordedUnmap];
    const isSame = one.iova - by === other.iova && one.size === other.size;
    if (!isSame || one.unmapped !== other.unmapped) return false;
  }
  return true;
}

/** The gapless range that maps cover, as text. */
function cover(maps: readonly RecordedMap[]): string {
  let end = maps[0]?.iova ?? 0;
  for (const map of maps) {
    if (map.iova !== end) return show(maps);
    end += map.size;
  }
  return `${String(maps[0]?.iova)}..${String(end)}`;
}

const SHOWN = 6;

/** From the begin of the mapping on. */
function at({ iova }: { readonly iova: number }): string {
  return iova < 0 ? hex(iova) : `+${hex(iova)}`;
}

function show(maps: readonly RecordedMap[]): string {
  if (maps.length === 0) return 'no iommu:map';
  const some = maps.slice(0, SHOWN).map((c) => `${at(c)} ${String(c.size)} B at ${hex(c.paddr)}`);
  const rest = maps.length > SHOWN ? `, … (${String(maps.length)} in all)` : '';
  return some.join(', ') + rest;
}

function showUnmaps(unmaps: readonly RecordedUnmap[]): string {
  if (unmaps.length === 0) return 'no iommu:unmap';
  return unmaps
    .slice(0, SHOWN)
    .map((u) => `${at(u)} ${String(u.size)} B (${String(u.unmapped)} unmapped)`)
    .join(', ');
}
