// SPDX-License-Identifier: GPL-2.0-only
// Looks on while a machine does what a capture says, and keeps what has to be known to decide its bouncing anew.

import {
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  type dma_data_direction,
} from '@iommu-bounce/linux-shim';
import {
  type MapStep,
  type Mapping,
  PAGE,
  type RecordedUnmap,
  type UnmapStep,
  asksPool,
  fillFailed,
  isList,
  pooledBytes,
} from '@iommu-bounce/dma-trace';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { FlushQueues, type Held, PoolLoad, SwiotlbLoad } from '@iommu-bounce/simulation';
import type { Lane, LaneObserver } from '../drive/lane';
import type { MapOutcome } from '../drive/map-outcome';
import type { RecordedClock } from '../drive/recorded-clock';
import { sizeUpTo } from '../drive/recorded-figures';

/** Streaming mappings of one device, one way, that need the same power of two of bytes. */
export interface DeviceSizes {
  readonly device: string;
  /** read: the device writes, or the direction is not known. */
  readonly direction: 'read' | 'write';
  readonly size_up_to: number;
  maps: number;
  bytes: number;
  /** mapRequests: pieces as the IOMMU is asked for them. */
  readonly map: { mapRequests: number };
}

interface Numbers {
  readonly pool: number;
  readonly swiotlb: number;
}

/** Of a machine before the series: what goes to the IOMMU there is what a pool could take. */
export class AdviseLoad implements LaneObserver {
  readonly pool: PoolLoad;
  readonly swiotlb = new SwiotlbLoad();
  readonly queues: FlushQueues;
  /** Jiffies when the load began. */
  readonly firstJiffies: number;
  /** Names of the devices of each domain. */
  readonly devicesOf: string[][] = [];
  private readonly domains = new Map<iommu_domain, number>();
  private readonly sizes = new Map<string, DeviceSizes>();
  private readonly numbers = new Map<Mapping, Numbers>();
  private nowNs = 0;

  constructor(
    private readonly lane: Lane,
    clock: RecordedClock,
  ) {
    const { timers } = lane.k;
    this.firstJiffies = timers.jiffies();
    this.pool = new PoolLoad(timers.HZ);
    this.queues = new FlushQueues(timers.HZ, (jiffies) => clock.nsOf(jiffies));
    for (const { name, domain } of lane.port.devices.values())
      (this.devicesOf[this.numberOf(domain)] ??= []).push(name);
    this.pool.domains = this.domains.size;
  }

  mapped(step: MapStep, mapping: Mapping, outcome: MapOutcome, mapRequests: number): void {
    if (!asksPool(mapping.form) || !outcome.ok) return;
    const isStreaming = mapping.form === 'page' || isList(mapping.form);
    const { dir, attrs } = mapping;
    const copies = isCopied(dir, DMA_TO_DEVICE) && (attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0;
    const isCoherent = outcome.device.dev.dma_coherent;
    const pool = this.pool.map({
      domain: this.numberOf(outcome.device.domain),
      prot: dir + (isCoherent ? 4 : 0) + ((attrs & DMA_ATTR_PRIVILEGED) === 0 ? 0 : 8),
      size: pooledBytes(mapping),
      fillFails: fillFailed(step.decision),
      jiffies: this.jiffies(),
      copies: copies && isStreaming ? mapping.size : 0,
      requests: outcome.maps.length,
    });
    const swiotlb = isStreaming ? this.swiotlb.map(piecesOf(mapping)) : -1;
    // A piece that is not aligned takes several MAP requests. On another IOMMU only the pieces are known.
    if (isStreaming && !mapping.failed) this.count(mapping, mapRequests || outcome.maps.length);
    if (!mapping.failed) this.numbers.set(mapping, { pool, swiotlb });
    // What failed when it was recorded is unmapped at once.
    else this.released({ pool, swiotlb }, 0, outcome.maps.length);
  }

  unmapped(step: UnmapStep, { mapping }: Held, unmaps: readonly RecordedUnmap[]): void {
    this.nowNs = Math.max(this.nowNs, step.timeNs);
    const domain = this.lane.port.devices.get(step.device)?.domain;
    if (domain) this.queues.unmap(this.numberOf(domain), step.cpu, this.jiffiesNow(), this.nowNs);
    const numbers = this.numbers.get(mapping);
    if (!numbers) return;
    this.numbers.delete(mapping);
    const isStreaming = mapping.form !== 'pages';
    const copies =
      isCopied(step.dir, DMA_FROM_DEVICE) && (step.attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0;
    const bytes = isList(mapping.form) ? mapping.size : Math.min(step.size, mapping.size);
    this.released(numbers, copies && isStreaming ? bytes : 0, unmaps.length);
  }

  /** The capture is at its end. */
  finish(): void {
    this.pool.endJiffies = Math.max(this.pool.endJiffies, this.jiffies());
    this.queues.finish();
    this.numbers.clear();
  }

  /** By device, direction and size. */
  deviceSizes(): DeviceSizes[] {
    const order = ({ device, direction }: DeviceSizes): string => `${device} ${direction}`;
    return [...this.sizes.values()].sort((a, b) =>
      order(a) === order(b) ? a.size_up_to - b.size_up_to : order(a) < order(b) ? -1 : 1,
    );
  }

  private released({ pool, swiotlb }: Numbers, copies: number, requests: number): void {
    this.pool.unmap(pool, { jiffies: this.jiffies(), copies, requests });
    this.swiotlb.unmap(swiotlb);
  }

  private count({ device, dir, size }: Mapping, requests: number): void {
    const direction = dir === DMA_TO_DEVICE ? 'write' : 'read';
    const size_up_to = sizeUpTo(size);
    const key = `${device} ${direction} ${String(size_up_to)}`;
    let row = this.sizes.get(key);
    if (!row) {
      row = { device, direction, size_up_to, maps: 0, bytes: 0, map: { mapRequests: 0 } };
      this.sizes.set(key, row);
    }
    row.maps++;
    row.bytes += size;
    row.map.mapRequests += requests;
  }

  private jiffiesNow(): number {
    return this.lane.k.timers.jiffies();
  }

  private jiffies(): number {
    return this.jiffiesNow() - this.firstJiffies;
  }

  private numberOf(domain: iommu_domain): number {
    let number = this.domains.get(domain);
    if (number === undefined) this.domains.set(domain, (number = this.domains.size));
    return number;
  }
}

function isCopied(dir: dma_data_direction, one: dma_data_direction): boolean {
  return dir === one || dir === DMA_BIDIRECTIONAL;
}

/** dma_direct maps each entry of a list by itself. */
function piecesOf(mapping: Mapping): { length: number; offset: number }[] {
  if (isList(mapping.form))
    return mapping.entries.map(({ phys, length }) => ({ length, offset: phys % PAGE }));
  return [{ length: mapping.size, offset: mapping.offset % PAGE }];
}
