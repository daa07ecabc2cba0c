// SPDX-License-Identifier: GPL-2.0-only
// What the port's pool decided, compared with what the real one did: each line that the patched kernel printed.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import {
  type EvictSlotStep,
  type MapDecision,
  type Mapping,
  type MapStep,
  type Place,
  type RecordedUnmap,
  type UnmapStep,
  showPlace,
} from '@iommu-bounce/dma-trace';
import type { Difference } from './agreement';
import type { EvictionObserver, WorkerRuns } from '../drive/eviction';
import type { LaneObserver } from '../drive/lane';
import type { MapOutcome } from '../drive/map-outcome';
import type { SlotPlace } from '../drive/port-machine';
import type { RestatedSlots } from './restated';
import type { Held } from '@iommu-bounce/simulation';

export const DECISION_KINDS = [
  'take from cache',
  'take from empty',
  'fill',
  'map',
  'full',
  'too big',
  'unmap',
  'evict take',
  'evict',
  'evict release',
] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

export interface KindFigures {
  /** Decisions of the recorded pool. */
  recorded: whole_number;
  /** Of these, those that could be compared. */
  compared: whole_number;
  /** Of these, those that the port made alike. */
  equal: whole_number;
}

export interface PoolAgreementFigures {
  /** Lines in which the recorded pool tells a decision. */
  decisions_recorded: whole_number;
  /** Of these, those that could be compared. */
  decisions_compared: whole_number;
  /** Of these, those that the port made alike, slot for slot. */
  decisions_equal: whole_number;
  /** Decisions of the port that the real pool did not make. */
  decisions_of_port_only: whole_number;
  /** The same by kind of decision. */
  by_kind: Record<DecisionKind, KindFigures>;
  /** Decisions that were not, by the reason. */
  not_compared: Record<string, whole_number>;
  /** Runs of the eviction worker. */
  worker_runs: WorkerRuns;
}

export function newPoolAgreement(): PoolAgreementFigures {
  const none = (): KindFigures => ({ recorded: 0, compared: 0, equal: 0 });
  return {
    decisions_recorded: 0,
    decisions_compared: 0,
    decisions_equal: 0,
    decisions_of_port_only: 0,
    by_kind: Object.fromEntries(DECISION_KINDS.map((kind) => [kind, none()])) as Record<
      DecisionKind,
      KindFigures
    >,
    not_compared: {},
    worker_runs: { recorded: 0, pending: 0, due_compared: 0, due_agrees: 0, due_same_jiffy: 0 },
  };
}

const NO_CALL = 'its DMA API call is not in the trace';
const RUN_BEFORE = 'the run of the worker began before the recording';
const NO_MAP = 'mapped before the recording, and the slot is not known';

export class PoolAgreement implements LaneObserver, EvictionObserver {
  readonly figures = newPoolAgreement();
  readonly differences: Difference[] = [];

  /**
   * @param restated knows the decisions that only repeat what was assumed of the state before the recording
   * @param most differences kept
   */
  constructor(
    private readonly restated: RestatedSlots,
    private readonly most: number,
  ) {}

  get workerRuns(): WorkerRuns {
    return this.figures.worker_runs;
  }

  mapped(step: MapStep, mapping: Mapping, outcome: MapOutcome): void {
    const { decision } = step;
    if (!decision) return;
    const { device } = mapping;
    const got = describe(outcome);
    if (decision.kind === 'tooBig') {
      this.compare('too big', decision.place, device, 'too big', got);
      return;
    }
    if (decision.kind === 'full') {
      const expected = `class ${String(decision.classSize)} full`;
      const why = expected === got ? this.restated.full(device, decision.classSize) : null;
      if (why !== null) this.leave('full', why);
      else this.compare('full', decision.place, device, expected, got);
      return;
    }
    this.took(step, decision, device, outcome, got);
  }

  private took(
    step: MapStep,
    decision: MapDecision,
    device: string,
    outcome: MapOutcome,
    got: string,
  ): void {
    const why = this.restated.take(device, decision.classSize, decision.likelySlot, decision.from);
    const kind = decision.from === 'cache' ? 'take from cache' : 'take from empty';
    const failed = decision.from === 'empty' && !decision.fill && !decision.map;
    // A line that contradicts the others of its call repeats no assumption.
    const repeats = (said: number): boolean => said === decision.likelySlot;
    if (why !== null && repeats(decision.slot)) this.leave(kind, why);
    else {
      const expected = failed
        ? `class ${String(decision.classSize)} slot ${String(decision.slot)} fill failed`
        : `class ${String(decision.classSize)} slot ${String(decision.slot)} from ${decision.from ?? ''}`;
      this.compare(kind, step.place, device, expected, got);
    }
    const { fill, map } = decision;
    const slot = outcome.slot ? showSlot(outcome.slot.classSize, outcome.slot.slot) : got;
    if (fill) {
      if (why !== null && repeats(fill.slot)) this.leave('fill', why);
      else
        this.compare(
          'fill',
          fill.place,
          device,
          `fill ${showSlot(fill.classSize, fill.slot)}`,
          outcome.filled ? `fill ${slot}` : `no fill (${got})`,
        );
    } else if (map && outcome.filled) this.portOnly(map.place, device, 'fill', `fill ${slot}`);
    if (map) {
      if (why !== null && repeats(map.slot)) this.leave('map', why);
      else this.compare('map', map.place, device, showSlot(map.classSize, map.slot), slot);
    } else if (fill && outcome.slot) this.portOnly(fill.place, device, 'map', slot);
  }

  unmapped(
    step: UnmapStep,
    _held: Held,
    _unmaps: readonly RecordedUnmap[],
    slot: SlotPlace | null,
  ): void {
    const { decision } = step;
    if (!decision) return;
    const why = this.restated.unmap(step.device, decision.classSize, decision.likelySlot);
    if (why !== null && decision.slot === decision.likelySlot) this.leave('unmap', why);
    else
      this.compare(
        'unmap',
        decision.place,
        step.device,
        showSlot(decision.classSize, decision.slot),
        slot ? showSlot(slot.classSize, slot.slot) : 'no slot of the pool',
      );
  }

  skipped(step: MapStep | UnmapStep): void {
    const { decision } = step;
    if (!decision) return;
    if (step.kind === 'unmap') {
      this.leave('unmap', NO_MAP);
      return;
    }
    const kinds = { take: 'take from cache', full: 'full', tooBig: 'too big' } as const;
    const { kind, from, fill, map } = step.decision ?? {
      kind: 'full',
      from: null,
      fill: null,
      map: null,
    };
    this.leave(from === 'empty' ? 'take from empty' : kinds[kind], NO_CALL);
    if (fill) this.leave('fill', NO_CALL);
    if (map) this.leave('map', NO_CALL);
  }

  /** A step of the eviction worker; `got` is the port's slot, null if the port did not get there. */
  evict(step: EvictSlotStep, device: string, got: SlotPlace | null): void {
    const kinds = {
      evictTake: 'evict take',
      evictFree: 'evict',
      evictRelease: 'evict release',
    } as const;
    const kind = kinds[step.kind];
    const why = this.restated.evict(device, step.classSize, step.slot, step.kind);
    if (why !== null) this.leave(kind, why);
    else if (step.run === null) this.leave(kind, RUN_BEFORE);
    else
      this.compare(
        kind,
        step.place,
        device,
        showSlot(step.classSize, step.slot),
        got ? showSlot(got.classSize, got.slot) : 'not evicted',
      );
  }

  /** The port evicted a slot that the real pool kept. */
  extraEviction(place: Place, device: string, got: SlotPlace): void {
    this.portOnly(place, device, 'evict take', showSlot(got.classSize, got.slot));
  }

  /** The port decided something that no line of the recording tells of. */
  private portOnly(place: Place, device: string, kind: DecisionKind, port: string): void {
    this.figures.decisions_of_port_only++;
    this.differ(place, device, kind, 'nothing', port);
  }

  private compare(
    kind: DecisionKind,
    place: Place,
    device: string,
    recorded: string,
    port: string,
  ): void {
    const { figures } = this;
    figures.decisions_recorded++;
    figures.decisions_compared++;
    figures.by_kind[kind].recorded++;
    figures.by_kind[kind].compared++;
    if (recorded === port) {
      figures.decisions_equal++;
      figures.by_kind[kind].equal++;
    } else this.differ(place, device, kind, recorded, port);
  }

  private leave(kind: DecisionKind, why: string): void {
    this.figures.decisions_recorded++;
    this.figures.by_kind[kind].recorded++;
    this.figures.not_compared[why] = (this.figures.not_compared[why] ?? 0) + 1;
  }

  private differ(place: Place, device: string, what: string, recorded: string, port: string): void {
    if (this.differences.length < this.most)
      this.differences.push({ place: showPlace(place), device, what, recorded, port });
  }
}

function showSlot(classSize: number, slot: number): string {
  return `class ${String(classSize)} slot ${String(slot)}`;
}

function describe(outcome: MapOutcome): string {
  const { slot, fallback, classSize } = outcome;
  if (slot)
    return `${showSlot(slot.classSize, slot.slot)} from ${outcome.filled ? 'empty' : 'cache'}`;
  switch (fallback) {
    case 'too_big':
      return 'too big';
    case 'full':
      return `class ${String(classSize)} full`;
    case 'fill_failed':
      return `${showSlot(classSize, outcome.failedSlot)} fill failed`;
    default:
      return 'no pool';
  }
}
