// SPDX-License-Identifier: GPL-2.0-only
// The second part of a run: what a longer run has beyond a shorter one that begins in the same way.

import { CAUSES, PHASES, type RunResult, record } from '../sim';

type Costs = RunResult['cpu_ns_per_io'];
type ByCause = Costs['map'];

/** Per I/O of a part, from what it was per I/O of both runs. */
type PerIo = (whole: number | undefined, start: number | undefined) => number;

/**
 * Counts, times and rates are those of the part; what is a maximum, a mean over time or a list is the longer run's.
 * @param start with the same machine, jobs and seed, but ended earlier
 */
export function partOf(whole: RunResult, start: RunResult): RunResult {
  const ios = whole.ios - start.ios;
  const bytes = whole.bytes - start.bytes;
  const elapsed = whole.elapsed_ns - start.elapsed_ns;
  if (!(ios > 0 && elapsed > 0)) throw new Error('the longer run is not longer');
  const perIo: PerIo = (a = 0, b = 0) => (a * whole.ios - b * start.ios) / ios;
  return {
    ...whole,
    ios,
    bytes,
    elapsed_ns: elapsed,
    iops: (ios * 1e9) / elapsed,
    bandwidth_bytes_per_s: (bytes * 1e9) / elapsed,
    iommu_requests: whole.iommu_requests - start.iommu_requests,
    map_requests: whole.map_requests - start.map_requests,
    unmap_requests: whole.unmap_requests - start.unmap_requests,
    copies: whole.copies - start.copies,
    copied_bytes: whole.copied_bytes - start.copied_bytes,
    iova_cached: whole.iova_cached - start.iova_cached,
    iova_tree: whole.iova_tree - start.iova_tree,
    iotlb_flushes: whole.iotlb_flushes - start.iotlb_flushes,
    iotlb_flushed_pages: whole.iotlb_flushed_pages - start.iotlb_flushed_pages,
    cpu_ns_per_io: costs(whole.cpu_ns_per_io, start.cpu_ns_per_io, perIo),
  };
}

function costs(whole: Costs, start: Costs, perIo: PerIo): Costs {
  return {
    total: perIo(whole.total, start.total),
    by_phase: record(PHASES, (phase) => perIo(whole.by_phase[phase], start.by_phase[phase])),
    by_cause: record(CAUSES, (cause) => perIo(whole.by_cause[cause], start.by_cause[cause])),
    map: byCause(whole.map, start.map, perIo),
    unmap: byCause(whole.unmap, start.unmap, perIo),
  };
}

function byCause(whole: ByCause, start: ByCause, perIo: PerIo): ByCause {
  return record(CAUSES, (cause) => perIo(whole[cause], start[cause]));
}
