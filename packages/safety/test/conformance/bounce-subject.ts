// SPDX-License-Identifier: GPL-2.0-only
// The simplest implementation that keeps every rule: each mapping has a buffer of its own, exact to the byte, and the device
// reaches nothing else. Each of its steps can be spoiled.

import type { CpuRange, DmaDirection, DmaRange, DmaSubject } from '@iommu-bounce/safety';

const PAGE = 4096;
const PAGES = 64;
/** Device addresses are far apart, so that neighbours are nobody's. */
const APART = 2 ** 24;

interface Window {
  readonly pieces: readonly CpuRange[];
  readonly data: Uint8Array;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  readonly isCoherent: boolean;
  /** The driver has taken all of it with a sync: the unmap copies nothing. */
  isCpus: boolean;
}

export class BounceSubject implements DmaSubject {
  readonly pageBytes: number = PAGE;
  readonly memory = { address: PAGE, bytes: PAGES * PAGE };
  protected readonly ram = new Uint8Array(256 * PAGE);
  protected readonly windows = new Map<number, Window>();
  protected next = APART;
  private top = (PAGES + 1) * PAGE;

  cpuRead(address: number, bytes: number): Uint8Array {
    return this.ram.slice(address, address + bytes);
  }

  cpuWrite(address: number, data: Uint8Array): void {
    this.ram.set(data, address);
  }

  deviceRead(dma: number, bytes: number): Uint8Array | null {
    const found = this.find(dma, bytes);
    return found?.mayRead ? this.bytesOf(found, dma, bytes).slice() : null;
  }

  deviceWrite(dma: number, data: Uint8Array): boolean {
    const found = this.find(dma, data.length);
    if (!found?.mayWrite) return false;
    this.bytesOf(found, dma, data.length).set(data);
    return true;
  }

  map_page(address: number, bytes: number, direction: DmaDirection): number | null {
    return this.open([{ address, bytes }], direction, false);
  }

  unmap_page(dma: number, _bytes: number, direction: DmaDirection): void {
    if (direction !== 'to' && this.find(dma, 1)?.isCpus !== true) this.copyBack(dma);
    this.close(dma);
  }

  map_sg(pieces: readonly CpuRange[], direction: DmaDirection): readonly DmaRange[] | null {
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    return [{ dma: this.open(pieces, direction, false), bytes }];
  }

  unmap_sg(
    _pieces: readonly CpuRange[],
    segments: readonly DmaRange[],
    direction: DmaDirection,
  ): void {
    for (const { dma, bytes } of segments) this.unmap_page(dma, bytes, direction);
  }

  sync_single_for_cpu(dma: number, bytes: number, direction: DmaDirection): void {
    if (direction !== 'to') this.copyBack(dma, bytes);
    this.hand(dma, bytes, true);
  }

  sync_single_for_device(dma: number, bytes: number, direction: DmaDirection): void {
    if (direction !== 'from') this.copyIn(dma, bytes);
    this.hand(dma, bytes, false);
  }

  alloc_coherent(bytes: number): { readonly address: number; readonly dma: number } | null {
    const address = this.top;
    this.top += Math.ceil(bytes / PAGE) * PAGE;
    this.ram.fill(0, address, address + bytes);
    return { address, dma: this.open([{ address, bytes }], 'both', true) };
  }

  free_coherent(_address: number, dma: number, _bytes: number): void {
    this.close(dma);
  }

  held(): number {
    return [...this.windows.values()].reduce((sum, { data }) => sum + data.length, 0);
  }

  protected open(
    pieces: readonly CpuRange[],
    direction: DmaDirection,
    isCoherent: boolean,
  ): number {
    const dma = this.next;
    this.next += APART;
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    const rights = { mayRead: direction !== 'from', mayWrite: direction !== 'to' };
    this.windows.set(dma, {
      pieces,
      data: new Uint8Array(bytes),
      ...rights,
      isCoherent,
      isCpus: false,
    });
    this.copyIn(dma);
    return dma;
  }

  /** To the CPU, or to the device: a part of it goes to neither. */
  private hand(dma: number, bytes: number, isCpus: boolean): void {
    const found = this.find(dma, bytes);
    if (found) found.isCpus = isCpus && bytes === found.data.length;
  }

  protected close(dma: number): void {
    this.windows.delete(dma);
  }

  /** From the buffer to memory. */
  protected copyBack(dma: number, bytes = Infinity): void {
    this.copy(dma, bytes, (data, address, at, n) => {
      this.ram.set(data.subarray(at, at + n), address);
    });
  }

  /** From memory to the buffer. */
  protected copyIn(dma: number, bytes = Infinity): void {
    this.copy(dma, bytes, (data, address, at, n) => {
      data.set(this.ram.subarray(address, address + n), at);
    });
  }

  private copy(
    dma: number,
    bytes: number,
    move: (data: Uint8Array, address: number, at: number, n: number) => void,
  ): void {
    const base = Math.floor(dma / APART) * APART;
    const { data, pieces } = this.windows.get(base) as Window;
    const [from, to] = [dma - base, Math.min(data.length, dma - base + bytes)];
    let at = 0;
    for (const piece of pieces) {
      const [first, last] = [Math.max(from, at), Math.min(to, at + piece.bytes)];
      if (first < last) move(data, piece.address + first - at, first, last - first);
      at += piece.bytes;
    }
  }

  protected find(dma: number, bytes: number): Window | null {
    const found = this.windows.get(Math.floor(dma / APART) * APART);
    return found && (dma % APART) + bytes <= found.data.length ? found : null;
  }

  private bytesOf({ pieces, data, isCoherent }: Window, dma: number, bytes: number): Uint8Array {
    const at = dma % APART;
    if (!isCoherent) return data.subarray(at, at + bytes);
    const start = (pieces[0] as CpuRange).address + at;
    return this.ram.subarray(start, start + bytes);
  }
}
