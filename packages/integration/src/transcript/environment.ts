// SPDX-License-Identifier: GPL-2.0-only
// The environment a header describes: one machine, one domain, its devices, buffers and mappings.

import {
  DMA_BIT_MASK,
  PAGE_SIZE,
  bus_type,
  device,
  type dma_addr_t,
  type dma_data_direction,
  type dma_sgt_handle,
  type machine_parts,
  type page,
  pci_dev,
  type phys_addr_t,
  phys_addr_t as to_phys,
  type scatterlist,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { type overlays, type running_machine, boot } from '../boot';
import { TranscriptError } from './error';
import { Groups, type Refuse } from './groups';
import type { DeviceDescription, TranscriptHeader } from './header';
import { type TranscriptIommu, iommuOf } from './iommu';
import { type MemoryNeeded, memoryNeeded } from './memory-needed';
import type { Transcript } from './parse';
import { type DriverCalls, Recorder } from './recorder';

/** A CPU buffer: contiguous, never freed. */
export interface CpuBuffer {
  readonly first: page;
  readonly phys: phys_addr_t;
  readonly bytes: number;
}

interface MappingBase {
  readonly dev: device;
  readonly dir: dma_data_direction;
}
export interface PageMapping extends MappingBase {
  readonly kind: 'page';
  readonly addr: dma_addr_t;
  readonly len: number;
}
export interface ResourceMapping extends MappingBase {
  readonly kind: 'resource';
  readonly addr: dma_addr_t;
  readonly len: number;
}
export interface SgMapping extends MappingBase {
  readonly kind: 'sg';
  readonly list: readonly scatterlist[];
  readonly segments: readonly (readonly [dma_addr_t, number])[];
}
export interface CoherentMapping extends MappingBase {
  readonly kind: 'coherent';
  readonly addr: dma_addr_t;
  readonly len: number;
  readonly cpu: virt_addr_t;
}
export interface NoncontiguousMapping extends MappingBase {
  readonly kind: 'noncontiguous';
  readonly addr: dma_addr_t;
  readonly len: number;
  readonly handle: dma_sgt_handle;
}
export type Mapping =
  | PageMapping
  | ResourceMapping
  | SgMapping
  | CoherentMapping
  | NoncontiguousMapping;

export interface EnvironmentOptions {
  /** Boots the recorded kernel with CONFIG_IOMMU_IO_BUFFER=n. Default false. */
  readonly withoutPool?: boolean;
  /** Subclasses of the machine's parts. */
  readonly parts?: machine_parts;
  /** Subclasses of the C's files. */
  readonly overlays?: overlays;
  /** Told what the IOMMU driver did. */
  readonly driverCalls?: DriverCalls;
  /** Memory, 4 KiB pages, where the operations are not known beforehand: for CPU buffers, and for the kernel. */
  readonly pages?: { readonly buffers: number; readonly kernel: number };
}

const refuse: Refuse = (reason) => {
  throw new TranscriptError(1, `device: ${reason}`);
};

export class Environment {
  readonly m: running_machine;
  readonly recorder: Recorder;
  readonly iommu: TranscriptIommu;
  readonly groups: Groups;
  readonly devices = new Map<number, device>();
  readonly buffers = new Map<number, CpuBuffer>();
  readonly mappings = new Map<number, Mapping>();
  /** The list object of the latest map_sg of an id, mapped or not. */
  readonly lists = new Map<number, readonly scatterlist[]>();
  private readonly pciBus = new bus_type('pci');
  private readonly platformBus = new bus_type('platform');
  private nextLowmem: number;
  private nextHighmem: number;

  constructor(
    private readonly transcript: Transcript,
    {
      withoutPool = false,
      parts = {},
      driverCalls = {},
      overlays = {},
      pages,
    }: EnvironmentOptions = {},
  ) {
    const { header } = transcript;
    this.recorder = new Recorder(driverCalls);
    const need: MemoryNeeded = pages
      ? { lowmem: 1 + pages.buffers, highmem: 0, buddy: pages.kernel }
      : memoryNeeded(transcript, overlays.io_buffer_pool !== undefined);
    // The overlay is for the driver made here, which boot() does not know; on a table boot() refuses it.
    const { virtio_iommu: overlay, ...others } = overlays;
    const makeIommu = iommuOf(header, this.recorder, overlay);
    let iommu: TranscriptIommu | undefined;
    this.m = boot({
      patches: header.stage,
      config: fixedConfig(header.ioBuffer && !withoutPool),
      params: [
        `io_buffer_pool.num_slots=${String(header.numSlots)}`,
        `io_buffer_pool.class_sizes=${String(header.classSizes)}`,
        `iommu.strict=${header.strict ? '1' : '0'}`,
        `iommu.forcedac=${header.forcedac ? '1' : '0'}`,
      ].join(' '),
      kdump: header.kdump,
      machine: {
        memory: {
          nodes: [
            {
              lowmem_pages: need.buddy,
              highmem_pages: header.bouncePagesInHighmem ? need.buddy : 0,
            },
          ],
          reserved_pages: need.lowmem,
          reserved_highmem_pages: need.highmem,
        },
        timers: 'exact', // as the recorder's
        nr_cpus: header.nrCpus,
        swiotlb_slabs: header.swiotlbSlabs,
        poison: header.poison,
        parts,
      },
      overlays: header.driver === 'virtio' ? others : overlays,
      driver: (...machine) => (iommu = makeIommu(...machine)).ops,
    });
    if (!iommu) throw new Error('boot made no IOMMU');
    this.iommu = iommu;
    this.groups = new Groups(iommu, this.m.iommu, this.pciBus);
    this.m.k.arch.on_cache_op(this.recorder.cacheOp);
    this.pciBus.iommu_ops = this.platformBus.iommu_ops = iommu.ops;
    this.nextLowmem = this.m.k.reserved_pfn;
    this.nextHighmem =
      this.m.k.mm.max_pfn - (header.bouncePagesInHighmem ? need.buddy : 0) - need.highmem;

    this.declareDevice(0, header.device);
    this.recorder.take();
  }

  /** The domain of device 0, and of all devices in version 1. */
  get domain(): iommu_domain {
    const domain = this.groups.domainOf(this.header.device.group);
    if (!domain) throw new Error('device 0 was not declared');
    return domain;
  }

  get header(): TranscriptHeader {
    return this.transcript.header;
  }

  /**
   * Makes a device and puts it into its group; attached to the group's domain unless that is deferred.
   * @param fail throws what says why this cannot be done
   */
  declareDevice(id: number, d: DeviceDescription, fail: Refuse = refuse): device {
    const name = `device ${String(id)}`;
    const dev = d.pci ? new pci_dev(name) : new device(name);
    if (dev instanceof pci_dev) dev.untrusted = d.untrusted;
    dev.bus = d.pci ? this.pciBus : this.platformBus;
    dev.dma_mask = DMA_BIT_MASK(d.dmaMaskBits);
    dev.coherent_dma_mask = DMA_BIT_MASK(d.coherentDmaMaskBits);
    dev.bus_dma_limit = d.busDmaLimit;
    dev.dma_coherent = d.coherent;
    dev.numa_node = d.node;
    if (dev.dma_parms) {
      dev.dma_parms.max_segment_size = d.maxSegSize;
      dev.dma_parms.segment_boundary_mask = d.segBoundaryMask;
      dev.dma_parms.min_align_mask = d.minAlignMask;
    }
    if (this.iommu.add(dev, d) !== 0)
      fail('the IOMMU does not take the device: is a failure armed?');
    this.groups.join(d.group, dev, !d.deferredAttach, fail);
    this.devices.set(id, dev);
    return dev;
  }

  /**
   * Takes a device away, as iommu_release_device does.
   * @param fail throws what says why this cannot be done
   */
  removeDevice(id: number, dev: device, fail: Refuse): void {
    for (const [map, { dev: owner }] of this.mappings)
      if (owner === dev) fail(`its mapping ${String(map)} is live`);
    this.groups.leave(dev, fail);
    this.devices.delete(id);
  }

  /** Takes contiguous, zeroed memory for a CPU buffer. */
  addBuffer(id: number, pages: number, highmem: boolean): void {
    const pfn = highmem ? this.nextHighmem : this.nextLowmem;
    // A page is left free behind each, so that no two are contiguous.
    if (highmem) this.nextHighmem += pages + 1;
    else this.nextLowmem += pages + 1;
    const phys = to_phys(pfn * PAGE_SIZE);
    this.buffers.set(id, { first: this.m.k.mm.pfn_to_page(pfn), phys, bytes: pages * PAGE_SIZE });
  }
}

/** The format's Kconfig: only the pool is a choice. */
function fixedConfig(ioBuffer: boolean): { value(name: string): string | undefined } {
  const options = new Map([
    ['IOMMU_API', 'y'],
    ['IOMMU_IOVA', 'y'],
    ['IOMMU_DMA', 'y'],
    ['IOMMU_IO_BUFFER', ioBuffer ? 'y' : 'n'],
    ['SWIOTLB', 'y'],
    ['DMA_REMAP', 'y'],
  ]);
  return { value: (name) => options.get(name) };
}
