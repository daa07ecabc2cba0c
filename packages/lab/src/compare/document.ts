// SPDX-License-Identifier: GPL-2.0-only
// From the sessions of a replay to its JSON document.

import { addCounts, type DeviceCounts, newCounts } from '../drive/lane-figures';
import type { RecordedClock } from '../drive/recorded-clock';
import { RecordedFigures } from '../drive/recorded-figures';
import { sum } from '../show/sum';
import { type Compared, newAgreement } from './agreement';
import { captureSection } from './capture';
import { notesOf } from './notes';
import { policySections } from './policy-sections';
import { DECISION_KINDS, newPoolAgreement } from './pool-agreement';
import type {
  AgreementSection,
  PoolClassRow,
  PoolSection,
  RecordedSection,
  ReplayDocument,
  StateSection,
  TimerWheelRow,
  TraceSection,
} from './replay-document';
import type { SeriesState } from './series-state';
import type { Session, SessionOptions } from './session';
import { verdictOf } from './verdict';

/** False if a comparison found a difference that lost events cannot explain, or the port died. */
export function agrees(document: ReplayDocument): boolean {
  const { agreement, pool_agreement: pool, states } = document;
  return (
    agreement.mappings_compared - agreement.mappings_equal ===
      agreement.mappings_differing_with_losses &&
    (!pool ||
      (pool.decisions_equal === pool.decisions_compared && pool.decisions_of_port_only === 0)) &&
    states.every((state) => state.oops === null)
  );
}

/** Of the states that were asked for, though another one may have been run to compare with. */
export function documentOf(
  sessions: readonly Session[],
  { patches, mostDifferences, costs = null, counted = new Map() }: SessionOptions,
): ReplayDocument {
  const pool = poolSection(sessions, mostDifferences);
  const [first] = sessions;
  const paid = costs && first ? costs(first.recordedOn.iommu, first.driver) : null;
  return {
    verdict: paid && verdictOf(sessions, paid, counted),
    verdict_by_boot:
      sessions.length < 2
        ? []
        : sessions.map((session) => ({
            files: session.files.map(({ file }) => file),
            verdict: paid && verdictOf([session], paid, counted),
          })),
    pool_off: sessions.find((session) => session.poolOff !== null)?.poolOff ?? null,
    recorded_on: sessions.map((session) => session.recordedOn),
    driver: first?.driver ?? 'virtio',
    files: sessions.flatMap((session) => session.files.map(({ file }) => file)),
    boots: sessions.length,
    params: [...new Set(sessions.map((session) => session.params))],
    trace: traceSection(sessions),
    recorded: recordedSection(sessions),
    captures: sessions.map(captureSection),
    agreement: agreementSection(sessions, mostDifferences),
    ...(pool ? { pool_agreement: pool } : {}),
    pool_classes: sessions.flatMap(poolClasses),
    states: patches.map((one) => stateSection(sessions, one)),
    policies: policySections(sessions.map((session) => session.policies)),
    notes: notesOf(sessions),
  };
}

function traceSection(sessions: readonly Session[]): TraceSection {
  const counters = sessions.flatMap((session) => session.counters);
  const counts = sessions.map((session) => session.counts);
  return {
    events: sum(counters, (one) => one.events),
    unparsed: sum(counters, (one) => one.unparsed),
    dropped: sum(counters, (one) => one.dropped + one.lost),
    unpaired_unmaps: sum(counts, (one) => one.unpairedUnmaps),
    never_unmapped: sum(counts, (one) => one.stillMapped + one.superseded),
    lines: sum(counters, (one) => one.lines),
    map_calls: sum(counts, (one) => one.mapCalls),
    unmap_calls: sum(counts, (one) => one.unmapCalls),
    sync_calls: sum(counts, (one) => one.syncCalls),
    failed_calls: sum(counts, (one) => one.failedCalls),
    unpaired_syncs: sum(counts, (one) => one.unpairedSyncs),
    empty_frees: sum(counts, (one) => one.emptyFrees),
    pool_lines: sum(counts, (one) => one.poolLines),
  };
}

function recordedSection(sessions: readonly Session[]): RecordedSection {
  const counts = sessions.map((session) => session.counts);
  const figures = new RecordedFigures();
  for (const { survey } of sessions) figures.merge(survey.figures.rows());
  return {
    iommu_maps: sum(counts, (one) => one.iommuMaps),
    iommu_unmaps: sum(counts, (one) => one.iommuUnmaps),
    iommu_maps_without_call: sum(counts, (one) => one.iommuMaps - one.matchedMaps),
    iommu_unmaps_without_call: sum(counts, (one) => one.iommuUnmaps - one.matchedUnmaps),
    mappings: figures.rows(),
  };
}

function addCompared(to: Compared, from: Compared): void {
  to.compared += from.compared;
  to.equal += from.equal;
}

function addReasons(to: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [why, count] of Object.entries(from)) to[why] = (to[why] ?? 0) + count;
}

function agreementSection(sessions: readonly Session[], most: number): AgreementSection {
  const all = newAgreement();
  let withLosses = 0;
  for (const { agreement, counters } of sessions) {
    const { figures } = agreement;
    if (counters.some(({ dropped, lost }) => dropped + lost > 0))
      withLosses += figures.mappings_compared - figures.mappings_equal;
    all.mappings_recorded += figures.mappings_recorded;
    all.mappings_with_events += figures.mappings_with_events;
    all.mappings_compared += figures.mappings_compared;
    all.mappings_equal += figures.mappings_equal;
    addReasons(all.not_compared, figures.not_compared);
    addCompared(all.unmaps, figures.unmaps);
    addCompared(all.addresses, figures.addresses);
    addReasons(all.addresses.by_cause, figures.addresses.by_cause);
    addCompared(all.independent.number_of_chunks, figures.independent.number_of_chunks);
    addCompared(all.independent.physical_starts, figures.independent.physical_starts);
    addCompared(all.independent.total_length, figures.independent.total_length);
    addCompared(all.dependent.interior_lengths, figures.dependent.interior_lengths);
  }
  return {
    ...all,
    mappings_differing_with_losses: withLosses,
    states: [...new Set(sessions.map((session) => session.agreementState))].sort((a, b) => a - b),
    differences: sessions.flatMap(({ agreement }) => agreement.differences).slice(0, most),
  };
}

function poolSection(sessions: readonly Session[], most: number): PoolSection | null {
  const compared = sessions.filter((session) => session.pool !== null);
  if (compared.length === 0) return null;
  const all = newPoolAgreement();
  for (const { pool } of compared) {
    if (!pool) continue;
    const { figures } = pool;
    all.decisions_recorded += figures.decisions_recorded;
    all.decisions_compared += figures.decisions_compared;
    all.decisions_equal += figures.decisions_equal;
    all.decisions_of_port_only += figures.decisions_of_port_only;
    addReasons(all.not_compared, figures.not_compared);
    for (const kind of DECISION_KINDS) {
      all.by_kind[kind].recorded += figures.by_kind[kind].recorded;
      addCompared(all.by_kind[kind], figures.by_kind[kind]);
    }
    for (const name of [
      'recorded',
      'pending',
      'due_compared',
      'due_agrees',
      'due_same_jiffy',
    ] as const)
      all.worker_runs[name] += figures.worker_runs[name];
  }
  return {
    ...all,
    timer_wheels: compared.map(({ clock }) => timerWheel(clock)),
    differences: compared.flatMap(({ pool }) => pool?.differences ?? []).slice(0, most),
    in_use_before: compared.flatMap(({ initial }) =>
      initial.map((state) => ({
        device: state.device,
        class_size: state.classSize,
        slots_in_use: state.inUse.size,
        slots_cached: state.cached.length,
      })),
    ),
  };
}

function timerWheel(clock: RecordedClock): TimerWheelRow {
  const us = (ns: number | null): number | null => (ns === null ? null : Math.round(ns / 1000));
  return {
    hz: clock.hz,
    hz_from: clock.hzFrom,
    bucket_us: Math.round(clock.bucketNs / 1000),
    runs: clock.runs,
    phase_us: us(clock.phaseNs),
    spread_us: us(clock.spreadNs),
  };
}

function poolClasses(session: Session): PoolClassRow[] {
  const lane = session.lanes.find(({ patches }) => patches === 4)?.lane;
  const facts = session.files.find((one) => one.facts !== null)?.facts;
  if (!lane || !facts) return [];
  return facts.poolClasses.flatMap((row) => {
    const device = lane.port.devices.get(row.device);
    if (!device) return []; // it maps nothing in this recording
    const klass = device.pool?.classes.find((one) => one.buffer_size === row.size);
    const base = klass ? klass.iova_base : null;
    return {
      device: row.device,
      size: row.size,
      slots: row.slots,
      recorded_iova_base: row.iovaBase,
      port_iova_base: base,
      matches: base === row.iovaBase && klass?.slots.length === row.slots,
    };
  });
}

function stateSection(sessions: readonly Session[], patches: SeriesState): StateSection {
  const total = newCounts();
  const devices = new Map<string, DeviceCounts>();
  let kernel_warnings = 0;
  let sleeping_in_atomic = 0;
  let oops: StateSection['oops'] = null;
  for (const { lanes } of sessions) {
    const lane = lanes.find((one) => one.patches === patches)?.lane;
    if (!lane) continue;
    addCounts(total, lane.figures.total());
    for (const counts of lane.figures.devices()) {
      const all = devices.get(counts.device) ?? { device: counts.device, ...newCounts() };
      devices.set(counts.device, all);
      addCounts(all, counts);
    }
    kernel_warnings += lane.k.log.warnings;
    sleeping_in_atomic += lane.k.log.sleeping_in_atomic;
    oops ??= lane.oops;
  }
  const sorted = [...devices.values()].sort((a, b) => (a.device < b.device ? -1 : 1));
  return { patches, ...total, devices: sorted, kernel_warnings, sleeping_in_atomic, oops };
}
