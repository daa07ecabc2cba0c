// SPDX-License-Identifier: GPL-2.0-only
// Each device's calls, and whether an IOMMU translates its addresses.

import { type Mapping, type Place, isList, pageCeil, pageFloor } from '../step';

/**
 * How it is told whether a device is translated. `events`: iommu:map events lie in its mappings. `pool`: its maps took
 * slots of the pool. `same-address`: each DMA address equals its physical address. `swiotlb`: so do all that did not
 * bounce, or the device bounced all. `no-events`: other devices have iommu:map events, it has none.
 * `other-address`: the capture has no iommu:map event, and its DMA addresses are not its physical ones.
 * `nothing`: neither events nor physical addresses.
 */
export type TranslationSign =
  | 'events'
  | 'pool'
  | 'same-address'
  | 'swiotlb'
  | 'no-events'
  | 'other-address'
  | 'nothing';

export interface Translation {
  /** Null: the capture does not tell. */
  readonly translated: boolean | null;
  readonly sign: TranslationSign;
}

export class DeviceFigures {
  /** Calls that mapped something, and their bytes. */
  maps = 0;
  mapBytes = 0;
  /** Calls that unmapped one of these. */
  unmaps = 0;
  neverUnmapped = 0;
  failed = 0;
  firstFailed: Place | null = null;
  faults = 0;
  bounces = 0;
  /** Of the mappings: with iommu:map events of their own, or a slot of the pool. */
  withEvents = 0;
  inPool = 0;
  /** Of the others: mapped at their physical address, elsewhere, and those of which the line has no such address. */
  sameAddress = 0;
  otherAddress = 0;
  unknownAddress = 0;

  constructor(readonly device: string) {}

  mapped(mapping: Mapping, inPool: boolean): void {
    this.maps++;
    this.mapBytes += mapping.size;
    if (hasOwnEvents(mapping)) this.withEvents++;
    else if (inPool) this.inPool++;
    else if (!hasPhysicalAddress(mapping)) this.unknownAddress++;
    else if (mapping.phys === mapping.dmaAddr) this.sameAddress++;
    else this.otherAddress++;
  }

  /** @param hasEvents whether the capture has iommu:map events of calls at all */
  translation(hasEvents: boolean): Translation {
    if (this.withEvents > 0) return { translated: true, sign: 'events' };
    if (this.inPool > 0) return { translated: true, sign: 'pool' };
    if (this.sameAddress > 0 && this.otherAddress === 0)
      return { translated: false, sign: 'same-address' };
    const bouncedAll = this.bounces > 0 && this.bounces >= this.maps;
    if (bouncedAll || (this.bounces > 0 && (hasEvents || this.sameAddress > 0)))
      return { translated: false, sign: 'swiotlb' };
    if (hasEvents && this.maps > 0) return { translated: false, sign: 'no-events' };
    if (this.otherAddress > 0) return { translated: null, sign: 'other-address' };
    return { translated: null, sign: 'nothing' };
  }
}

/** Whether an event lies in its pages: one elsewhere may be any other's. */
function hasOwnEvents({ maps, dmaAddr, size }: Mapping): boolean {
  const start = pageFloor(dmaAddr);
  const end = pageCeil(dmaAddr + size);
  for (const map of maps) if (map.iova < end && map.iova + map.size > start) return true;
  return false;
}

/** Lines of allocations print none, except in the first layout. */
function hasPhysicalAddress({ form, phys }: Mapping): boolean {
  return form === 'page' || form === 'resource' || (isList(form) && phys > 0);
}

export class DeviceAccounts {
  private readonly devices = new Map<string, DeviceFigures>();

  of(name: string): DeviceFigures {
    let found = this.devices.get(name);
    if (!found) this.devices.set(name, (found = new DeviceFigures(name)));
    return found;
  }

  /** In the order of their names. */
  all(): DeviceFigures[] {
    return [...this.devices.values()].sort((a, b) => (a.device < b.device ? -1 : 1));
  }

  /** Whether any call has an iommu:map event of its own. */
  get hasEvents(): boolean {
    for (const one of this.devices.values()) if (one.withEvents > 0) return true;
    return false;
  }
}
