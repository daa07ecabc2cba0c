// SPDX-License-Identifier: GPL-2.0-only
// The mappings of a trace that are in force, to be found by what an unmap or a sync prints.

import { type Mapping, holds } from './step';

interface DeviceMappings {
  readonly byAddr: Map<number, Mapping>;
  /** Lists by their physical addresses, since that is all that dma_unmap_sg prints; oldest first. */
  readonly byList: Map<string, Mapping[]>;
}

export class LiveMappings {
  count = 0;
  private readonly devices = new Map<string, DeviceMappings>();

  /** @returns the mapping in force at the address until now, which stays below the new one */
  add(mapping: Mapping): Mapping | null {
    const { byAddr, byList } = this.device(mapping.device);
    const below = byAddr.get(mapping.dmaAddr) ?? null;
    mapping.below = below;
    byAddr.set(mapping.dmaAddr, mapping);
    if (mapping.listKey !== null) {
      const list = byList.get(mapping.listKey);
      if (list) list.push(mapping);
      else byList.set(mapping.listKey, [mapping]);
    }
    this.count++;
    return below;
  }

  at(device: string, dmaAddr: number): Mapping | null {
    return this.devices.get(device)?.byAddr.get(dmaAddr) ?? null;
  }

  /** The lists mapped with these physical addresses, oldest first: more than one if the memory was mapped twice. */
  lists(device: string, physAddrs: readonly number[]): readonly Mapping[] {
    return this.devices.get(device)?.byList.get(listKey(physAddrs)) ?? [];
  }

  /** The mapping that an address lies in. A walk: only for partial syncs. */
  around(device: string, dmaAddr: number): Mapping | null {
    for (const mapping of this.devices.get(device)?.byAddr.values() ?? [])
      if (dmaAddr >= mapping.dmaAddr && dmaAddr < mapping.dmaAddr + mapping.size) return mapping;
    return null;
  }

  /** The mapping whose pages hold an address, best one whose bytes do. A walk: only for faults. */
  covering(device: string, address: number): Mapping | null {
    let found: Mapping | null = null;
    for (const top of this.devices.get(device)?.byAddr.values() ?? [])
      for (let at: Mapping | null = top; at; at = at.below) {
        const { dmaAddr, size } = at;
        if (address >= dmaAddr && address < dmaAddr + size) return at;
        if (holds(at, address)) found ??= at;
      }
    return found;
  }

  /** The same of any other device. */
  coveringOfOthers(device: string, address: number): Mapping | null {
    for (const name of this.devices.keys()) {
      const found = name === device ? null : this.covering(name, address);
      if (found) return found;
    }
    return null;
  }

  /** Another device with a mapping that begins at the address. */
  holder(dmaAddr: number, device: string): string | null {
    for (const [name, { byAddr }] of this.devices)
      if (name !== device && byAddr.has(dmaAddr)) return name;
    return null;
  }

  /** A list that begins with this memory, but is not this list. A walk: only for unmaps without a map. */
  listFrom(device: string, key: string, phys: number): Mapping | null {
    const start = `${String(phys)},`;
    for (const [name, lists] of this.devices.get(device)?.byList ?? [])
      if (name !== key && `${name},`.startsWith(start)) return lists[0] ?? null;
    return null;
  }

  /** Every mapping in force. */
  *all(): Generator<Mapping> {
    for (const { byAddr } of this.devices.values())
      for (const top of byAddr.values())
        for (let at: Mapping | null = top; at; at = at.below) yield at;
  }

  remove(mapping: Mapping): void {
    const { byAddr, byList } = this.device(mapping.device);
    const top = byAddr.get(mapping.dmaAddr);
    if (top === mapping) {
      if (mapping.below) byAddr.set(mapping.dmaAddr, mapping.below);
      else byAddr.delete(mapping.dmaAddr);
    } else
      for (let at = top; at; at = at.below ?? undefined)
        if (at.below === mapping) at.below = mapping.below;
    mapping.below = null;
    if (mapping.listKey !== null) {
      const rest = (byList.get(mapping.listKey) ?? []).filter((one) => one !== mapping);
      if (rest.length > 0) byList.set(mapping.listKey, rest);
      else byList.delete(mapping.listKey);
    }
    this.count--;
  }

  private device(name: string): DeviceMappings {
    let found = this.devices.get(name);
    if (!found) this.devices.set(name, (found = { byAddr: new Map(), byList: new Map() }));
    return found;
  }
}

export function listKey(physAddrs: readonly number[]): string {
  return physAddrs.join();
}
