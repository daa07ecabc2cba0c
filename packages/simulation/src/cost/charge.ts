// SPDX-License-Identifier: GPL-2.0-only
// Which parameter pays for which step: the one place where counts meet costs.

import type { StepCounts, StepName } from './step-counter';
import type { CostName, CostParameters } from './parameters';

/** How the bytes that are copied came to be where they are: written by this CPU, or by a device. */
export type CopiedFrom = 'cpu' | 'device';

/** What a step is paid with, beside the copied bytes; requests of both kinds cost the same. */
export const STEP_COSTS: Readonly<Partial<Record<StepName, CostName>>> = {
  vmexits: 'vmexitNs',
  mapRequests: 'vmmRequestNs',
  unmapRequests: 'vmmRequestNs',
  ioctlMaps: 'vfioMapNs',
  ioctlUnmaps: 'vfioUnmapNs',
  flushes: 'hostFlushNs',
  pins: 'pinNs',
  unpins: 'unpinNs',
  tableMaps: 'iommuMapPageNs',
  tableUnmaps: 'iommuUnmapPageNs',
  invalidations: 'invalidateNs',
  invalidatedPages: 'invalidatePageNs',
  copies: 'copyFixedNs',
  pagesAllocated: 'pageAllocNs',
};

/**
 * A time as a sum over parameters: coefficients in events. Bandwidths divide: theirs is bytes.
 * Time in ns = sum of coefficient x value, and of coefficient x 1e9 / value for bandwidths.
 */
export type Charge = Partial<Record<CostName, number>>;

/** What counted steps are charged. @param call the side of the DMA API they happened on */
export function chargeOf(counts: StepCounts, call: 'map' | 'unmap', from: CopiedFrom): Charge {
  const charge: Charge = {};
  const pay = (name: CostName, n: number): void => {
    if (n !== 0) charge[name] = (charge[name] ?? 0) + n;
  };
  pay(call === 'map' ? 'dmaMapNs' : 'dmaUnmapNs', counts.plainCalls);
  pay(call === 'map' ? 'poolMapNs' : 'poolUnmapNs', counts.poolCalls);
  // The parameter is for allocation and release together; each of them is a step.
  pay('iovaCachedNs', counts.iovaCached / 2);
  pay('iovaTreeNs', counts.iovaTree / 2);
  pay(from === 'device' ? 'copyColdBytesPerS' : 'copyWarmBytesPerS', counts.copiedBytes);
  for (const [step, name] of Object.entries(STEP_COSTS) as [StepName, CostName][])
    pay(name, counts[step]);
  return charge;
}

/** a + weight x b */
export function addCharge(a: Charge, b: Charge, weight = 1): Charge {
  const sum: Charge = { ...a };
  for (const [name, n] of Object.entries(b) as [CostName, number][])
    sum[name] = (sum[name] ?? 0) + weight * n;
  return sum;
}

export function isBandwidth(name: CostName): boolean {
  return name.endsWith('BytesPerS');
}

/** Whether more of it costs less. */
export function isRate(name: CostName): boolean {
  return isBandwidth(name) || name === 'nvmeIops';
}

/** Nanoseconds. */
export function timeOf(charge: Charge, costs: CostParameters): number {
  return timesOf(charge, [costs])[0] ?? 0;
}

/** The same with each set of costs. */
export function timesOf(charge: Charge, sets: readonly CostParameters[]): number[] {
  const parts = (Object.entries(charge) as [CostName, number][]).map(([name, n]) => ({
    name,
    divides: isBandwidth(name),
    n: isBandwidth(name) ? n * 1e9 : n,
  }));
  return sets.map((costs) => {
    let ns = 0;
    for (const { name, divides, n } of parts) ns += divides ? n / costs[name] : n * costs[name];
    return ns;
  });
}
