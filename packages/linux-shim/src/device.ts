// SPDX-License-Identifier: GPL-2.0-only
// Devices, buses and PCI. C: include/linux/device.h, pci.h, dma-mapping.h (the mask and segment helpers)

import type {
  dma_data_direction,
  dma_handle_out,
  dma_sgt_handle,
  vm_area_struct,
} from './dma-map-ops';
import type { page } from './mm';
import type { scatterlist, sg_table } from './scatterlist';
import {
  NUMA_NO_NODE,
  ULONG_MAX,
  type dma_addr_t,
  type gfp_t,
  type phys_addr_t,
  type virt_addr_t,
} from './types';
import { DMA_BIT_MASK } from './bits';

/** A type that belongs to a package above; here it is only carried about. */
export type opaque = object;

export class bus_type {
  /** The IOMMU driver of the bus (iommu-core's `iommu_ops`). */
  iommu_ops: opaque | null = null;
  constructor(readonly name: string) {}
}

/** Limits of a device's DMA engine. C: struct device_dma_parameters */
export class device_dma_parameters {
  /** Bytes; 0 stands for the default of 64 KiB. */
  max_segment_size = 0;
  min_align_mask = 0;
  /** 0 stands for no boundary. */
  segment_boundary_mask = 0;
}

export class device {
  bus: bus_type | null = null;
  /** Highest address the device can use; null: not set up. JS: `*dev->dma_mask`. */
  dma_mask: number | null = DMA_BIT_MASK(32);
  coherent_dma_mask = DMA_BIT_MASK(32);
  /** Highest address the bus can carry; 0: no limit. */
  bus_dma_limit = 0;
  dma_parms: device_dma_parameters | null = new device_dma_parameters();
  numa_node = NUMA_NO_NODE;
  dma_coherent = true;
  dma_ops: dma_map_ops | null = null;
  /** iommu-core's `iommu_group`. */
  iommu_group: opaque | null = null;
  /** iommu-core's `dev_iommu`. */
  iommu: opaque | null = null;

  constructor(readonly init_name: string) {}
}

/**
 * What the DMA API asks of a device's translation. C: include/linux/dma-map-ops.h; here because devices point at it
 */
export interface dma_map_ops {
  alloc(dev: device, size: number, handle: dma_handle_out, gfp: gfp_t, attrs: number): virt_addr_t;
  free(dev: device, size: number, cpu_addr: virt_addr_t, handle: dma_addr_t, attrs: number): void;
  alloc_pages(
    dev: device,
    size: number,
    handle: dma_handle_out,
    dir: dma_data_direction,
    gfp: gfp_t,
  ): page | null;
  free_pages(dev: device, size: number, p: page, handle: dma_addr_t, dir: dma_data_direction): void;
  /** The table is inside a dma_sgt_handle; JS: the handle itself is returned. */
  alloc_noncontiguous?(
    dev: device,
    size: number,
    dir: dma_data_direction,
    gfp: gfp_t,
    attrs: number,
  ): dma_sgt_handle | null;
  free_noncontiguous?(
    dev: device,
    size: number,
    sgt: dma_sgt_handle,
    dir: dma_data_direction,
  ): void;
  mmap(
    dev: device,
    vma: vm_area_struct,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    size: number,
    attrs: number,
  ): number;
  get_sgtable(
    dev: device,
    sgt: sg_table,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    size: number,
    attrs: number,
  ): number;
  map_page(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t;
  unmap_page(
    dev: device,
    handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void;
  map_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): number;
  unmap_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): void;
  sync_single_for_cpu(dev: device, handle: dma_addr_t, size: number, dir: dma_data_direction): void;
  sync_single_for_device(
    dev: device,
    handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void;
  sync_sg_for_cpu(dev: device, sg: scatterlist, nents: number, dir: dma_data_direction): void;
  sync_sg_for_device(dev: device, sg: scatterlist, nents: number, dir: dma_data_direction): void;
  map_resource(
    dev: device,
    phys: phys_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t;
  unmap_resource(
    dev: device,
    handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void;
  get_merge_boundary(dev: device): number;
}

/** An address range of a host bridge. C: include/linux/ioport.h, resource_ext.h */
export interface resource_entry {
  readonly res: { readonly start: phys_addr_t; readonly end: phys_addr_t; readonly flags: number };
  readonly offset: number;
}

export const IORESOURCE_MEM = 0x00000200;

export class pci_host_bridge {
  /** CPU windows to the bus. */
  readonly windows: resource_entry[] = [];
  /** What the bus can reach, sorted; empty: everything. */
  readonly dma_ranges: resource_entry[] = [];
}

export class pci_bus {
  constructor(readonly bridge: pci_host_bridge = new pci_host_bridge()) {}
}

/** JS: extends device, which the C embeds, so that to_pci_dev() is a check. */
export class pci_dev extends device {
  /** Set by firmware for ports anyone can plug into. */
  untrusted = false;
  pci_bus = new pci_bus();
}

export class msi_desc {
  /** iommu-dma's page for the doorbell. */
  iommu_cookie: opaque | null = null;
  constructor(readonly dev: device) {}
}

export class msi_msg {
  address_lo = 0;
  address_hi = 0;
  data = 0;
}

export function dev_name(dev: device): string {
  return dev.init_name;
}

export function dev_to_node(dev: device): number {
  return dev.numa_node;
}

export function dev_is_pci(dev: device): boolean {
  return dev.bus?.name === 'pci';
}

export function to_pci_dev(dev: device): pci_dev {
  if (!(dev instanceof pci_dev))
    throw new TypeError(`${dev.init_name} is on the PCI bus but is no pci_dev`);
  return dev;
}

export function pci_find_host_bridge(bus: pci_bus): pci_host_bridge {
  return bus.bridge;
}

export function dev_is_dma_coherent(dev: device): boolean {
  return dev.dma_coherent;
}

export function msi_desc_to_dev(desc: msi_desc): device {
  return desc.dev;
}

/** The streaming mask, 32 bits if there is none. C: include/linux/dma-mapping.h */
export function dma_get_mask(dev: device): number {
  return dev.dma_mask ? dev.dma_mask : DMA_BIT_MASK(32);
}

/** Bytes. C: include/linux/dma-mapping.h */
export function dma_get_max_seg_size(dev: device): number {
  return dev.dma_parms?.max_segment_size ? dev.dma_parms.max_segment_size : 65536;
}

/** C: include/linux/dma-mapping.h */
export function dma_get_seg_boundary(dev: device): number {
  return dev.dma_parms?.segment_boundary_mask ? dev.dma_parms.segment_boundary_mask : ULONG_MAX;
}

/** C: include/linux/dma-mapping.h */
export function dma_get_min_align_mask(dev: device): number {
  return dev.dma_parms ? dev.dma_parms.min_align_mask : 0;
}
