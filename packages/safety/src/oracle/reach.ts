// SPDX-License-Identifier: GPL-2.0-only
// What a device of a domain can reach: what its IOMMU translates, and what an IOTLB can still hold after the table has
// forgotten it. A hostile device has touched every address, so its IOTLB holds all of them; it is as large as need be.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { Translate } from '@iommu-bounce/integration';

export const CAN_READ = 1;
export const CAN_WRITE = 2;
const RIGHTS = 4;

const NONE: readonly number[] = [];

export class Reach {
  /** By number of the page of addresses: the frame times RIGHTS, and what the device can do with it. */
  private readonly pages = new Map<number, number>();
  private readonly byFrame = new Map<number, number[]>();
  /** Pages that the table has forgotten and the IOTLB has not. */
  private readonly inIotlb = new Set<number>();
  /** Pages mapped by the call under way. */
  private readonly fresh: number[] = [];

  /**
   * @param translate the IOMMU's own
   * @param hasIotlb what is unmapped can be reached until a flush; without, `translate` says when it is gone
   * @param changed told of each frame that can be reached in another way now
   */
  constructor(
    private readonly translate: Translate,
    private readonly hasIotlb: boolean,
    private readonly changed: (frame: number) => void,
  ) {}

  /** Pages of addresses at which a frame can be reached. */
  addressesOf(frame: number): readonly number[] {
    return this.byFrame.get(frame) ?? NONE;
  }

  /** What can be done with a frame: CAN_READ and CAN_WRITE. */
  rightsTo(frame: number): number {
    let rights = 0;
    for (const page of this.addressesOf(frame)) rights |= (this.pages.get(page) as number) % RIGHTS;
    return rights;
  }

  /** Where an access goes, or -1: nowhere. */
  at(address: number, write: boolean): number {
    const entry = this.pages.get(Math.floor(address / PAGE_SIZE)) ?? 0;
    if ((entry & (write ? CAN_WRITE : CAN_READ)) === 0) return -1;
    return Math.floor(entry / RIGHTS) * PAGE_SIZE + (address % PAGE_SIZE);
  }

  /** Frames that can be reached. */
  frames(): IterableIterator<number> {
    return this.byFrame.keys();
  }

  mapped(address: number, bytes: number): void {
    const first = Math.floor(address / PAGE_SIZE);
    for (let page = first; page < first + bytes / PAGE_SIZE; page++) {
      this.fresh.push(page);
      this.refresh(page);
    }
  }

  /** The call is over: a request that it had put off has been sent by now. */
  callEnds(): void {
    for (const page of this.fresh) this.refresh(page);
    this.fresh.length = 0;
  }

  unmapped(address: number, bytes: number): void {
    if (!this.hasIotlb) return;
    const first = Math.floor(address / PAGE_SIZE);
    for (let page = first; page < first + bytes / PAGE_SIZE; page++)
      if (this.pages.has(page)) this.inIotlb.add(page);
  }

  /** @param address what begins there is gone; null: the IOTLB is empty */
  forgotten(address: number | null): void {
    if (address === null) {
      const pages = [...this.inIotlb];
      this.inIotlb.clear();
      for (const page of pages) this.refresh(page);
    } else if (!this.hasIotlb)
      for (let page = Math.floor(address / PAGE_SIZE); this.isGone(page); page++)
        this.refresh(page);
  }

  /** Whether the IOMMU says of a page of addresses what is known of it. */
  agrees(page: number): boolean {
    return this.ask(page) === (this.inIotlb.has(page) ? 0 : (this.pages.get(page) ?? 0));
  }

  private isGone(page: number): boolean {
    return this.pages.has(page) && this.ask(page) === 0;
  }

  private ask(page: number): number {
    const read = this.translate(page * PAGE_SIZE, false);
    const write = this.translate(page * PAGE_SIZE, true);
    const at = read >= 0 ? read : write;
    if (at < 0) return 0;
    const rights = (read >= 0 ? CAN_READ : 0) + (write >= 0 ? CAN_WRITE : 0);
    return Math.floor(at / PAGE_SIZE) * RIGHTS + rights;
  }

  private refresh(page: number): void {
    if (this.inIotlb.has(page)) return;
    const before = this.pages.get(page) ?? 0;
    const now = this.ask(page);
    if (now === before) return;
    if (before !== 0) {
      const frame = Math.floor(before / RIGHTS);
      const left = this.addressesOf(frame).filter((one) => one !== page);
      if (left.length > 0) this.byFrame.set(frame, left);
      else this.byFrame.delete(frame);
      this.pages.delete(page);
      this.changed(frame);
    }
    if (now === 0) return;
    const frame = Math.floor(now / RIGHTS);
    const others = this.byFrame.get(frame);
    if (others) others.push(page);
    else this.byFrame.set(frame, [page]);
    this.pages.set(page, now);
    this.changed(frame);
  }
}
