// SPDX-License-Identifier: GPL-2.0-only
// What the kit asks of an implementation of the DMA API: the calls of a driver, and the CPU's and the device's accesses.

/** to: the device reads; from: it writes; both. C: enum dma_data_direction */
export type DmaDirection = 'to' | 'from' | 'both';

/** Memory for the CPU. */
export interface CpuRange {
  readonly address: number;
  readonly bytes: number;
}

/** Memory for the device. */
export interface DmaRange {
  readonly dma: number;
  readonly bytes: number;
}

/** The method names are those of the kernel without `dma_`. */
export interface DmaSubject {
  /** Bytes of a page: buffers share pages with other data. */
  readonly pageBytes: number;
  /** Memory of drivers that the kit uses: whole pages, at least 64. Nobody else writes there. */
  readonly memory: CpuRange;

  cpuRead(address: number, bytes: number): Uint8Array;
  cpuWrite(address: number, data: Uint8Array): void;
  /** An access of the device; null, or false: it faults, and nothing is done. */
  deviceRead(dma: number, bytes: number): Uint8Array | null;
  deviceWrite(dma: number, data: Uint8Array): boolean;

  /** @returns the device address, or null: it cannot be mapped */
  map_page(address: number, bytes: number, direction: DmaDirection): number | null;
  unmap_page(dma: number, bytes: number, direction: DmaDirection): void;
  /** @returns the device's ranges, as many as there are pieces or fewer; null: it cannot be mapped */
  map_sg(pieces: readonly CpuRange[], direction: DmaDirection): readonly DmaRange[] | null;
  /** @param segments what map_sg returned */
  unmap_sg(
    pieces: readonly CpuRange[],
    segments: readonly DmaRange[],
    direction: DmaDirection,
  ): void;
  sync_single_for_cpu(dma: number, bytes: number, direction: DmaDirection): void;
  sync_single_for_device(dma: number, bytes: number, direction: DmaDirection): void;
  /** Cleared memory that both see at once; null: there is none. */
  alloc_coherent(bytes: number): { readonly address: number; readonly dma: number } | null;
  free_coherent(address: number, dma: number, bytes: number): void;

  /** Time passes until all is done that was put off: queues, timers. Default: nothing is put off. */
  settle?(): void;
  /** What it holds, in bytes: bounce buffers, addresses. Default: leaks are not looked for. */
  held?(): number;
}
