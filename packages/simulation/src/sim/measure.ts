// SPDX-License-Identifier: GPL-2.0-only
// What a run has shown, taken at the end of its last I/O: the fields of the JSON document that are the machine's.

import type { Engine } from './engine';
import { type Invariant, invariants } from './invariants';
import { CAUSES, type CauseName, PHASES, type PhaseName } from './ledger';
import type { OccupancyCurve } from './occupancy';
import type { Meter } from './meter';
import { record } from './record';
import type { SimDevice } from './sim-device';

export interface LockFigures {
  readonly name: string;
  readonly taken: number;
  /** Times that it was not free. */
  readonly waits: number;
  readonly wait_ns: number;
  readonly longest_wait_ns: number;
  readonly held_ns: number;
}

/** Times are virtual nanoseconds, sizes bytes. GB is 10^9 bytes. */
export interface RunFigures {
  readonly ios: number;
  readonly bytes: number;
  /** Requests to the drive per I/O: above 1 where the block layer splits. */
  readonly requests_per_io: number;
  /** From time 0 until the last I/O is reaped. */
  readonly elapsed_ns: number;
  readonly iops: number;
  readonly bandwidth_bytes_per_s: number;
  /** Time in iommu_dma_map_* and iommu_dma_unmap_*, copies and waiting included. */
  readonly map_ns_per_gb: number;
  readonly unmap_ns_per_gb: number;
  /** Requests to the IOMMU: of virtio-iommu, or calls of the driver on bare metal. */
  readonly iommu_requests: number;
  readonly map_requests: number;
  readonly unmap_requests: number;
  /** Pieces of physically contiguous memory that an I/O's buffer was in. */
  readonly pieces_per_io: number;
  readonly copies: number;
  readonly copied_bytes: number;
  readonly peak_bounce_bytes: number;
  readonly mean_bounce_bytes: number;
  /** Set aside at boot. */
  readonly reserved_bounce_bytes: number;
  readonly bounce_over_time: OccupancyCurve;
  readonly latency_ns: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly mean: number;
    readonly max: number;
  };
  /** CPU time per I/O in ns, by phase and by cause. */
  readonly cpu_ns_per_io: {
    readonly total: number;
    readonly by_phase: Readonly<Record<PhaseName, number>>;
    readonly by_cause: Readonly<Record<CauseName, number>>;
    readonly map: Readonly<Partial<Record<CauseName, number>>>;
    readonly unmap: Readonly<Partial<Record<CauseName, number>>>;
  };
  /** Busy CPUs, on average: 0 to their number. */
  readonly cpus_busy: number;
  readonly drive_busy: number;
  readonly interrupts: number;
  readonly locks: readonly LockFigures[];
  /** Mappings served by the pool; pages allocated for its buffers. */
  readonly pool_mappings: number;
  readonly bounce_pages_allocated: number;
  /** Mappings that reached the IOMMU core. */
  readonly plain_mappings: number;
  /** Allocations and releases of address ranges that the CPU's cache served, and that the tree served. */
  readonly iova_cached: number;
  readonly iova_tree: number;
  /** Flushes of the IOTLB on bare metal, and pages that they named: none if all is flushed. */
  readonly iotlb_flushes: number;
  readonly iotlb_flushed_pages: number;
  /** Submissions put off for want of room. */
  readonly mapping_failures: number;
  /** Checked at the end of the last I/O. */
  readonly invariants: readonly Invariant[];
}

export function measure(engine: Engine, device: SimDevice): RunFigures {
  const { meter } = device;
  const { ledger } = meter;
  const { completed: ios, bytes, seen, nvme } = engine.io;
  const { endedAt, latency } = seen;
  const { map, unmap } = device.requests();
  const perIo = (ns: number): number => (ios > 0 ? ns / ios : 0);
  const perGb = (ns: number): number => (bytes > 0 ? (ns * 1e9) / bytes : 0);
  const perS = (n: number): number => (endedAt > 0 ? (n * 1e9) / endedAt : 0);
  const at = (percentile: number): number =>
    // The histogram tells the upper end of a bucket, which may lie above all that is in it.
    ios > 0 ? Math.min(latency.getValueAtPercentile(percentile), latency.maxValue) : 0;
  const split = (phase: PhaseName): Partial<Record<CauseName, number>> =>
    Object.fromEntries(
      CAUSES.map((cause) => [cause, perIo(ledger.of(phase, cause))] as const).filter(
        ([, ns]) => ns > 0,
      ),
    );
  return {
    ios,
    bytes,
    requests_per_io: perIo(engine.io.done),
    elapsed_ns: endedAt,
    iops: perS(ios),
    bandwidth_bytes_per_s: perS(bytes),
    map_ns_per_gb: perGb(seen.mapNs),
    unmap_ns_per_gb: perGb(seen.unmapNs),
    iommu_requests: map + unmap,
    map_requests: map,
    unmap_requests: unmap,
    pieces_per_io: perIo(engine.io.pieces),
    copies: meter.copies,
    copied_bytes: meter.copiedBytes,
    peak_bounce_bytes: seen.bounce.peak,
    mean_bounce_bytes: seen.bounce.mean(endedAt),
    reserved_bounce_bytes: device.reservedBounceBytes,
    bounce_over_time: seen.bounce.curve(),
    latency_ns: {
      p50: at(50),
      p99: at(99),
      p999: at(99.9),
      mean: ios > 0 ? latency.mean : 0,
      max: ios > 0 ? latency.maxValue : 0,
    },
    cpu_ns_per_io: {
      total: perIo(ledger.total()),
      by_phase: record(PHASES, (phase) => perIo(ledger.ofPhase(phase))),
      by_cause: record(CAUSES, (cause) => perIo(ledger.ofCause(cause))),
      map: split('map'),
      unmap: split('unmap'),
    },
    cpus_busy: endedAt > 0 ? ledger.total() / endedAt : 0,
    drive_busy: endedAt > 0 ? nvme.busyNs / endedAt : 0,
    interrupts: engine.io.interrupts,
    locks: lockFigures(meter),
    pool_mappings: seen.ages.served,
    bounce_pages_allocated: meter.pagesAllocated,
    plain_mappings: meter.coreMaps,
    iova_cached: meter.iovaCached,
    iova_tree: meter.iovaTree,
    iotlb_flushes: meter.flushes,
    iotlb_flushed_pages: meter.flushedPages,
    mapping_failures: engine.io.mapFailures,
    invariants: invariants(engine, device),
  };
}

/** Of the locks that were taken at all. */
export function lockFigures({ locks }: Meter): LockFigures[] {
  return locks
    .filter(({ taken }) => taken > 0)
    .map(({ name, taken, waits, waitNs, longestWaitNs, heldNs }) => ({
      name,
      taken,
      waits,
      wait_ns: waitNs,
      longest_wait_ns: longestWaitNs,
      held_ns: heldNs,
    }));
}
