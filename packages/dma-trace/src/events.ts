// SPDX-License-Identifier: GPL-2.0-only
// The typed events of a trace: one interface per kind, told apart by `kind`.
import type { Direction, EventHead } from './event-head';
import type { PoolEvent } from './pool-events';

export * from './event-head'; // what every line has
export * from './pool-events'; // lines of a kernel with the series

/** iommu:map. */
export interface IommuMap extends EventHead {
  kind: 'iommuMap';
  iova: number;
  paddr: number;
  size: number;
}

/** iommu:unmap; `size` was asked for, `unmapped` was done. */
export interface IommuUnmap extends EventHead {
  kind: 'iommuUnmap';
  iova: number;
  size: number;
  unmapped: number;
}

/** iommu:io_page_fault. */
export interface IoPageFault extends EventHead {
  kind: 'ioPageFault';
  driver: string;
  device: string;
  /** Above 2^53 the nearest double. */
  iova: number;
  faultFlags: number;
}

/** iommu:attach_device_to_domain and iommu:detach_device_from_domain. */
export interface AttachDetach extends EventHead {
  kind: 'attach' | 'detach';
  device: string;
}

/** iommu:add_device_to_group and iommu:remove_device_from_group. */
export interface GroupChange extends EventHead {
  kind: 'groupAdd' | 'groupRemove';
  device: string;
  group: number;
}

/** dma_map_page, dma_map_phys (6.18 and later) and dma_map_resource; `resource` for the last and for MMIO. */
export interface MapPage extends EventHead {
  kind: 'mapPage';
  call: 'page' | 'phys' | 'resource';
  resource: boolean;
  device: string;
  dir: Direction;
  dmaAddr: number;
  size: number;
  phys: number;
  attrs: number;
  otherAttrs: string;
}

/** The unmap calls of MapPage. */
export interface UnmapPage extends EventHead {
  kind: 'unmapPage';
  call: 'page' | 'phys' | 'resource';
  resource: boolean;
  device: string;
  dir: Direction;
  dmaAddr: number;
  size: number;
  attrs: number;
  otherAttrs: string;
}

/** dma_map_sg: the DMA segments of the result, but of the input entries only the physical addresses. */
export interface MapSg extends EventHead {
  kind: 'mapSg';
  device: string;
  dir: Direction;
  /** Entries of the input and of the result; more than the arrays hold when `truncated`. */
  nents: number;
  ents: number;
  truncated: boolean;
  dmaAddrs: number[];
  sizes: number[];
  physAddrs: number[];
  attrs: number;
  otherAttrs: string;
}

/** dma_unmap_sg: neither DMA address nor length; to be paired by device and physical addresses. */
export interface UnmapSg extends EventHead {
  kind: 'unmapSg';
  device: string;
  dir: Direction;
  physAddrs: number[];
  attrs: number;
  otherAttrs: string;
}

/** dma_map_sg_err; the kernel prints the array as `dma_addrs`, but it holds physical addresses. */
export interface MapSgErr extends EventHead {
  kind: 'mapSgErr';
  device: string;
  dir: Direction;
  physAddrs: number[];
  err: number;
  attrs: number;
  otherAttrs: string;
}

/** dma_sync_single_for_cpu and _for_device. */
export interface SyncSingle extends EventHead {
  kind: 'syncSingle';
  forCpu: boolean;
  device: string;
  dir: Direction;
  dmaAddr: number;
  size: number;
}

/** dma_sync_sg_for_cpu and _for_device. */
export interface SyncSg extends EventHead {
  kind: 'syncSg';
  forCpu: boolean;
  device: string;
  dir: Direction;
  dmaAddrs: number[];
  sizes: number[];
}

/** Which allocator: dma_alloc, dma_alloc_pages, dma_alloc_sgt, dma_alloc_sgt_err (and their dma_free_*). */
export type AllocForm = 'coherent' | 'pages' | 'sgt' | 'sgtErr';

interface Allocation extends EventHead {
  form: AllocForm;
  device: string;
  /** Null in the first layout of Linux 6.12. */
  dir: Direction | null;
  dmaAddr: number;
  size: number;
  /** Hashed by the kernel: good for comparison only. Null where the layout has none. */
  virtAddr: string | null;
  /** The first layout of Linux 6.12 prints this one in its place. */
  phys: number | null;
  /** For sg tables. */
  physAddrs: number[];
  attrs: number;
  otherAttrs: string;
}

export interface DmaAlloc extends Allocation {
  kind: 'dmaAlloc';
  gfp: string;
}

export interface DmaFree extends Allocation {
  kind: 'dmaFree';
}

/** What probes on the dma_iova_* functions have in common. Such calls have no event of the kernel's own. */
interface IovaCall extends EventHead {
  device: string;
  /** The caller's struct dma_iova_state, by which the calls of one request belong together; null if it was not probed. */
  state: string | null;
}

/** dma_iova_try_alloc: a range of IOVAs for a request. */
export interface IovaAlloc extends IovaCall {
  kind: 'iovaAlloc';
  phys: number;
  size: number;
}

/** The return of dma_iova_try_alloc. */
export interface IovaAllocResult extends EventHead {
  kind: 'iovaAllocResult';
  ok: boolean;
}

/** dma_iova_link and dma_iova_unlink: a piece of the range. */
export interface IovaPiece extends IovaCall {
  kind: 'iovaLink' | 'iovaUnlink';
  /** Of the range, not of the piece. */
  dmaAddr: number;
  /** Bytes into the range. */
  offset: number;
  size: number;
  /** Null for unlink. */
  phys: number | null;
  dir: Direction;
  attrs: number;
}

/** dma_iova_sync: the pieces are linked, the device may use them. */
export interface IovaSync extends IovaCall {
  kind: 'iovaSync';
  dmaAddr: number;
  offset: number;
  size: number;
}

/** dma_iova_destroy, and dma_iova_free with a size of 0. */
export interface IovaDestroy extends IovaCall {
  kind: 'iovaDestroy';
  dmaAddr: number;
  /** Bytes that are mapped; 0 if nothing is, or no longer. */
  size: number;
  /** Null for dma_iova_free. */
  dir: Direction | null;
  attrs: number;
}

/** swiotlb:swiotlb_bounced. */
export interface SwiotlbBounced extends EventHead {
  kind: 'swiotlbBounced';
  device: string;
  dmaMask: number;
  devAddr: number;
  size: number;
  force: boolean;
}

/** Text that user space wrote to trace_marker. */
export interface Marker extends EventHead {
  kind: 'marker';
  text: string;
}

/** A well formed line of an event that this reader has no type for. */
export interface OtherEvent extends EventHead {
  kind: 'other';
  name: string;
  text: string;
}

/** The tracer dropped events before this place of its CPU. Most tracers print no time with it. */
export interface LostEvents {
  kind: 'lost';
  line: number;
  /** Null when the tracer does not say which. */
  cpu: number | null;
  /** Null when the tracer does not know how many. */
  count: number | null;
  /** They are overwritten ones of before the trace, which the file's header counts. */
  overwritten: boolean;
}

/** What a line of the kernel log is about. `other`: nothing of DMA. */
export type LogTopic =
  | 'fault'
  | 'swiotlbFull'
  | 'outOfReach'
  | 'swiotlb'
  | 'dmaDebug'
  | 'iommu'
  | 'other';

/** A line of the kernel log. */
export interface KernelLog {
  kind: 'kernelLog';
  line: number;
  /** Nanoseconds of the log's clock, seconds since boot; null where the prefix has a date or nothing. */
  timeNs: number | null;
  topic: LogTopic;
  /** As the message names it; null if it names none. */
  device: string | null;
  /** Of a fault: the address it names. */
  address: number | null;
  /** Of a fault: null if the message does not say. */
  write: boolean | null;
  /** Of a fault: the address space of the device, a process's most often, in which the address is; null: the one of DMA. */
  pasid: number | null;
  /** Of `swiotlbFull`: bytes that were asked for; slots of 2 KiB that there are, and that are in use. */
  swiotlb: { size: number; total: number | null; used: number | null } | null;
  /** Without its prefix. */
  text: string;
}

/** Everything with a time stamp. */
export type TimedEvent =
  | IommuMap
  | IommuUnmap
  | IoPageFault
  | AttachDetach
  | GroupChange
  | MapPage
  | UnmapPage
  | MapSg
  | UnmapSg
  | MapSgErr
  | SyncSingle
  | SyncSg
  | DmaAlloc
  | DmaFree
  | IovaAlloc
  | IovaAllocResult
  | IovaPiece
  | IovaSync
  | IovaDestroy
  | SwiotlbBounced
  | Marker
  | OtherEvent
  | PoolEvent;

export type TraceEvent = TimedEvent | LostEvents | KernelLog;
