// SPDX-License-Identifier: GPL-2.0-only
// The figures of a capture's run, and what must hold of them.

import type { Platform } from '../policies';
import {
  type Invariant,
  type Occupancy,
  atMost,
  equal,
  lockFigures,
  lockInvariants,
  same,
} from '../sim';
import {
  type CaptureCounts,
  type CaptureDevice,
  type CaptureDomain,
  addCaptureCounts,
  noCounts,
} from './capture-device';
import type { CaptureRun } from './capture-run';
import type { CaptureDeviceRow, CapturePolicyRow, StaleCurve } from './document';

const S = 1e9;

/** Ends the run: its figures, then what is left of it when everything is unmapped. */
export function captureFigures(run: CaptureRun, platform: Platform): CapturePolicyRow {
  run.finish();
  const { policy, recorded, seen, calls, held } = run;
  const { machine, devices, domains } = recorded;
  const { meter } = machine;
  const { ledger } = meter;
  const elapsed = calls.order.order.now;
  const total = noCounts();
  for (const { counts } of devices.values()) addCaptureCounts(total, counts);
  const still = held.size;
  const lockWait = ledger.ofCause('lockWait');
  const figures = {
    policy: policy.name,
    patches: policy.patches,
    what_if: policy.whatIf(platform),
    ...total,
    cpu_seconds: ledger.total() / S,
    background_seconds: ledger.ofPhase('background') / S,
    lock_wait_seconds: lockWait / S,
    peak_bounce_bytes: seen.bounce.peak,
    mean_bounce_bytes: seen.bounce.mean(elapsed),
    reserved_bounce_bytes: machine.reservedBounceBytes,
    bounce_over_time: seen.bounce.curve(elapsed),
    stale_over_time: policy.plan.translated ? staleCurve(seen.stale, elapsed) : null,
    elapsed_ns: elapsed,
    still_mapped: still,
    locks: lockFigures(meter),
    invariants: invariantsOf(run, total),
  };
  // One that only a first reading thought to be there makes no call.
  const shown = [...devices.values()].filter(({ counts }) => isUsed(counts));
  const counted = shown.map((device) => countsOf(device, elapsed));
  // What waits in a queue at the end is stale until its timer; unmapping what is left would fill the queue before.
  run.idle();
  const reach = {
    ...reachOf(domains, policy.plan.translated),
    devices: shown.map(({ domain, plugged }, i) => ({
      ...(counted[i] as (typeof counted)[number]),
      ...reachOf([domain], plugged.domain !== null),
    })),
  };
  return { ...figures, ...reach, leaks: run.shutDown() };
}

function staleCurve(stale: Occupancy, elapsed: number): StaleCurve {
  const { interval_ns, bytes: mappings } = stale.curve(elapsed);
  return { interval_ns, mappings };
}

function reachOf(
  domains: readonly CaptureDomain[],
  translated: boolean,
): Pick<CapturePolicyRow, 'stale_max_ns' | 'stale_mean_ns' | 'stale_contents_max_ns'> {
  const most = (of: (domain: CaptureDomain) => number): number =>
    domains.reduce((max, one) => Math.max(max, of(one)), 0);
  const unmaps = domains.reduce((sum, { stale }) => sum + stale.unmaps, 0);
  const stale = domains.reduce((sum, { stale: one }) => sum + one.mean() * one.unmaps, 0);
  return {
    stale_max_ns: translated ? most((one) => one.stale.longest) : null,
    stale_mean_ns: translated ? (unmaps > 0 ? stale / unmaps : 0) : null,
    stale_contents_max_ns: most(({ ages }) => ages.longest),
  };
}

function isUsed(counts: CaptureCounts): boolean {
  const { map_calls, unmap_calls, iommu_maps, iommu_unmaps, driver_requests } = counts;
  return map_calls + unmap_calls + iommu_maps + iommu_unmaps + driver_requests > 0;
}

/** Of the calls alone. */
function countsOf(
  { name, counts, domain }: CaptureDevice,
  elapsed: number,
): Omit<CaptureDeviceRow, keyof ReturnType<typeof reachOf>> {
  return {
    device: name,
    ...counts,
    fallbacks_by_reason: { ...counts.fallbacks_by_reason },
    cpu_seconds: (counts.map_ns + counts.unmap_ns) / S,
    peak_bounce_bytes: domain.bounce.peak,
    mean_bounce_bytes: domain.bounce.mean(elapsed),
    iova: domain.iova,
  };
}

function invariantsOf(run: CaptureRun, total: CaptureCounts): Invariant[] {
  const { calls, recorded, held, seen } = run;
  const { machine, domains } = recorded;
  const { meter } = machine;
  const { cpus, idler, order } = calls.order;
  const all = [...cpus, idler];
  const until = Math.max(order.now, ...all.map(({ now }) => now));
  const busy = all.map(({ busyNs }) => busyNs);
  const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
  return [
    same('steps before an earlier one', order.backwards, 0),
    ...lockInvariants(meter, until),
    atMost('busiest CPU, share of time', until > 0 ? Math.max(...busy) / until : 0, 1),
    equal('time of all CPUs, ns', sum(busy), meter.ledger.total()),
    same('mappings made', total.map_calls - total.failed_calls, total.unmap_calls + held.size),
    same('iommu:map events of devices', total.iommu_maps, meter.iommuMaps),
    same('iommu:unmap events of devices', total.iommu_unmaps, meter.iommuUnmaps),
    atMost('bytes copied in calls', total.copied_bytes, meter.copiedBytes),
    ...poolInvariants(run, total),
    same('bounce buffers below 0, bytes', Math.min(0, ...domains.map(({ bytes }) => bytes)), 0),
    atMost('bounce memory on average, bytes', seen.bounce.mean(order.now), seen.bounce.peak),
    atMost(
      'unmaps that can still be reached',
      sum(domains.map(({ stale }) => stale.pending())),
      sum(domains.map(({ stale }) => stale.unmaps)),
    ),
  ];
}

/** Buffers that the pools hold are those that were filled and not given back. */
function poolInvariants({ recorded }: CaptureRun, total: CaptureCounts): Invariant[] {
  const buffers = recorded.domains.reduce((sum, { plugged }) => sum + plugged.pool.buffers(), 0);
  return [same('buffers of the pools', buffers, total.pool_fills - total.evictions)];
}
