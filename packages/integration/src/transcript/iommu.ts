// SPDX-License-Identifier: GPL-2.0-only
// The IOMMU of a transcript: the table that the recorder of the real C has, or virtio-iommu with the VMM and VFIO behind it.

import { type device, PAGE_SIZE, U64_MAX, dma_addr_t } from '@iommu-bounce/linux-shim';
import {
  type DeviceDma,
  dev_iommu,
  IOMMU_MMIO,
  IOMMU_READ,
  IOMMU_WRITE,
  VFIO_DMA_MAP_FLAG_WRITE,
  VIRTIO_IOMMU_MAP_F_MMIO,
  VIRTIO_IOMMU_MAP_F_READ,
  VIRTIO_IOMMU_MAP_F_WRITE,
  type iommu_domain,
  type iommu_ops,
  interval_tree_iter_first,
  interval_tree_iter_next,
  type mapped_range,
  new_virtio_iommu,
  table_driver,
  to_table_domain,
  viommu_domain,
  virtio_iommu_c,
} from '@iommu-bounce/iommu-core';
import { dma_read, dma_write } from '@iommu-bounce/iommu-core/testing';
import type { driver_factory } from '../boot';
import type { DeviceDescription, TranscriptHeader } from './header';
import type { Recorder } from './recorder';

/** Of one machine. */
export interface TranscriptIommu {
  /** What the kernel calls. */
  readonly ops: iommu_ops;
  /** Gives a device its place behind the IOMMU, before it is attached. @returns 0 or a negative error */
  add(dev: device, description: DeviceDescription): number;
  /** The device goes, and what is behind it. */
  remove(dev: device): void;
  /** What is mapped, in order, neighbours of equal permission as one. */
  ranges(domain: iommu_domain): readonly mapped_range[];
  /** 4 KiB pages. */
  mappedPages(domain: iommu_domain): number;
  /** What the device reads; null if any page faults. */
  read(dev: device, domain: iommu_domain, iova: dma_addr_t, length: number): Uint8Array | null;
  /** Whether every page can be written. */
  writable(dev: device, domain: iommu_domain, iova: dma_addr_t, length: number): boolean;
  write(dev: device, domain: iommu_domain, iova: dma_addr_t, bytes: Uint8Array): void;
  /** Pages that VFIO holds for the devices, one of several devices counted for each; 0 on the table. */
  pinnedPages(): number;
}

type Factory = (...machine: Parameters<driver_factory>) => TranscriptIommu;

/** @param virtio a subclass of the driver, in place of it */
export function iommuOf(
  header: TranscriptHeader,
  recorder: Recorder,
  virtio: typeof virtio_iommu_c = virtio_iommu_c,
): Factory {
  return header.driver === 'virtio'
    ? onVirtio(header, recorder, virtio)
    : onTable(header, recorder);
}

const onTable =
  (header: TranscriptHeader, recorder: Recorder): Factory =>
  (k, iommu, dma_iommu) => {
    const driver = new table_driver(
      k,
      iommu,
      dma_iommu,
      {
        pgsize_bitmap: header.pgsizeBitmap,
        aperture: [header.apertureStart, header.apertureEnd],
        has_flush_all: header.hasFlushAll,
      },
      recorder,
    );
    return {
      ops: driver,
      add: (dev, { resvRegions, deferredAttach }) => {
        driver.set_resv_regions(dev, resvRegions);
        if (deferredAttach) driver.set_attach_deferred(dev);
        return 0;
      },
      remove: (dev) => {
        driver.release_device(dev);
      },
      ranges: (domain) => to_table_domain(domain).table.ranges(),
      mappedPages: (domain) => to_table_domain(domain).table.mapped_pages,
      read: (...access) => dma_read(k, ...access),
      writable: (dev, domain, iova, length) => dma_write(k, dev, domain, iova, null, length),
      write: (dev, domain, iova, bytes) => {
        dma_write(k, dev, domain, iova, bytes, bytes.length);
      },
      pinnedPages: () => 0,
    };
  };

const onVirtio =
  (header: TranscriptHeader, recorder: Recorder, overlay: typeof virtio_iommu_c): Factory =>
  (k, iommu, dma_iommu) => {
    const virtio = new_virtio_iommu(k, iommu, dma_iommu, {
      pageSizeMask: header.pgsizeBitmap,
      inputRange: [header.apertureStart, header.apertureEnd],
      driver: recording(overlay, recorder),
    });
    const engines = new Map<device, DeviceDma>();
    let endpoints = 0;
    const of = (dev: device): DeviceDma => {
      const engine = engines.get(dev);
      if (!engine) throw new Error(`${dev.init_name} has no endpoint`);
      return engine;
    };
    return {
      ops: virtio.driver,
      add: (dev) => {
        engines.set(dev, virtio.add_endpoint(dev, ++endpoints));
        dev.iommu = new dev_iommu(); // by hand, as the group
        return virtio.driver.probe_device(dev);
      },
      remove: (dev) => {
        virtio.driver.release_device(dev);
        virtio.remove_endpoint(dev);
        engines.delete(dev);
      },
      ranges,
      mappedPages: (domain) => ranges(domain).reduce((sum, { size }) => sum + size / PAGE_SIZE, 0),
      read: (dev, _, iova, length) => {
        const bytes = new Uint8Array(length);
        return of(dev).read(iova, bytes) ? bytes : null;
      },
      writable: (dev, _, iova, length) => of(dev).reachable(iova, length, VFIO_DMA_MAP_FLAG_WRITE),
      write: (dev, _, iova, bytes) => {
        of(dev).write(iova, bytes);
      },
      pinnedPages: () => virtio.vfio.pages.total,
    };
  };

/** A driver whose calls are told as those of the table driver are: when they have succeeded. */
function recording(base: typeof virtio_iommu_c, recorder: Recorder): typeof virtio_iommu_c {
  return class extends base {
    override map(...call: Parameters<virtio_iommu_c['map']>): number {
      const ret = super.map(...call);
      const [, iova, paddr, size, prot] = call;
      if (ret === 0) recorder.map(iova, paddr, size, prot);
      return ret;
    }

    override unmap(...call: Parameters<virtio_iommu_c['unmap']>): number {
      const unmapped = super.unmap(...call);
      if (unmapped > 0) recorder.unmap(call[1], unmapped);
      return unmapped;
    }

    override iotlb_sync(...call: Parameters<virtio_iommu_c['iotlb_sync']>): void {
      super.iotlb_sync(...call);
      recorder.sync();
    }
  };
}

/** What the driver keeps of a domain: of the permissions those that the device has. */
function ranges(domain: iommu_domain): mapped_range[] {
  if (!(domain instanceof viommu_domain)) throw new TypeError('not a domain of virtio-iommu');
  const all: mapped_range[] = [];
  let last: mapped_range | undefined;
  let node = interval_tree_iter_first(domain.mappings, 0, U64_MAX);
  for (; node; node = interval_tree_iter_next(node, 0, U64_MAX)) {
    const { start, last: end } = node;
    const iova = dma_addr_t(start);
    const { flags } = node.owner;
    const prot =
      (flags & VIRTIO_IOMMU_MAP_F_READ ? IOMMU_READ : 0) |
      (flags & VIRTIO_IOMMU_MAP_F_WRITE ? IOMMU_WRITE : 0) |
      (flags & VIRTIO_IOMMU_MAP_F_MMIO ? IOMMU_MMIO : 0);
    const size = end - start + 1;
    if (last?.prot === prot && last.iova + last.size === iova) last.size += size;
    else all.push((last = { iova, size, prot }));
  }
  return all;
}
