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
  list_add_tail,
  list_del,
  list_for_each_entry,
  type machine_parts,
  type page,
  pci_dev,
  type phys_addr_t,
  phys_addr_t as to_phys,
  type scatterlist,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_DOMAIN_DMA,
  group_device,
  type iommu_domain,
  iommu_group,
} from '@iommu-bounce/iommu-core';
import { type overlays, type running_machine, boot } from '../boot';
import { TranscriptError } from './error';
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
  PageMapping | ResourceMapping | SgMapping | CoherentMapping | NoncontiguousMapping;

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

/** Says why a device cannot be declared, and throws. */
export type Refuse = (reason: string) => never;

const refuse: Refuse = (reason) => {
  throw new TranscriptError(1, `device: ${reason}`);
};

export class Environment {
  readonly m: running_machine;
  readonly recorder: Recorder;
  readonly iommu: TranscriptIommu;
  /** By the number of their IOMMU group; of version 1 there is one. */
  private readonly groups = new Map<number, iommu_group>();
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
      : memoryNeeded(transcript);
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
    return domainOf(this.groupOf(this.header.device.group));
  }

  /** The domain of a group, which is made with its first device. */
  domainOfGroup(id: number): iommu_domain | undefined {
    const group = this.groups.get(id);
    return group && domainOf(group);
  }

  /** The domain that a declared device is in. */
  domainOf(dev: device): iommu_domain {
    const group = dev.iommu_group as iommu_group | null;
    if (!group) throw new Error(`${dev.init_name} was not declared`);
    return domainOf(group);
  }

  private groupOf(id: number, fail: Refuse = refuse): iommu_group {
    const known = this.groups.get(id);
    if (known) return known;
    const { ops } = this.iommu;
    const domain = ops.domain_alloc(IOMMU_DOMAIN_DMA);
    if (!domain) return fail('the domain cannot be made: is a failure armed?');
    domain.ops = ops;
    domain.type = IOMMU_DOMAIN_DMA;
    domain.pgsize_bitmap = ops.pgsize_bitmap;
    const group = new iommu_group();
    group.domain = group.default_domain = domain;
    this.groups.set(id, group);
    return group;
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
    // By hand rather than by iommu_group_add_device: its allocation would be a passage of the kmalloc site.
    const member = new group_device();
    member.dev = dev;
    const group = this.groupOf(d.group, fail);
    if (group.domain !== group.default_domain) fail('its group is in another domain');
    list_add_tail(member.list, group.devices);
    dev.iommu_group = group;
    group.refs++;
    if (!d.deferredAttach && this.iommu.ops.attach_dev?.(domainOf(group), dev) !== 0)
      fail('the device is not attached: is a failure armed?');
    this.devices.set(id, dev);
    return dev;
  }

  /**
   * Takes a device away, as iommu_release_device does; its group and domain stay.
   * @param fail throws what says why this cannot be done
   */
  removeDevice(id: number, dev: device, fail: Refuse): void {
    for (const [map, { dev: owner }] of this.mappings)
      if (owner === dev) fail(`its mapping ${String(map)} is live`);
    const group = dev.iommu_group as iommu_group;
    const all = [...list_for_each_entry(group.devices)];
    const member = all.find((one) => one.dev === dev);
    if (!member) throw new Error(`${dev.init_name} is in no group`);
    if (all.length === 1) fail('it is the last of its group');
    this.iommu.remove(dev);
    list_del(member.list);
    dev.iommu_group = null;
    group.refs--;
    this.devices.delete(id);
  }

  /** Attaches a group to a domain of its own user, as VFIO does. @returns 0 or a negative error */
  lendGroup(id: number, fail: Refuse): number {
    const group = this.knownGroup(id, fail);
    if (group.domain !== group.default_domain) fail('the group is in another domain already');
    const { iommu } = this.m;
    const domain = iommu.iommu_domain_alloc(this.pciBus);
    return domain ? iommu.iommu_attach_group(domain, group) : -12; // -ENOMEM
  }

  /** Back to its default domain; the other one goes. */
  returnGroup(id: number, fail: Refuse): void {
    const group = this.knownGroup(id, fail);
    const { domain } = group;
    if (domain === null || domain === group.default_domain) return fail('the group is not lent');
    const { iommu } = this.m;
    iommu.iommu_detach_group(domain, group);
    iommu.iommu_domain_free(domain);
  }

  private knownGroup(id: number, fail: Refuse): iommu_group {
    return this.groups.get(id) ?? fail(`no device was declared in group ${String(id)}`);
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

/** The one that the DMA API maps in, made with the group; it may be lent to another. */
function domainOf({ default_domain }: iommu_group): iommu_domain {
  if (!default_domain) throw new Error('a group without a domain');
  return default_domain;
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
