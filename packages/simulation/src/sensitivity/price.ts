// SPDX-License-Identifier: GPL-2.0-only
// What an I/O of a simulated run was charged for, parameter by parameter: so the run can be priced anew without running.

import { type CostName, type CostParameters, isBandwidth } from '../cost';
import type { RunResult } from '../sim';

/** How often an I/O pays for each parameter, of a bandwidth how many bytes; and nanoseconds that no parameter explains. */
export interface Price {
  readonly times: Readonly<Partial<Record<CostName, number>>>;
  /** Waiting for locks, nanoseconds of an I/O; kept as it is. */
  readonly waitNs: number;
}

/**
 * Takes a run's CPU time apart.
 * @param run of reads alone, or of writes alone, under the parameters `cost`
 * @throws Error if the parts do not add up: a charge that this does not know
 */
export function priceOf(run: RunResult, cost: CostParameters, reads: boolean): Price {
  const { by_cause: all, map, unmap, total } = run.cpu_ns_per_io;
  const perIo = (n: number): number => n / run.ios;
  const mapped = { dmaApi: map.dmaApi ?? 0, pageTable: map.pageTable ?? 0 };
  const mapRequests = all.vfio > 0 ? perIo(run.map_requests) : 0;
  const bytes = perIo(run.copied_bytes);
  const times: Partial<Record<CostName, number>> = {
    submitNs: all.submit / cost.submitNs,
    completeNs: all.complete / cost.completeNs,
    interruptNs: all.interrupt / cost.interruptNs,
    dmaMapNs: mapped.dmaApi / cost.dmaMapNs,
    dmaUnmapNs: (all.dmaApi - mapped.dmaApi) / cost.dmaUnmapNs,
    iovaCachedNs: perIo(run.iova_cached) / 2,
    iovaTreeNs: perIo(run.iova_tree) / 2,
    pageAllocNs: all.pageAlloc / cost.pageAllocNs,
    copyFixedNs: perIo(run.copies),
    copyColdBytesPerS: reads ? bytes : 0,
    copyWarmBytesPerS: reads ? 0 : bytes,
    poolMapNs: (map.pool ?? 0) / cost.poolMapNs,
    poolUnmapNs: (unmap.pool ?? 0) / cost.poolUnmapNs,
    swiotlbMapNs: (map.swiotlb ?? 0) / cost.swiotlbMapNs,
    swiotlbUnmapNs: (unmap.swiotlb ?? 0) / cost.swiotlbUnmapNs,
    vmexitNs: all.vmexit / cost.vmexitNs,
    vmmRequestNs: all.vmm / cost.vmmRequestNs,
    vfioMapNs: mapRequests,
    vfioUnmapNs: (all.vfio - mapRequests * cost.vfioMapNs) / cost.vfioUnmapNs,
    pinNs: all.pin / cost.pinNs,
    unpinNs: all.unpin / cost.unpinNs,
    hostFlushNs: all.hostFlush / cost.hostFlushNs,
    iommuMapPageNs: mapped.pageTable / cost.iommuMapPageNs,
    iommuUnmapPageNs: (all.pageTable - mapped.pageTable) / cost.iommuUnmapPageNs,
    invalidateNs: perIo(run.iotlb_flushes),
    invalidatePageNs: perIo(run.iotlb_flushed_pages),
  };
  const price = { times, waitNs: all.lockWait };
  const sum = cpuNs(price, cost);
  if (!(Math.abs(sum - total) <= 1e-6 * total))
    throw new Error(`an I/O took ${String(total)} ns, but its parts are ${String(sum)} ns`);
  return price;
}

/** CPU time of an I/O, nanoseconds, under other parameters, everything being done as often as before. */
export function cpuNs({ times, waitNs }: Price, cost: CostParameters): number {
  let ns = waitNs;
  for (const [name, n] of entries(times))
    ns += isBandwidth(name) ? (n * 1e9) / cost[name] : n * cost[name];
  return ns;
}

function entries(times: Price['times']): [CostName, number][] {
  return Object.entries(times) as [CostName, number][];
}

/** The value of one parameter at which two cost alike, the others being what they are; null: there is none. */
export function equalAt(a: Price, b: Price, cost: CostParameters, name: CostName): number | null {
  const more = (a.times[name] ?? 0) - (b.times[name] ?? 0);
  if (Math.abs(more) < 1e-12) return null;
  const own = isBandwidth(name) ? (more * 1e9) / cost[name] : more * cost[name];
  const others = cpuNs(a, cost) - cpuNs(b, cost) - own;
  // others + more * x = 0, x being nanoseconds, or seconds for a gigabyte.
  const x = -others / more;
  if (!(x > 0)) return null;
  return isBandwidth(name) ? 1e9 / x : x;
}
