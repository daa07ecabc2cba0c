// SPDX-License-Identifier: GPL-2.0-only
// A recorded machine, booted under a policy: its devices and groups, its clock, its pages.

import { bus_type } from '@iommu-bounce/linux-shim';
import { type iommu_domain, type iommu_group, viommu_domain } from '@iommu-bounce/iommu-core';
import type { DriverWatch } from '@iommu-bounce/integration';
import { type MachinePlan, type Platform, type SimMachine, bootMachine } from '../policies';
import type { Meter } from '../sim';
import { CaptureDevice, CaptureDomain } from './capture-device';
import {
  type RecordedDevice,
  groupMate,
  raiseSegmentSize,
  recordedPageSizes,
  recordedPciDevice,
} from './recorded-device';

/** What a capture tells of its machine. */
export interface RecordedMachineFacts {
  readonly cpus: number;
  readonly hz: number;
  /** `jiffies` at the first step. */
  readonly jiffies: number;
  /** Frames for the memory of mappings, and pages for bounce buffers and what is allocated. */
  readonly windowFrames: number;
  readonly buddyPages: number;
  /** The IOMMU takes 4 KiB, 2 MiB and 1 GiB pages, not every power of two. */
  readonly threePageSizes: boolean;
  readonly devices: readonly RecordedDevice[];
  /** Devices that share an IOMMU group. */
  readonly groups: readonly (readonly string[])[];
}

/** Who hears of iommu:map and iommu:unmap, and for which domain. */
export interface DomainListener {
  mapped(domain: CaptureDomain, address: number, bytes: number): void;
  unmapped(domain: CaptureDomain, address: number, bytes: number): void;
  /** What a domain was unmapped cannot be reached from now on; null: all of it, the IOTLB is emptied. */
  forgotten?(domain: CaptureDomain, address: number | null): void;
}

/** The devices of a machine, and whose domain the IOMMU deals with. */
export class RecordedMachine implements DriverWatch {
  readonly machine: SimMachine;
  readonly devices = new Map<string, CaptureDevice>();
  readonly domains: CaptureDomain[] = [];
  /** The device whose call is under way. */
  calling: CaptureDevice | null = null;
  /** The domain that the driver was called for last. */
  private current: CaptureDomain | null = null;
  /** Null while it boots. */
  private meter: Meter | null = null;
  private readonly byDomain = new Map<iommu_domain, CaptureDomain>();
  private readonly byNumber = new Map<number, CaptureDomain>();
  private readonly shared = new Map<object, iommu_group>();

  /** @param bytes memory with bytes; a capture has none */
  constructor(plan: MachinePlan, platform: Platform, facts: RecordedMachineFacts, bytes = false) {
    const { cpus, hz, jiffies, threePageSizes, groups } = facts;
    const bus = new bus_type('pci');
    this.machine = bootMachine(
      plan,
      platform,
      { cpus, bufferFrames: facts.windowFrames, bouncePages: facts.buddyPages, bytes },
      (plug) => {
        for (const device of facts.devices) this.plugIn(device, bus, plan, plug, groups);
      },
      {
        ...{ hz, jiffies, watch: this },
        pageSizeMask: recordedPageSizes(threePageSizes),
        // The recorded kernel mapped it all, so no limit stood in its way.
        dmaEntryLimit: Infinity,
      },
    );
    this.meter = this.machine.meter;
  }

  /** Connects a listener; what happened before is not told. */
  listen(listener: DomainListener): void {
    const { meter } = this.machine;
    meter.core = {
      mapped: (address, bytes) => {
        if (this.current) listener.mapped(this.current, address, bytes);
      },
      unmapped: (address, bytes) => {
        if (this.current) listener.unmapped(this.current, address, bytes);
      },
      turnsTo: (number) => {
        const domain = this.byNumber.get(number);
        if (domain) meter.stale = domain.stale;
      },
      forgotten: (address) => {
        const domain = this.domains[meter.stale.id];
        if (domain) listener.forgotten?.(domain, address);
      },
    };
  }

  called(domain: iommu_domain, isRequest: boolean): void {
    const found = this.byDomain.get(domain);
    if (!found) return;
    this.current = found;
    if (!this.meter) return;
    if (isRequest) (this.calling ?? found.first).counts.driver_requests++;
    // Virtio-iommu's device forgets when it gets to a request, which may be later.
    if (this.byNumber.size === 0) this.meter.stale = found.stale;
  }

  /** A capture gives the groups, not the bus topology from which a driver derives them. */
  groupOf(dev: object): iommu_group | null {
    return this.shared.get(dev) ?? null;
  }

  private plugIn(
    facts: RecordedDevice,
    bus: bus_type,
    plan: MachinePlan,
    plug: SimMachine['plug'],
    groups: RecordedMachineFacts['groups'],
  ): void {
    const dev = recordedPciDevice(facts, bus);
    dev.untrusted = plan.untrusted ?? false;
    const group = groupMate(facts.name, groups, this.devices)?.plugged.dev.iommu_group;
    if (group) this.shared.set(dev, group as iommu_group);
    // Its driver raises the mask when the pool exists already.
    const plugged = plug(dev, 'recorded');
    raiseSegmentSize(dev, facts);
    const device = new CaptureDevice(facts.name, plugged);
    this.devices.set(facts.name, device);
    const known = plugged.domain ? this.byDomain.get(plugged.domain) : undefined;
    device.domain = known ?? this.addDomain(device);
  }

  private addDomain(device: CaptureDevice): CaptureDomain {
    const { plugged } = device;
    const domain = new CaptureDomain(this.domains.length, plugged, device);
    this.domains.push(domain);
    if (!plugged.domain) return domain;
    this.byDomain.set(plugged.domain, domain);
    if (plugged.domain instanceof viommu_domain) this.byNumber.set(plugged.domain.id, domain);
    return domain;
  }
}
