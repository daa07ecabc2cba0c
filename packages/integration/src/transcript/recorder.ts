// SPDX-License-Identifier: GPL-2.0-only
// What an operation made the IOMMU driver and the caches do, in the normal form of the format.

import {
  DMA_BIDIRECTIONAL,
  DMA_TO_DEVICE,
  type cache_op,
  type dma_data_direction,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_CACHE,
  IOMMU_MMIO,
  IOMMU_NOEXEC,
  IOMMU_PRIV,
  IOMMU_READ,
  IOMMU_WRITE,
  type table_listener,
} from '@iommu-bounce/iommu-core';
import type { Json } from './fields';

const PROT_LETTERS = [
  [IOMMU_READ, 'r'],
  [IOMMU_WRITE, 'w'],
  [IOMMU_CACHE, 'c'],
  [IOMMU_MMIO, 'm'],
  [IOMMU_PRIV, 'p'],
  [IOMMU_NOEXEC, 'x'],
] as const;

export function protLetters(prot: number): string {
  return PROT_LETTERS.filter(([bit]) => prot & bit)
    .map(([, letter]) => letter)
    .join('');
}

export function dirName(dir: dma_data_direction): string {
  return dir === DMA_BIDIRECTIONAL
    ? 'bidirectional'
    : dir === DMA_TO_DEVICE
      ? 'to_device'
      : 'from_device';
}

interface IommuRecord {
  readonly kind: 'map' | 'unmap';
  readonly iova: number;
  size: number;
  readonly prot: number;
}

interface CacheRecord {
  readonly op: cache_op;
  bytes: number;
  readonly dir: dma_data_direction;
}

/** Who is told of each call of the IOMMU driver that maps or unmaps, as it happens. */
export type DriverCalls = Pick<table_listener, 'map' | 'unmap'>;

export class Recorder implements table_listener {
  private records: IommuRecord[] = [];
  private cacheRecords: CacheRecord[] = [];
  private syncs = 0;
  private flushes = 0;

  constructor(private readonly others: DriverCalls = {}) {}

  readonly map: NonNullable<table_listener['map']> = (iova, paddr, size, prot) => {
    this.add('map', iova, size, prot);
    this.others.map?.(iova, paddr, size, prot);
  };

  readonly unmap: NonNullable<table_listener['unmap']> = (iova, size) => {
    this.add('unmap', iova, size, 0);
    this.others.unmap?.(iova, size);
  };

  readonly sync = (): void => {
    this.syncs++;
  };

  readonly flush_all = (): void => {
    this.flushes++;
  };

  readonly cacheOp = (
    op: cache_op,
    _paddr: number,
    bytes: number,
    dir: dma_data_direction,
  ): void => {
    const last = this.cacheRecords.at(-1);
    if (last?.op === op && last.dir === dir) last.bytes += bytes;
    else this.cacheRecords.push({ op, bytes, dir });
  };

  /** What was done since the last call, as the fields of the format; a field is absent when there was nothing. */
  take(): Record<string, Json> {
    const observed: Record<string, Json> = {
      iommu: this.records.map((r) =>
        r.kind === 'map' ? ['map', r.iova, r.size, protLetters(r.prot)] : ['unmap', r.iova, r.size],
      ),
    };
    if (this.syncs > 0 || this.flushes > 0) observed['iotlb'] = [this.syncs, this.flushes];
    if (this.cacheRecords.length > 0)
      observed['cache_ops'] = this.cacheRecords.map((c) => [c.op, c.bytes, dirName(c.dir)]);
    this.records = [];
    this.cacheRecords = [];
    this.syncs = this.flushes = 0;
    return observed;
  }

  private add(kind: 'map' | 'unmap', iova: number, size: number, prot: number): void {
    const last = this.records.at(-1);
    if (last?.kind === kind && last.prot === prot && last.iova + last.size === iova)
      last.size += size;
    else this.records.push({ kind, iova, size, prot });
  }
}
