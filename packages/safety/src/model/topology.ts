// SPDX-License-Identifier: GPL-2.0-only
// Devices and groups of a run: those that the machine had, those that were plugged in, and who may be used now.

import {
  type MaskBits,
  type ModelDevice,
  type ModelMachine,
  hasPool,
  maskBits,
} from './machine-kind';

export class Topology {
  private readonly all: ModelDevice[];
  private readonly removed = new Set<number>();
  /** Groups whose domain was torn down; their devices do nothing any more. */
  readonly gone = new Set<number>();
  /** Groups that are in another domain, as for VFIO: their drivers do nothing meanwhile. */
  readonly lent = new Set<number>();

  constructor(private readonly machine: ModelMachine) {
    this.all = [...machine.devices];
  }

  /** Bits that a device has. With a pool none has fewer than the first of its group: the pool would be out of its reach, finding 14. */
  bits(dev: number): MaskBits {
    const own = maskBits(this.machine, dev);
    if (!hasPool(this.machine)) return own;
    const first = this.all.findIndex(({ group }) => group === this.groupOf(dev));
    const { streaming } = maskBits(this.machine, first);
    return { ...own, streaming: Math.max(own.streaming, streaming) };
  }

  device(dev: number): ModelDevice {
    const found = this.all[dev];
    if (!found) throw new Error(`no device ${String(dev)}`);
    return found;
  }

  groupOf(dev: number): number {
    return this.device(dev).group;
  }

  /** All groups that ever were, each once. */
  groups(): number[] {
    return [...new Set(this.all.map(({ group }) => group))];
  }

  /** Those whose domain is there. */
  kept(): number[] {
    return this.groups().filter((group) => !this.gone.has(group));
  }

  /** Devices that are plugged in, of one group. */
  members(group: number): number[] {
    return this.all.flatMap((device, dev) =>
      device.group === group && !this.removed.has(dev) ? [dev] : [],
    );
  }

  /** Devices whose drivers may use them. */
  usable(): number[] {
    return this.all.flatMap((_, dev) => (this.isUsable(dev) ? [dev] : []));
  }

  isUsable(dev: number): boolean {
    const group = this.groupOf(dev);
    return !this.removed.has(dev) && !this.gone.has(group) && !this.lent.has(group);
  }

  /** @returns its number */
  plug(device: ModelDevice): number {
    return this.all.push(device) - 1;
  }

  unplug(dev: number): void {
    this.removed.add(dev);
  }
}
