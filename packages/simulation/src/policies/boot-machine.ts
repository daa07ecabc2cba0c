// SPDX-License-Identifier: GPL-2.0-only
// Boots a machine with an IOMMU, every step of which is charged for: what all policies have in common. Devices are plugged
// into it, when it boots or later.

import { IO_TLB_SIZE, type machine, PAGE_SIZE, type pci_dev } from '@iommu-bounce/linux-shim';
import {
  MSI_WINDOW,
  type MachineOnIommu,
  type Requests,
  type Translate,
  bootOn,
  plug,
} from '@iommu-bounce/integration';
import { type iommu_domain, iova_align, type viommu_dev } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import {
  CHARGED_PARTS,
  ChargedMemory,
  ChargedPages,
  type MachineNeeds,
  Meter,
  VirtioCharges,
  bareMetalCharges,
} from '../sim';
import { baseOverlays } from './base';
import { fixOverlays } from '../fixes';
import { type DeviceKind, bindDriver } from './pci-devices';
import type { HostFacts, MachinePlan, Platform } from './plan';
import { PoolView } from './pool-view';
import { iova_c_single_queue_6_7 } from '../what-ifs/single-queue-6-7';
import { swiotlb_dynamic_6_6 } from '../what-ifs/swiotlb-dynamic-6-6';

/** Ticks per second of the kernel that the series was recorded on. */
const HZ = 250;

/** A device that is there, with a driver. */
export interface Plugged {
  readonly dev: pci_dev;
  /** Null without an IOMMU. */
  readonly domain: iommu_domain | null;
  readonly pool: PoolView;
  readonly translate: Translate;
}

/** A machine that devices can be plugged into. */
export interface SimMachine {
  readonly k: machine;
  readonly mm: ChargedMemory;
  readonly meter: Meter;
  readonly plug: (dev: pci_dev, kind: DeviceKind) => Plugged;
  readonly requests: () => Requests;
  /** Of all kinds, since the machine was started. */
  readonly allRequests: () => number;
  /** Bytes of bounce buffers; what swiotlb has grown to, where it grows. */
  readonly bounceBytes: () => number;
  /** Bytes of swiotlb's slots in use; 0 without swiotlb. */
  readonly swiotlbBytes: () => number;
  readonly workPending: (() => boolean) | null;
  readonly reservedBounceBytes: number;
  /** Lines that say what is left that should not be. */
  readonly shutDown: () => readonly string[];
}

/**
 * @param firstDevices plugs what is there when the machine boots
 * @param host what is known of the machine
 */
export function bootMachine(
  plan: MachinePlan,
  platform: Platform,
  needs: MachineNeeds,
  firstDevices: (plug: SimMachine['plug']) => void,
  host: HostFacts = {},
): SimMachine {
  const meter = new Meter(platform.cost);
  const on = bootCharged(plan, platform, needs, meter, host);
  const { m } = on;
  const { k } = m;
  if (plan.swiotlbForce === true) k.swiotlb.swiotlb_force = 1;
  const plugIn = (dev: pci_dev, kind: DeviceKind): Plugged => {
    on.add(dev, MSI_WINDOW);
    const domain = plan.translated ? plug(m, dev) : null;
    bindDriver(k, dev, kind);
    if (domain) fillCache(on, domain, plan.cachedRanges);
    const pool = new PoolView(domain);
    pool.watch(meter);
    watchLocks(meter, on, domain);
    const translate: Translate = domain ? on.translator(dev) : (address) => address;
    return { dev, domain, pool, translate };
  };
  firstDevices(plugIn);

  const area = k.swiotlb.io_tlb_default_mem;
  const growing = k.swiotlb instanceof swiotlb_dynamic_6_6 ? k.swiotlb : null;
  if (growing)
    growing.connect(k, {
      lock: (lock) => {
        meter.watch(lock, 'swiotlb area');
      },
      call: () => {
        meter.swiotlbCall();
      },
    });
  else if (area) meter.watchSwiotlb(area.lock);
  m.iommu.set_trace(meter.trace);

  const { mm, page_alloc } = k;
  if (!(mm instanceof ChargedMemory && page_alloc instanceof ChargedPages))
    throw new Error('the machine has other parts than it was given');
  mm.meter = meter;
  page_alloc.meter = meter;
  // Booting does not count.
  const before = on.requests();
  const pagesBefore = k.page_alloc.pages_in_use;
  const pinsBefore = on.pinnedPages();
  return {
    k,
    mm,
    meter,
    plug: plugIn,
    requests: () => {
      const { map, unmap } = on.requests();
      return { map: map - before.map, unmap: unmap - before.unmap };
    },
    allRequests: () => on.allRequests(),
    bounceBytes: growing
      ? () => growing.pool_bytes()
      : area
        ? () => area.used * IO_TLB_SIZE
        : () => (k.page_alloc.pages_in_use - pagesBefore) * PAGE_SIZE,
    swiotlbBytes: () => (growing ? growing.used_slots() : area ? area.used : 0) * IO_TLB_SIZE,
    workPending: growing ? () => growing.work_pending() : null,
    reservedBounceBytes: area ? area.nslabs * IO_TLB_SIZE : 0,
    shutDown: () => {
      const wrong: string[] = [];
      const left = k.page_alloc.pages_in_use - pagesBefore;
      if (growing) {
        if (growing.used_slots() > 0) wrong.push(`${String(growing.used_slots())} slots are left`);
      } else if (left !== 0) wrong.push(`${String(left)} pages of bounce buffers are left`);
      if (area && area.used !== 0) wrong.push(`${String(area.used)} swiotlb slots are left`);
      const pins = on.pinnedPages() - pinsBefore;
      if (pins !== 0) wrong.push(`${String(pins)} pages stay pinned`);
      if (k.locks.held !== 0) wrong.push(`${String(k.locks.held)} locks are held`);
      if (k.log.warnings !== 0) wrong.push(`the kernel warned ${String(k.log.warnings)} times`);
      if (k.log.sleeping_in_atomic !== 0) wrong.push('it slept in atomic context');
      return wrong;
    },
  };
}

/** Each step of the machine reports to the meter: locks, memory and pages as parts, the IOMMU through its listeners. */
function bootCharged(
  plan: MachinePlan,
  platform: Platform,
  needs: MachineNeeds,
  meter: Meter,
  { hz = HZ, jiffies, pageSizeMask, dmaEntryLimit, watch }: HostFacts,
): MachineOnIommu {
  const lazy = plan.lazy ?? false;
  const isVirtio = platform.iommu === 'virtio-iommu';
  const fixes = isVirtio ? plan.fixes : plan.fixes?.filter((fix) => !fix.overlays.virtio_iommu);
  const overlays = fixOverlays(fixes ?? [], baseOverlays(plan, platform.iommu));
  return bootOn(
    isVirtio ? 'virtio' : 'table',
    {
      patches: plan.patches,
      config: plan.config ?? '',
      params: `iommu.strict=${lazy ? '0' : '1'} ${plan.params ?? ''}`,
      machine: {
        memory: {
          nodes: [{ lowmem_pages: needs.bouncePages }],
          reserved_pages: needs.bufferFrames,
          bytes: needs.bytes ?? true,
        },
        nr_cpus: needs.cpus,
        HZ: hz,
        ...(jiffies === undefined ? {} : { jiffies }),
        swiotlb_slabs: plan.swiotlbSlabs ?? 0,
        parts: {
          ...CHARGED_PARTS,
          ...(plan.swiotlbDynamic === true ? { swiotlb: swiotlb_dynamic_6_6 } : {}),
          ...plan.parts,
        },
      },
      overlays,
    },
    {
      ...(pageSizeMask === undefined ? {} : { pageSizeMask }),
      ...(watch === undefined ? {} : { watch }),
      ...(isVirtio
        ? {
            hooks: new VirtioCharges(meter),
            ...(dmaEntryLimit === undefined ? {} : { dmaEntryLimit }),
          }
        : { table: bareMetalCharges(meter) }),
    },
  );
}

function fillCache(
  { m }: MachineOnIommu,
  domain: iommu_domain,
  ranges: MachinePlan['cachedRanges'],
): void {
  if (!ranges) return;
  const { iovad } = to_cookie(domain);
  const pages = iova_align(iovad, ranges.bytes) / iovad.granule;
  const all = Array.from({ length: ranges.count }, () =>
    m.iova.alloc_iova_fast(iovad, pages, iovad.dma_32bit_pfn - 1, false),
  );
  for (const pfn of all) if (pfn !== 0) m.iova.free_iova_fast(iovad, pfn, pages);
}

/** Makes these locks cost virtual time: of a domain's addresses, of its queues, of the driver's requests. */
function watchLocks(
  meter: Meter,
  { m, virtio }: MachineOnIommu,
  domain: iommu_domain | null,
): void {
  if (domain) meter.watchAddressTree(to_cookie(domain).iovad.iova_rbtree_lock);
  if (virtio) {
    const { request_lock } = virtio.device.priv as viommu_dev;
    if (request_lock.watch === null) meter.watch(request_lock, 'virtio-iommu requests');
  }
  if (!domain || !(m.iova instanceof iova_c_single_queue_6_7)) return;
  const lock = m.iova.queue_lock(to_cookie(domain).iovad);
  if (lock) meter.watch(lock, 'flush queue');
}
