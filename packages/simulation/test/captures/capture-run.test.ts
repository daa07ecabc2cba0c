// SPDX-License-Identifier: GPL-2.0-only
// Recorded calls under a policy, against figures worked out by hand from the costs.

import { expect } from 'chai';
import { COSTS } from '../../src/testing';
import { A, B, MS, map, unmap, under } from './steps';

const { dmaMapNs, dmaUnmapNs, iovaTreeNs, iovaCachedNs } = COSTS;
/** A request that maps one page, and one that unmaps it, until the host's IOMMU has flushed it. */
const MAP_REQUEST = COSTS.vmexitNs + COSTS.vmmRequestNs + COSTS.vfioMapNs + COSTS.pinNs;
const UNMAP_REQUEST =
  COSTS.vmexitNs + COSTS.vmmRequestNs + COSTS.vfioUnmapNs + COSTS.unpinNs + COSTS.hostFlushNs;

describe('CaptureRun', () => {
  it('charges a map and an unmap of a page behind virtio-iommu', () => {
    const step = map();
    const figures = under('strict', 'virtio-iommu', [step, unmap(step, MS)]);
    // The first address comes from the tree, and goes into the cache of the CPU.
    const mapNs = iovaTreeNs / 2 + dmaMapNs + MAP_REQUEST;
    const unmapNs = iovaCachedNs / 2 + dmaUnmapNs + UNMAP_REQUEST;
    expect(figures.map_ns).to.be.closeTo(mapNs, 1e-6);
    expect(figures.unmap_ns).to.be.closeTo(unmapNs, 1e-6);
    expect(figures.cpu_seconds).to.be.closeTo((mapNs + unmapNs) / 1e9, 1e-15);
    expect(figures).to.include({
      driver_requests: 2,
      vmexits: 2,
      copies: 0,
      background_seconds: 0,
    });
  });

  it('takes the address of the next map from the cache', () => {
    const [first, second] = [map(), map({ atNs: 2 * MS })];
    const steps = [first, unmap(first, MS), second, unmap(second, 3 * MS)];
    const figures = under('strict', 'virtio-iommu', steps);
    const mapNs = iovaTreeNs / 2 + iovaCachedNs / 2 + 2 * (dmaMapNs + MAP_REQUEST);
    expect(figures.map_ns).to.be.closeTo(mapNs, 1e-6);
  });

  it('charges two pages on bare metal: the table, and one flush that names both', () => {
    const step = map({ size: 8192 });
    const figures = under('strict', 'bare-metal', [step, unmap(step, MS)]);
    const mapNs = iovaTreeNs / 2 + dmaMapNs + 2 * COSTS.iommuMapPageNs;
    const flush = COSTS.invalidateNs + 2 * COSTS.invalidatePageNs;
    const unmapNs = iovaCachedNs / 2 + dmaUnmapNs + 2 * COSTS.iommuUnmapPageNs + flush;
    expect(figures.map_ns).to.be.closeTo(mapNs, 1e-6);
    expect(figures.unmap_ns).to.be.closeTo(unmapNs, 1e-6);
    expect(figures).to.include({ vmexits: 0, driver_requests: 2 });
  });

  it('makes the second of two CPUs wait for the tree, then for the queue of requests', () => {
    const steps = [map(), map({ cpu: 1, phys: 0x20000 })];
    const figures = under('strict', 'virtio-iommu', steps);
    const tree = iovaTreeNs / 2;
    // It has its address when the first has sent its request for as long as the tree takes.
    const waits = { 'iova tree': tree, 'virtio-iommu requests': MAP_REQUEST - tree };
    for (const [name, ns] of Object.entries(waits)) {
      const lock = figures.locks.find((one) => one.name === name);
      expect(lock, name).to.include({ taken: 2, waits: 1 });
      expect(lock?.wait_ns, name).to.be.closeTo(ns, 1e-6);
      expect(lock?.longest_wait_ns, name).to.be.closeTo(ns, 1e-6);
    }
    expect(figures.lock_wait_seconds).to.be.closeTo(MAP_REQUEST / 1e9, 1e-15);
    expect(figures.elapsed_ns).to.be.closeTo(tree + 2 * MAP_REQUEST + dmaMapNs, 1e-6);
    expect(figures.still_mapped).to.equal(2);
  });

  it('shows over time how many mappings that were given back can still be reached', () => {
    const [a, b] = [map(), map({ phys: 0x20000 })];
    const end = map({ atNs: 40 * MS, phys: 0x30000 });
    const steps = [a, b, unmap(a, MS), unmap(b, 7 * MS), end];
    const { stale_over_time: curve, elapsed_ns: elapsed } = under('lazy', 'bare-metal', steps);
    expect(Math.max(...(curve?.mappings ?? []))).to.equal(2);
    const at = (ns: number): number | undefined =>
      curve?.mappings[Math.floor(ns / (curve.interval_ns || 1))];
    expect([at(0.5 * MS), at(4 * MS), at(39 * MS)]).to.deep.equal([0, 1, 0]);
    expect((curve?.mappings.length ?? 0) * (curve?.interval_ns ?? 0)).to.be.at.least(elapsed);
    expect(under('strict', 'bare-metal', steps).stale_over_time?.mappings).to.deep.equal([]);
    expect(under('swiotlb-force', 'bare-metal', steps).stale_over_time).to.equal(null);
  });

  it('keeps the stale windows of two domains apart', () => {
    const [a, b] = [map(), map({ device: B, phys: 0x20000 })];
    const end = map({ atNs: 40 * MS, phys: 0x30000 });
    const steps = [a, b, unmap(a, MS), unmap(b, 7 * MS), end];
    const figures = under('lazy', 'bare-metal', steps);
    const [ofA, ofB] = figures.devices;
    expect([ofA?.device, ofB?.device]).to.deep.equal([A, B]);
    // A timer of 10 jiffies fires in the jiffy after. From the unmap's return until its queue is flushed:
    const unmapNs = dmaUnmapNs + iovaCachedNs / 2 + COSTS.iommuUnmapPageNs;
    const window = 11 * MS - unmapNs + COSTS.invalidateNs;
    for (const one of [ofA, ofB])
      expect(one?.stale_max_ns, one?.device).to.be.closeTo(window, 1e-6);
    expect(figures.stale_max_ns).to.equal(Math.max(ofA?.stale_max_ns ?? 0, ofB?.stale_max_ns ?? 0));
    expect(figures.stale_mean_ns).to.be.closeTo(
      ((ofA?.stale_mean_ns ?? 0) + (ofB?.stale_mean_ns ?? 0)) / 2,
      1e-6,
    );
    expect(under('strict', 'bare-metal', [a, unmap(a, MS)]).stale_max_ns).to.equal(0);
  });

  it('counts the buffers of the pool as bounce memory, not as addresses in use', () => {
    const small = [map(), map({ phys: 0x20000 }), map({ phys: 0x30000, size: 16384 })];
    const figures = under('pool', 'bare-metal', small);
    expect(figures).to.include({ pool_fills: 3, fallbacks: 0, peak_bounce_bytes: 24576 });
    expect(figures.devices[0]?.iova).to.deep.equal({
      ...{ used_bytes: 0, span_bytes: 0, holes: 0, fragmentation: 0 },
    });
    const big = map({ phys: 0x80000, size: 2 ** 18 });
    const fallen = under('pool', 'bare-metal', [map({ phys: 0x20000 }), big]);
    expect(fallen).to.include({ pool_fills: 1, fallbacks: 1, peak_bounce_bytes: 4096 });
    expect(fallen.devices[0]?.iova).to.include({ used_bytes: 2 ** 18, span_bytes: 2 ** 18 });
  });
});
