// SPDX-License-Identifier: GPL-2.0-only
// A machine with one device, as the simulation of fio drives it.

import { pciDevice } from '@iommu-bounce/integration';
import type { SimDevice, MachineNeeds } from '../sim';
import { type SimMachine, type Plugged, bootMachine } from './boot-machine';
import type { MachinePlan, Platform } from './plan';
import type { DeviceKind } from './pci-devices';

/** Where the drive is on the bus. */
const PLACE = '0000:00:05.0';
/** swiotlb gives at most 128 slots of 2 KiB in one piece. */
const LONGEST_SWIOTLB = 256 * 1024;

export function bootDevice(
  plan: MachinePlan,
  platform: Platform,
  needs: MachineNeeds,
  kind: DeviceKind = 'nvme',
): SimDevice {
  const first: Plugged[] = [];
  const machine = bootMachine(plan, platform, needs, (plug) => {
    const dev = pciDevice(PLACE);
    dev.untrusted = plan.untrusted ?? false;
    first.push(plug(dev, kind));
  });
  return simDevice(plan, machine, first[0] as Plugged);
}

/** One device of a machine, seen as if it were the only one: requests and bounce memory are the whole machine's. */
export function simDevice(
  plan: MachinePlan,
  machine: SimMachine,
  { dev, pool, translate }: Plugged,
): SimDevice {
  const { k, mm, meter, requests, bounceBytes, workPending, reservedBounceBytes, shutDown } =
    machine;
  return {
    ...{ k, mm, dev, meter, requests, bounceBytes, workPending, reservedBounceBytes, shutDown },
    translated: plan.translated,
    // dma_max_mapping_size(): 5.13's IOMMU code names no limit, although it bounces for an untrusted device.
    longestMapping: plan.swiotlbForce === true ? LONGEST_SWIOTLB : Infinity,
    longestBounce: plan.untrusted === true ? LONGEST_SWIOTLB : Infinity,
    translate,
    slotOf: (address) => pool.slotOf(address),
    slots: pool.slots,
  };
}
