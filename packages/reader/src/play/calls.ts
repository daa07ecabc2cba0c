// SPDX-License-Identifier: GPL-2.0-only
// Calls that a playback makes: a scenario, or a piece of a trace, as plain data.

export interface PlayDevice {
  readonly name: string;
  /** Whether its DMA sees the CPU's caches. Default true. */
  readonly coherent?: boolean;
  /** On a port that anyone can plug into. Default false. */
  readonly untrusted?: boolean;
  /** Bytes of its longest DMA segment. Default 64 KiB. */
  readonly maxSegment?: number;
  /** Name of a device that it shares its IOMMU group, and so its domain, with. */
  readonly groupOf?: string;
}

/** The kernel's number of a direction: both, to the device, from the device. */
export type Direction = 0 | 1 | 2;

/** Where a call was made: a task, the same with interrupts off, a soft or a hard interrupt. */
export type Level = 'task' | 'irqsOff' | 'softirq' | 'hardirq';

export interface CallBase {
  readonly caption?: string;
  /** Milliseconds that pass before the call. */
  readonly afterMs?: number;
  /** Default 0. */
  readonly cpu?: number;
  /** Default: a task. */
  readonly level?: Level;
}

export interface MapBase extends CallBase {
  /** Not that of a mapping in force. */
  readonly id: number;
  readonly device: string;
  readonly dir: Direction;
  /** DMA_ATTR_ bits. */
  readonly attrs?: number;
}

/** A part of the drivers' memory; it may go on beyond its first page. */
export interface Memory {
  /** Its first page, from 0 to the machine's `pages` - 1. */
  readonly page: number;
  /** Bytes from the start of that page. */
  readonly offset: number;
  /** Bytes, from 1 on. */
  readonly length: number;
}

export type PlayCall =
  | (CallBase & { readonly call: 'plug'; readonly device: PlayDevice })
  /** The CPU, or the device, writes a text over and over. */
  | (CallBase & Memory & { readonly call: 'cpu_write'; readonly text: string })
  | (CallBase & Memory & { readonly call: 'cpu_read' })
  | (MapBase & Memory & { readonly call: 'map_page' })
  | (MapBase & { readonly call: 'map_sg'; readonly entries: readonly Memory[] })
  | (MapBase & { readonly call: 'map_resource'; readonly phys: number; readonly length: number })
  | (MapBase & {
      readonly call: 'alloc_coherent' | 'alloc_pages' | 'alloc_noncontiguous';
      readonly length: number;
      /** Must not sleep. Default false. */
      readonly atomic?: boolean;
    })
  /** With the direction, attributes and length in bytes of the mapping, unless others are given. */
  | (CallBase & {
      readonly call: 'unmap';
      readonly id: number;
      readonly dir?: Direction;
      readonly attrs?: number;
      readonly length?: number;
    })
  /** `offset` and `length` in bytes of the mapping; a list is synced whole. */
  | (CallBase & {
      readonly call: 'sync';
      readonly id: number;
      readonly forCpu: boolean;
      readonly dir?: Direction;
      readonly offset: number;
      readonly length: number;
    })
  /** `length` bytes at the address of a mapping plus `offset`, in force or not; `device`: another one than the mapping's. */
  | (CallBase & {
      readonly call: 'device_read' | 'device_write';
      readonly id: number;
      readonly device?: string;
      readonly offset: number;
      readonly length: number;
      /** What it writes, over and over. */
      readonly text?: string;
    })
  /** Virtual milliseconds, from 0 on. */
  | (CallBase & { readonly call: 'wait'; readonly ms: number });

export interface PlayMachine {
  /** Plugged in before frame 0. */
  readonly devices: readonly PlayDevice[];
  /** Pages of the drivers' memory. */
  readonly pages: number;
  /** Pages of the page allocator. */
  readonly buddyPages: number;
  /** Kernel command line. */
  readonly params: string;
  /** Slabs of 2 KiB of swiotlb; 0: none. */
  readonly swiotlbSlabs: number;
  readonly cpus: number;
}

/** A machine and what is done on it. */
export interface PlayProgram {
  readonly machine: PlayMachine;
  readonly calls: readonly PlayCall[];
}
