// SPDX-License-Identifier: GPL-2.0-only
// A policy over all captures: the rows of the boots, put together.

import {
  type CaptureDeviceRow,
  type CapturePolicyRow,
  type CaptureReach,
  type LockFigures,
  type OccupancyCurve,
  type StaleCurve,
  addCaptureCounts,
} from '@iommu-bounce/simulation';
import { sum } from '../show/sum';

/**
 * One policy over all captures: a machine for each boot. Sums over the boots, of devices and locks by name; peaks and
 * windows are the largest.
 */
export interface PolicySection extends Omit<
  CapturePolicyRow,
  'bounce_over_time' | 'stale_over_time'
> {
  /** One for each boot. */
  readonly bounce_over_time: OccupancyCurve[];
  /** One for each boot; null: all memory can always be reached. */
  readonly stale_over_time: StaleCurve[] | null;
}

type Rows<Row> = readonly [Row, ...Row[]];

/** @param boots the rows of each boot, in the order of the policies */
export function policySections(boots: readonly (readonly CapturePolicyRow[])[]): PolicySection[] {
  const [first = []] = boots;
  return first.map((_, i) => merged(boots.flatMap((rows) => rows[i] ?? [])));
}

function merged(rows: readonly CapturePolicyRow[]): PolicySection {
  const all = rows as Rows<CapturePolicyRow>;
  const [first] = all;
  const bounce_over_time = rows.map((row) => row.bounce_over_time);
  const stale = rows.flatMap((row) => row.stale_over_time ?? []);
  const stale_over_time = stale.length > 0 ? stale : null;
  if (rows.length === 1) return { ...first, bounce_over_time, stale_over_time };
  return {
    ...counted(all),
    ...reached(all.map((row) => ({ row, elapsed: row.elapsed_ns }))),
    ...{ bounce_over_time, stale_over_time },
    background_seconds: sum(rows, (row) => row.background_seconds),
    lock_wait_seconds: sum(rows, (row) => row.lock_wait_seconds),
    elapsed_ns: sum(rows, (row) => row.elapsed_ns),
    still_mapped: sum(rows, (row) => row.still_mapped),
    locks: byName(rows.flatMap(numberedLocks), ({ key }) => key).map(mergedLock),
    devices: byName(
      rows.flatMap(({ devices, elapsed_ns: elapsed }) => devices.map((row) => ({ row, elapsed }))),
      ({ row }) => row.device,
    ).map(mergedDevice),
    leaks: rows.flatMap((row) => row.leaks),
    invariants: rows.flatMap((row) => row.invariants),
  };
}

/** A device of the same name in several boots; its addresses are those where holes took most. */
function mergedDevice(all: Rows<{ row: CaptureDeviceRow; elapsed: number }>): CaptureDeviceRow {
  const rows = all.map(({ row }) => row) as unknown as Rows<CaptureDeviceRow>;
  const [first] = rows;
  if (rows.length === 1) return first;
  const iova = rows
    .map((row) => row.iova)
    .reduce((most, one) => (one && (!most || one.fragmentation > most.fragmentation) ? one : most));
  return { ...counted(rows), ...reached(all), iova };
}

/** A boot can have several locks of one name: the nth of each boot are put together. */
function numberedLocks({ locks }: CapturePolicyRow): { key: string; lock: LockFigures }[] {
  return locks.map((lock, i) => {
    const nth = locks.slice(0, i).filter(({ name }) => name === lock.name).length;
    return { key: `${lock.name} ${String(nth)}`, lock };
  });
}

function mergedLock(all: Rows<{ lock: LockFigures }>): LockFigures {
  const locks = all.map(({ lock }) => lock);
  return {
    name: all[0].lock.name,
    taken: sum(locks, (lock) => lock.taken),
    waits: sum(locks, (lock) => lock.waits),
    wait_ns: sum(locks, (lock) => lock.wait_ns),
    longest_wait_ns: Math.max(...locks.map((lock) => lock.longest_wait_ns)),
    held_ns: sum(locks, (lock) => lock.held_ns),
  };
}

/** The first row with the counts and CPU time of all. */
function counted<Row extends CapturePolicyRow | CaptureDeviceRow>(rows: Rows<Row>): Row {
  const [first, ...others] = rows;
  const total = { ...first, fallbacks_by_reason: { ...first.fallbacks_by_reason } };
  for (const row of others) addCaptureCounts(total, row);
  return { ...total, cpu_seconds: sum(rows, (row) => row.cpu_seconds) };
}

/** The largest of what was held and reached; on average over the time that the boots took, or over their unmaps. */
function reached(
  all: readonly { row: CaptureReach & { unmap_calls: number }; elapsed: number }[],
): CaptureReach {
  const rows = all.map(({ row }) => row);
  const most = (of: (row: CaptureReach) => number): number => Math.max(...rows.map(of));
  const translated = rows[0]?.stale_max_ns !== null;
  const unmaps = Math.max(
    1,
    sum(rows, (row) => row.unmap_calls),
  );
  const elapsed = Math.max(
    1,
    sum(all, (one) => one.elapsed),
  );
  return {
    peak_bounce_bytes: most((row) => row.peak_bounce_bytes),
    mean_bounce_bytes: sum(all, ({ row, elapsed: ns }) => row.mean_bounce_bytes * ns) / elapsed,
    stale_max_ns: translated ? most((row) => row.stale_max_ns ?? 0) : null,
    stale_mean_ns: translated
      ? sum(rows, (row) => (row.stale_mean_ns ?? 0) * row.unmap_calls) / unmaps
      : null,
    stale_contents_max_ns: most((row) => row.stale_contents_max_ns),
  };
}

/** In the order in which names come first. */
function byName<Row>(rows: readonly Row[], name: (row: Row) => string): Rows<Row>[] {
  const found = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const same = found.get(name(row));
    if (same) same.push(row);
    else found.set(name(row), [row]);
  }
  return [...found.values()];
}
