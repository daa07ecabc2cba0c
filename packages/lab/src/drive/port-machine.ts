// SPDX-License-Identifier: GPL-2.0-only
// The ported kernel with the devices of a trace plugged in, and a view on what its IOMMU does.

import {
  DMA_BIT_MASK,
  bus_type,
  type device,
  type machine,
  type page,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain, iommu_group } from '@iommu-bounce/iommu-core';
import type { OptionValues } from '@iommu-bounce/kconfig-options';
import {
  type IommuDriver,
  MSI_WINDOW,
  type MachineOnIommu,
  bootOn,
  pool_of,
  type running_machine,
} from '@iommu-bounce/integration';
import type { io_buffer_class, io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import {
  COUNTED_OVERLAYS,
  type RecordedDevice,
  type RecordedMachineFacts,
  StepCounter,
  groupMate,
  raiseSegmentSize,
  recordedPageSizes,
  recordedPciDevice,
  virtio_iommu_deferred_flush_6_8,
} from '@iommu-bounce/simulation';
import { type IommuListener, IommuWatch } from './iommu-watch';
import { DRIVE_PARTS, type DriveParts, drivePartsOf } from './machine-parts';

export interface PortDevice {
  readonly name: string;
  readonly dev: device;
  readonly domain: iommu_domain;
  readonly pool: io_buffer_pool | null;
}

export interface MachineSetup extends RecordedMachineFacts {
  readonly driver: IommuDriver;
  readonly patches: 0 | 1 | 2 | 3 | 4;
  /** Options of the kernel, or a .config. */
  readonly config: OptionValues | string;
  readonly params: string;
  /** IOTLBs are flushed lazily, which the v5.13 driver of virtio-iommu cannot: then it is that of v6.8. */
  readonly lazy: boolean;
}

export class PortMachine {
  readonly m: running_machine;
  readonly k: machine;
  readonly parts: DriveParts;
  readonly devices = new Map<string, PortDevice>();
  /** What costs time, since it was last asked. */
  readonly steps = new StepCounter();
  private readonly watch = new IommuWatch();
  private readonly machine: MachineOnIommu;

  constructor(setup: MachineSetup) {
    const virtio = setup.driver === 'virtio';
    this.machine = bootOn(
      setup.driver,
      {
        patches: setup.patches,
        config: setup.config,
        params: setup.params,
        machine: {
          memory: {
            nodes: [{ lowmem_pages: setup.buddyPages }],
            reserved_pages: setup.windowFrames,
            bytes: false, // a capture has none
          },
          nr_cpus: setup.cpus,
          HZ: setup.hz,
          jiffies: setup.jiffies,
          parts: DRIVE_PARTS,
        },
        overlays: {
          ...COUNTED_OVERLAYS,
          ...(setup.lazy && virtio ? { virtio_iommu: virtio_iommu_deferred_flush_6_8 } : {}),
        },
      },
      {
        pageSizeMask: recordedPageSizes(setup.threePageSizes),
        // The recorded kernel mapped it all, so no limit stood in its way.
        ...(virtio
          ? { dmaEntryLimit: Infinity, hooks: this.watch.virtio.hooks }
          : { table: this.steps.table }),
        watch: this.watch,
      },
    );
    this.m = this.machine.m;
    this.k = this.m.k;
    this.parts = drivePartsOf(this.k);
    this.steps.connect(this.machine);
    this.watch.watch(this.machine);
    const bus = new bus_type('pci');
    for (const facts of setup.devices) this.plugIn(facts, bus, setup.groups);
  }

  /** Whether virtio-iommu stands behind the driver. */
  get hasVirtio(): boolean {
    return this.machine.virtio !== null;
  }

  /** Connects the trace points, and the counts of virtio-iommu. */
  listen(listener: IommuListener): void {
    this.watch.listen(listener);
  }

  pageOf(pfn: number): page {
    return this.k.mm.pfn_to_page(pfn);
  }

  /** A device as the PCI code makes it; its driver raises the mask later, when the pool exists already. */
  private plugIn(
    facts: RecordedDevice,
    bus: bus_type,
    groups: RecordedMachineFacts['groups'],
  ): void {
    const dev = recordedPciDevice(facts, bus);
    const group = groupMate(facts.name, groups, this.devices)?.dev.iommu_group;
    if (group) this.watch.shareGroup(dev, group as iommu_group);
    const domain = this.machine.plug(dev, MSI_WINDOW);
    this.watch.virtio.addDomain(domain);
    this.k.dma.dma_set_mask(dev, DMA_BIT_MASK(64));
    this.k.dma.dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
    raiseSegmentSize(dev, facts);
    this.devices.set(facts.name, {
      name: facts.name,
      dev,
      domain,
      pool: pool_of(domain),
    });
  }
}

/** A slot of a pool. */
export interface SlotPlace {
  readonly klass: io_buffer_class;
  readonly classSize: number;
  readonly slot: number;
}

/** The slot that an address lies in, or null if the pool has none there. */
export function slotAt(pool: io_buffer_pool | null, iova: number): SlotPlace | null {
  for (const klass of pool?.classes ?? []) {
    const slot = Math.floor((iova - klass.iova_base) / klass.buffer_size);
    if (slot >= 0 && slot < klass.slots.length)
      return { klass, classSize: klass.buffer_size, slot };
  }
  return null;
}

/** The class that a size would be served by. */
export function classFor(pool: io_buffer_pool | null, size: number): io_buffer_class | null {
  return pool?.classes.find((klass) => size <= klass.buffer_size) ?? null;
}
