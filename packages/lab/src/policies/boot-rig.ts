// SPDX-License-Identifier: GPL-2.0-only
// Boots a machine with a drive behind an IOMMU, every step of which is charged for: what all policies have in common.

import {
  DMA_BIT_MASK,
  IORESOURCE_MEM,
  bus_type,
  type device,
  pci_bus,
  pci_dev,
  pci_host_bridge,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { type boot_options, boot, plug } from '@iommu-bounce/integration';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import type { CostParameters, IommuKind } from '../cost';
import { CHARGED_PARTS, ChargedMemory, ChargedPages, Meter, type Rig, type RigNeeds } from '../sim';
import { type Attachment, attachIommu } from './attach';
import { type Fix, fixedPool } from './fixes';
import { PoolView } from './pool-view';
import { iova_c_single_queue_6_7 } from './single-queue-6-7';
import { swiotlb_dynamic_6_6 } from './swiotlb-dynamic-6-6';

/** Where an x86 machine has its PCI devices' registers below 4 GiB. */
const PCI_WINDOW = [0xc0000000, 0xfebfffff] as const;
/** Ticks per second of the kernel that the series was recorded on. */
const HZ = 250;
/** What the recorded drive takes in one request on 5.14. */
const LONGEST_REQUEST = 512 * 1024;
/** swiotlb gives at most 128 slots of 2 KiB in one piece. */
const LONGEST_SWIOTLB = 256 * 1024;
const NVME_ALIGN_MASK = 4095;

/** What a policy is made of. */
export interface RigPlan {
  /** Which of the series' patches are applied. */
  readonly patches: 0 | 4;
  /** Default: the kernel's. */
  readonly config?: string;
  readonly params?: string;
  /** False: the drive has no IOMMU. */
  readonly translated: boolean;
  readonly swiotlbSlabs?: number;
  /** All mappings bounce (swiotlb=force). */
  readonly swiotlbForce?: boolean;
  /** What if: v6.6's, which grows. */
  readonly swiotlbDynamic?: boolean;
  readonly untrusted?: boolean;
  /** Lazy invalidation; on virtio-iommu that takes the driver of 6.8. */
  readonly lazy?: boolean;
  readonly overlays?: boot_options['overlays'];
  /** What is changed of the pool. */
  readonly fixes?: readonly Fix[];
}

/** The machine that a policy runs on. */
export interface RigMachine {
  readonly iommu: IommuKind;
  readonly cost: CostParameters;
}

export function bootRig(plan: RigPlan, machine: RigMachine, needs: RigNeeds): Rig {
  const meter = new Meter(machine.cost);
  const lazy = plan.lazy ?? false;
  let attachment: Attachment | undefined;
  const m = boot({
    patches: plan.patches,
    config: plan.config ?? '',
    params: `iommu.strict=${lazy ? '0' : '1'} ${plan.params ?? ''}`,
    machine: {
      memory: {
        nodes: [{ lowmem_pages: needs.bouncePages }],
        reserved_pages: needs.bufferFrames,
      },
      nr_cpus: needs.cpus,
      HZ,
      swiotlb_slabs: plan.swiotlbSlabs ?? 0,
      parts: {
        ...CHARGED_PARTS,
        ...(plan.swiotlbDynamic === true ? { swiotlb: swiotlb_dynamic_6_6 } : {}),
      },
    },
    overlays: { ...plan.overlays, io_buffer_pool: fixedPool(plan.fixes ?? []) },
    driver: (k, iommu, dma_iommu) => {
      attachment = attachIommu(machine.iommu, k, iommu, dma_iommu, meter, lazy);
      return attachment.driver;
    },
  });
  const { k } = m;
  if (!attachment) throw new Error('boot made no driver');
  if (plan.swiotlbForce === true) k.swiotlb.swiotlb_force = 1;

  const dev = nvmeDevice(plan.untrusted ?? false);
  attachment.addDevice(dev);
  const domain: iommu_domain | null = plan.translated ? plug(m, dev) : null;
  setUpDriver(dev);
  k.dma.dma_set_mask(dev, DMA_BIT_MASK(64));
  k.dma.dma_set_coherent_mask(dev, DMA_BIT_MASK(64));

  const pool = new PoolView(domain);
  pool.watch(meter);
  attachment.watch(domain);
  if (domain && m.iova instanceof iova_c_single_queue_6_7) {
    const lock = m.iova.queue_lock(to_cookie(domain).iovad);
    if (lock) meter.watch(lock, 'flush queue');
  }
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
  const pagesBefore = k.page_alloc.pages_in_use;
  const pinsBefore = attachment.pins();
  const { translate, requests, pins } = attachment;
  return {
    k,
    mm,
    dev,
    meter,
    translated: plan.translated,
    longestMapping:
      plan.swiotlbForce === true || plan.untrusted === true ? LONGEST_SWIOTLB : LONGEST_REQUEST,
    translate: domain ? translate : (address) => address,
    requests,
    bounceBytes: growing
      ? () => growing.pool_bytes()
      : area
        ? () => area.used * 2048
        : () => (k.page_alloc.pages_in_use - pagesBefore) * 4096,
    workPending: growing ? () => growing.work_pending() : null,
    reservedBounceBytes: area ? area.nslabs * 2048 : 0,
    slotOf: (address) => pool.slotOf(address),
    slots: pool.slots,
    shutDown: () => {
      const wrong: string[] = [];
      const left = k.page_alloc.pages_in_use - pagesBefore;
      if (growing) {
        if (growing.used_slots() > 0) wrong.push(`${String(growing.used_slots())} slots are left`);
      } else if (left !== 0) wrong.push(`${String(left)} pages of bounce buffers are left`);
      if (area && area.used !== 0) wrong.push(`${String(area.used)} swiotlb slots are left`);
      if (pins() !== pinsBefore) wrong.push(`${String(pins() - pinsBefore)} pages stay pinned`);
      if (k.locks.held !== 0) wrong.push(`${String(k.locks.held)} locks are held`);
      if (k.log.warnings !== 0) wrong.push(`the kernel warned ${String(k.log.warnings)} times`);
      if (k.log.sleeping_in_atomic !== 0) wrong.push('it slept in atomic context');
      return wrong;
    },
  };
}

/** The drive as the PCI code makes it. */
function nvmeDevice(untrusted: boolean): pci_dev {
  const dev = new pci_dev('0000:00:05.0');
  dev.bus = new bus_type('pci');
  dev.untrusted = untrusted;
  const bridge = new pci_host_bridge();
  bridge.windows.push({
    res: {
      start: phys_addr_t(PCI_WINDOW[0]),
      end: phys_addr_t(PCI_WINDOW[1]),
      flags: IORESOURCE_MEM,
    },
    offset: 0,
  });
  dev.pci_bus = new pci_bus(bridge);
  if (dev.dma_parms) dev.dma_parms.segment_boundary_mask = 0xffffffff;
  return dev;
}

/** What its driver sets when it is bound; the pool exists by then. */
function setUpDriver(dev: device): void {
  if (!dev.dma_parms) return;
  dev.dma_parms.max_segment_size = 0xffffffff;
  dev.dma_parms.min_align_mask = NVME_ALIGN_MASK;
}
