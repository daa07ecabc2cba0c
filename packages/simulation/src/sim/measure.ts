// SPDX-License-Identifier: GPL-2.0-only
// What a run has shown, taken at the end of its last I/O: the fields of the JSON document that are the machine's.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { Engine } from './engine';
import { type Invariant, invariants } from './invariants';
import { CAUSES, type CauseName, PHASES, type PhaseName } from './ledger';
import type { OccupancyCurve } from './occupancy';
import type { Meter } from './meter';
import { record } from './record';
import type { SimDevice } from './sim-device';

export interface LockFigures {
  /** The lock. */
  readonly name: string;
  /** Times that it was taken. */
  readonly taken: whole_number;
  /** Times that it was not free. */
  readonly waits: whole_number;
  /** Nanoseconds waited for it, all CPUs together. */
  readonly wait_ns: number;
  /** The longest of these waits, ns. */
  readonly longest_wait_ns: number;
  /** Nanoseconds that it was held. */
  readonly held_ns: number;
}

/** Times are virtual nanoseconds, sizes bytes. GB is 10^9 bytes. */
export interface RunFigures {
  /** I/Os done. */
  readonly ios: whole_number;
  /** Bytes of these I/Os. */
  readonly bytes: whole_number;
  /** Requests to the drive per I/O: above 1 where the block layer splits. */
  readonly requests_per_io: number;
  /** Virtual nanoseconds from time 0 until the last I/O is reaped. */
  readonly elapsed_ns: number;
  /** I/Os per virtual second. */
  readonly iops: number;
  /** Bytes per virtual second. */
  readonly bandwidth_bytes_per_s: number;
  /** Nanoseconds in iommu_dma_map_* per 10^9 bytes, copies and waiting included. */
  readonly map_ns_per_gb: number;
  /** The same in iommu_dma_unmap_*. */
  readonly unmap_ns_per_gb: number;
  /** Requests to the IOMMU: of virtio-iommu, or calls of the driver on bare metal. */
  readonly iommu_requests: whole_number;
  /** Of these, maps. */
  readonly map_requests: whole_number;
  /** Of these, unmaps. */
  readonly unmap_requests: whole_number;
  /** Pieces of physically contiguous memory that an I/O's buffer was in. */
  readonly pieces_per_io: number;
  /** Copies to and from bounce buffers. */
  readonly copies: whole_number;
  /** Bytes of these copies. */
  readonly copied_bytes: whole_number;
  /** Bytes of bounce buffers, at most. */
  readonly peak_bounce_bytes: whole_number;
  /** Bytes of bounce buffers, on average. */
  readonly mean_bounce_bytes: number;
  /** Bytes set aside for them at boot. */
  readonly reserved_bounce_bytes: whole_number;
  /** Bytes of bounce buffers, to the last I/O. */
  readonly bounce_over_time: OccupancyCurve;
  /** Nanoseconds from submission until an I/O is reaped. */
  readonly latency_ns: {
    /** Half of them take no longer. */
    readonly p50: number;
    /** 99 % of them take no longer. */
    readonly p99: number;
    /** 99.9 % of them take no longer. */
    readonly p999: number;
    /** The mean. */
    readonly mean: number;
    /** The longest. */
    readonly max: number;
  };
  /** Nanoseconds of CPU time per I/O. */
  readonly cpu_ns_per_io: {
    /** All together. */
    readonly total: number;
    /** By the part of an I/O's life; background: beside all I/Os. */
    readonly by_phase: Readonly<Record<PhaseName, number>>;
    /** By what it is spent on. */
    readonly by_cause: Readonly<Record<CauseName, number>>;
    /** Within maps, by what it is spent on; causes that take no time are left out. */
    readonly map: Readonly<Partial<Record<CauseName, number>>>;
    /** The same within unmaps. */
    readonly unmap: Readonly<Partial<Record<CauseName, number>>>;
  };
  /** Busy CPUs, on average: 0 to their number. */
  readonly cpus_busy: number;
  /** Share of time in which the drive is at work, 0 to 1. */
  readonly drive_busy: number;
  /** Interrupts taken. */
  readonly interrupts: whole_number;
  /** Locks that were taken. */
  readonly locks: readonly LockFigures[];
  /** Mappings served by the pool. */
  readonly pool_mappings: whole_number;
  /** Pages allocated for its buffers. */
  readonly bounce_pages_allocated: whole_number;
  /** Mappings that reached the IOMMU core. */
  readonly plain_mappings: whole_number;
  /** Allocations and releases of address ranges that the CPU's cache served. */
  readonly iova_cached: whole_number;
  /** Those that the tree served. */
  readonly iova_tree: whole_number;
  /** Flushes of the IOTLB on bare metal. */
  readonly iotlb_flushes: whole_number;
  /** Pages that these flushes named: none if all is flushed. */
  readonly iotlb_flushed_pages: whole_number;
  /** Submissions put off for want of room. */
  readonly mapping_failures: whole_number;
  /** Checked at the end of the last I/O. */
  readonly invariants: readonly Invariant[];
}

export function measure(engine: Engine, device: SimDevice): RunFigures {
  const { meter } = device;
  const { ledger } = meter;
  const { completed: ios, bytes, seen, nvme } = engine.io;
  const { endedAt } = seen;
  const latency = seen.latencies.histogram();
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
      mean: seen.latencies.mean(),
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
