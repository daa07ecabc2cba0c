// SPDX-License-Identifier: GPL-2.0-only
// The machines that the model is held against: a state of the series, its sizes, CPUs, devices and groups.

import type { IommuDriver, JsonObject } from '@iommu-bounce/integration';

export interface ModelDevice {
  /** Devices of one group share a domain. */
  readonly group: number;
  /** Whether the caches see what it does. */
  readonly coherent: boolean;
  /** Whether it is a PCI device outside of the machine, which swiotlb is for. */
  readonly untrusted: boolean;
  /** Bytes, the longest segment that it takes. */
  readonly maxSegSize: number;
}

export interface ModelMachine {
  /** Patches of the series that are applied, 0 to 4. */
  readonly stage: 0 | 1 | 2 | 3 | 4;
  /** CONFIG_IOMMU_IO_BUFFER */
  readonly pool: boolean;
  /** Slots of each class, 1 or more. */
  readonly numSlots: number;
  /** Bit i enables the class of 4096 << i bytes. */
  readonly classSizes: number;
  readonly strict: boolean;
  readonly cpus: number;
  /** Supported page sizes, bytes. */
  readonly pageSizes: readonly number[];
  /** A table with nothing behind it, or virtio-iommu with the VMM and VFIO. */
  readonly driver: IommuDriver;
  /** Device 0, 1, 2 … */
  readonly devices: readonly ModelDevice[];
  /** Of device 0, 1, 2 …, over and over; empty: each has 48 bits. */
  readonly masks: readonly MaskBits[];
  /** Addresses that all devices report as reserved; only the table is told of them. */
  readonly windows: readonly Window[];
}

/** Bits of its addresses. */
export interface MaskBits {
  readonly streaming: number;
  readonly coherent: number;
}

/** Whole pages, first address and bytes. */
export interface Window {
  readonly start: number;
  readonly length: number;
  readonly type: 'reserved' | 'msi';
}

/** Slabs of 2 KiB: 4 MiB, more than all mappings of a run together. */
const SWIOTLB_SLABS = 2048;
const APERTURE_END = 2 ** 40 - 1;
/** Of a device where nothing else is drawn. */
const ALL_BITS: MaskBits = { streaming: 48, coherent: 48 };

/** Those of a device by its number: without masks all. */
export function maskBits({ masks }: ModelMachine, dev: number): MaskBits {
  return masks[dev % Math.max(1, masks.length)] ?? ALL_BITS;
}

/** Whether devices have a pool, reserved below the mask that the first of a group has. */
export function hasPool({ stage, pool }: ModelMachine): boolean {
  return stage === 4 && pool;
}

/** A device as transcripts describe it. */
export function deviceJson(
  { group, coherent, untrusted, maxSegSize }: ModelDevice,
  mask: MaskBits,
  { windows, driver }: ModelMachine,
): JsonObject {
  return {
    dma_mask_bits: mask.streaming,
    coherent_dma_mask_bits: mask.coherent,
    bus_dma_limit: 0,
    coherent,
    max_seg_size: maxSegSize,
    seg_boundary_mask: 0xffffffff,
    min_align_mask: 0,
    node: 0,
    pci: untrusted,
    untrusted,
    deferred_attach: false,
    group,
    ...(driver === 'table' && windows.length > 0
      ? { resv_regions: windows.map(({ start, length, type }) => [start, length, type]) }
      : {}),
  };
}

/** The first line of a transcript on this machine. */
export function headerJson(machine: ModelMachine, mask: MaskBits): JsonObject {
  const [first] = machine.devices;
  if (!first) throw new Error('a machine of the model has a device');
  return {
    format: 'dma-transcript',
    version: 2,
    stage: machine.stage,
    config: { IOMMU_IO_BUFFER: machine.pool, SWIOTLB: true },
    params: {
      num_slots: machine.numSlots,
      class_sizes: machine.classSizes,
      swiotlb_slabs: SWIOTLB_SLABS,
      forcedac: false,
    },
    domain: {
      aperture_start: 0,
      aperture_end: APERTURE_END,
      pgsize_bitmap: machine.pageSizes,
      strict: machine.strict,
      // Its driver of 5.14 has no such call: on virtio-iommu lazy mode does not defer.
      has_flush_all: machine.driver === 'table',
      ...(machine.driver === 'table' ? {} : { driver: machine.driver }),
    },
    device: deviceJson(first, mask, machine),
    nr_cpus: machine.cpus,
    jiffies_hz: 1000,
    page_size: 4096,
    poison: 0xaa,
  };
}
