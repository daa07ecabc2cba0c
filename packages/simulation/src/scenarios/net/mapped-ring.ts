// SPDX-License-Identifier: GPL-2.0-only
// One way's ring: its buffers, mapped and unmapped by the ported code, by slot.

import {
  DMA_MAPPING_ERROR,
  PAGE_SIZE,
  type dma_data_direction,
  dma_addr_t,
} from '@iommu-bounce/linux-shim';
import { Phase, type SimDevice, type SlotAges } from '../../sim';

/** A buffer: where it begins and how long it is. */
export interface RingBuffer {
  readonly slot: number;
  readonly pfn: number;
  /** Byte of that frame. */
  readonly offset: number;
  readonly bytes: number;
}

export class MappedRing {
  /** By slot: where the device finds it, where it is, its bytes (0: not mapped), since when it is mapped. */
  readonly address: Float64Array;
  readonly physical: Float64Array;
  readonly bytes: Float64Array;
  readonly since: Float64Array;
  /** When the card is done with it. */
  readonly readyAt: Float64Array;
  /** Time in the DMA API's calls, copies and waiting included. */
  mapNs = 0;
  unmapNs = 0;

  constructor(
    private readonly device: SimDevice,
    private readonly ages: SlotAges,
    private readonly direction: dma_data_direction,
    size: number,
  ) {
    const column = (): Float64Array => new Float64Array(size);
    this.address = column();
    this.physical = column();
    this.bytes = column();
    this.since = column();
    this.readyAt = column();
  }

  /** @throws Error if there is no room for it */
  map({ slot, pfn, offset, bytes }: RingBuffer): void {
    const { device } = this;
    const { meter } = device;
    meter.ledger.phase = Phase.map;
    const before = meter.ledger.now;
    meter.begin();
    const address = device.k.dma.dma_map_page_attrs(
      device.dev,
      device.mm.pfn_to_page(pfn),
      offset,
      bytes,
      this.direction,
      0,
    );
    meter.end();
    if (address === DMA_MAPPING_ERROR)
      throw new Error(`a mapping of ${String(bytes)} bytes fails: there is no room`);
    const { now } = meter.ledger;
    this.mapNs += now - before;
    this.ages.mapReturned(this.ages.mapped(address), now);
    this.address[slot] = address;
    this.physical[slot] = pfn * PAGE_SIZE + offset;
    this.bytes[slot] = bytes;
    this.since[slot] = now;
  }

  unmap(slot: number): void {
    const { device, ages } = this;
    const { meter } = device;
    const address = dma_addr_t(this.address[slot] as number);
    meter.ledger.phase = Phase.unmap;
    const before = meter.ledger.now;
    meter.begin();
    meter.stale.begin(address);
    device.k.dma.dma_unmap_page_attrs(
      device.dev,
      address,
      this.bytes[slot] as number,
      this.direction,
      0,
    );
    meter.end();
    const { now } = meter.ledger;
    this.unmapNs += now - before;
    this.bytes[slot] = 0;
    const buffer = ages.unmapped(address);
    ages.unmapReturned(buffer, now);
    if (buffer < 0 && device.translated) meter.stale.returned(meter.stale.unmapped(), now);
    if (device.workPending?.() !== true) return;
    meter.ledger.phase = Phase.background;
    device.k.workqueue.run();
  }
}
