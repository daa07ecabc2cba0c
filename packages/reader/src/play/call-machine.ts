// SPDX-License-Identifier: GPL-2.0-only
// One machine on virtio-iommu that carries out the calls of a program, watched.

import {
  DMA_BIT_MASK,
  DMA_MAPPING_ERROR,
  GFP_ATOMIC,
  GFP_KERNEL,
  PAGE_SIZE,
  bus_type,
  type device,
  dma_addr_t,
  type dma_sgt_handle,
  type page,
  phys_addr_t,
  type scatterlist,
  sg_array,
  sg_dma_address,
  sg_dma_len,
  sg_set_page,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain, iommu_group } from '@iommu-bounce/iommu-core';
import {
  IO_BUFFER_Y,
  MSI_WINDOW,
  type MachineOnIommu,
  bootOn,
  pciDevice,
  type running_machine,
} from '@iommu-bounce/integration';
import type { PlayCall, PlayDevice, PlayMachine } from './calls';
import type { CountFrame } from './frame';
import { type HeldMapping, type WatchedDomain, directionName } from './held-mapping';
import type { Piece } from './mapped-pieces';
import { count } from '../words';
import { WATCHED_PARTS, watchedMemory } from './watched-memory';

/** Of a PCI device, unless its driver says otherwise. */
const SEGMENT_DEFAULT = 65536;
/** 2 MiB, beyond which alignment makes no request fewer. */
const ALIGNED_FRAMES = 512;

/** The result of a call about a mapping whose map call failed. */
export const MAPPING_FAILED = 'not run: its mapping failed';

export type MapCall = Extract<PlayCall, { readonly device: string; readonly dir: number }>;

/** A mapping with what undoing it takes. */
interface Own {
  readonly held: HeldMapping;
  readonly call: MapCall;
  readonly dev: device;
  readonly addr: number;
  readonly list: readonly scatterlist[];
  readonly cpuAddr: number;
  readonly page: page | null;
  readonly handle: dma_sgt_handle | null;
}

export class CallMachine {
  readonly m: running_machine;
  readonly mappings = new Map<number, Own>();
  private readonly machine: MachineOnIommu;
  private readonly devices = new Map<string, device>();
  private readonly bus = new bus_type('pci');
  /** The device whose group the next one gets. */
  private mate: device | null = null;
  /** Where mappings are or were, for accesses of devices. */
  private readonly places = new Map<
    number,
    { readonly device: string; readonly segments: HeldMapping['segments'] }
  >();

  constructor(setup: PlayMachine, withPool: boolean) {
    this.machine = bootOn(
      'virtio',
      {
        config: withPool ? IO_BUFFER_Y : 'CONFIG_IOMMU_IO_BUFFER=n\n',
        params: setup.params,
        machine: {
          memory: {
            nodes: [{ lowmem_pages: setup.buddyPages }],
            reserved_pages: setup.pages + ALIGNED_FRAMES,
          },
          nr_cpus: setup.cpus,
          swiotlb_slabs: setup.swiotlbSlabs,
          parts: WATCHED_PARTS,
        },
      },
      {
        dmaEntryLimit: Infinity,
        watch: {
          called: () => undefined,
          groupOf: () => (this.mate?.iommu_group ?? null) as iommu_group | null,
        },
      },
    );
    this.m = this.machine.m;
    for (const one of setup.devices) this.plug(one);
  }

  /** Since the machine was booted. */
  counts(): CountFrame {
    return {
      requests: this.machine.allRequests(),
      exits: this.machine.virtio?.counters.vmexits ?? null,
      copiedBytes: watchedMemory(this.m.k).copiedBytes,
    };
  }

  domains(): WatchedDomain[] {
    const found = new Map<iommu_domain, { devices: string[]; pieces: readonly Piece[] }>();
    let endpoint = 0;
    for (const [name, dev] of this.devices) {
      endpoint++;
      const domain = this.m.iommu.iommu_get_domain_for_dev(dev);
      if (!domain) continue;
      const one = found.get(domain);
      if (one) one.devices.push(name);
      else found.set(domain, { devices: [name], pieces: this.reachedBy(endpoint) });
    }
    return Array.from(found, ([domain, one]) => ({ domain, ...one }));
  }

  held(): HeldMapping[] {
    return Array.from(this.mappings.values(), ({ held }) => held);
  }

  /**
   * Carries out a call; what came of it.
   * @throws oops when the port dies
   */
  call(call: PlayCall): string {
    const { k } = this.m;
    if (call.afterMs !== undefined) k.timers.advance(call.afterMs);
    k.context.run_on_cpu(call.cpu ?? 0);
    const preempt = call.level === 'hardirq' || call.level === 'softirq';
    const off = call.level === 'hardirq' || call.level === 'irqsOff';
    if (preempt) k.context.preempt_disable();
    const flags = off ? k.context.local_irq_save() : null;
    const result = this.execute(call);
    if (flags !== null) k.context.local_irq_restore(flags);
    if (preempt) k.context.preempt_enable();
    return result;
  }

  private execute(call: PlayCall): string {
    switch (call.call) {
      case 'plug':
        this.plug(call.device);
        return '';
      case 'cpu_write':
        fill(this.m.k.mm.bytes_at(this.phys(call), call.length), call.text);
        return '';
      case 'cpu_read':
        return quoted(this.m.k.mm.bytes_at(this.phys(call), call.length));
      case 'unmap':
        this.unmap(call);
        return '';
      case 'sync':
        this.sync(call);
        return '';
      case 'device_read':
      case 'device_write':
        return this.access(call);
      case 'wait':
        this.m.k.timers.advance(call.ms);
        return '';
      default:
        return this.map(call);
    }
  }

  /** As the PCI code makes it; its driver raises the mask when the pool exists already. */
  private plug({ name, coherent, untrusted, maxSegment, groupOf }: PlayDevice): void {
    const dev = pciDevice(name, this.bus);
    dev.dma_coherent = coherent ?? true;
    dev.untrusted = untrusted ?? false;
    if (dev.dma_parms) dev.dma_parms.max_segment_size = maxSegment ?? SEGMENT_DEFAULT;
    this.mate = groupOf === undefined ? null : (this.devices.get(groupOf) ?? null);
    this.machine.plug(dev, MSI_WINDOW);
    this.mate = null;
    this.m.k.dma.dma_set_mask(dev, DMA_BIT_MASK(64));
    this.m.k.dma.dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
    this.devices.set(name, dev);
  }

  /** VFIO's map of an endpoint: they are numbered from 1 on, as they were plugged in. */
  private reachedBy(endpoint: number): readonly Piece[] {
    const container = this.machine.virtio?.vmm.state.endpoints.get(endpoint)?.container;
    return Array.from(container?.mappings() ?? [], ({ start, last, phys, flags }) => ({
      iova: start,
      size: last - start + 1,
      phys,
      prot: flags,
    }));
  }

  private device(name: string): device {
    const dev = this.devices.get(name);
    if (!dev) throw new Error(`no device ${name}`);
    return dev;
  }

  private own(id: number): Own {
    const own = this.mappings.get(id);
    if (!own) throw new Error(`nothing is mapped under id ${String(id)}`);
    return own;
  }

  private phys({ page, offset }: { readonly page: number; readonly offset: number }): phys_addr_t {
    return phys_addr_t((this.firstPfn() + page) * PAGE_SIZE + offset);
  }

  /** The frame of page 0: page n is aligned as n is. */
  private firstPfn(): number {
    return Math.ceil(this.m.k.reserved_pfn / ALIGNED_FRAMES) * ALIGNED_FRAMES;
  }

  private map(call: MapCall): string {
    const { dma, mm } = this.m.k;
    const { dir, attrs = 0 } = call;
    const dev = this.device(call.device);
    const gfp = 'atomic' in call && call.atomic ? GFP_ATOMIC : GFP_KERNEL;
    const out = { value: DMA_MAPPING_ERROR };
    let addr: number = DMA_MAPPING_ERROR;
    let segments: HeldMapping['segments'] | null = null;
    let list: readonly scatterlist[] = [];
    let cpuAddr = 0;
    let got: page | null = null;
    let handle: dma_sgt_handle | null = null;
    switch (call.call) {
      case 'map_page': {
        const first = mm.pfn_to_page(this.firstPfn() + call.page);
        addr = dma.dma_map_page_attrs(dev, first, call.offset, call.length, dir, attrs);
        break;
      }
      case 'map_sg': {
        list = this.list(call.entries);
        const count = dma.dma_map_sg_attrs(dev, list[0] as scatterlist, list.length, dir, attrs);
        segments = list.slice(0, count).map((sg) => [sg_dma_address(sg), sg_dma_len(sg)] as const);
        addr = segments[0]?.[0] ?? DMA_MAPPING_ERROR;
        break;
      }
      case 'map_resource':
        addr = dma.dma_map_resource(dev, phys_addr_t(call.phys), call.length, dir, attrs);
        break;
      case 'alloc_coherent':
        cpuAddr = dma.dma_alloc_attrs(dev, call.length, out, gfp, attrs);
        if (cpuAddr !== 0) addr = out.value;
        break;
      case 'alloc_pages':
        got = dma.dma_alloc_pages(dev, call.length, out, dir, gfp);
        if (got) addr = out.value;
        break;
      case 'alloc_noncontiguous':
        handle = dma.dma_alloc_noncontiguous(dev, call.length, dir, gfp, attrs);
        if (handle?.sgt.sgl) addr = handle.sgt.sgl.dma_address;
    }
    if (addr === DMA_MAPPING_ERROR)
      return call.call === 'map_sg' ? '0 segments' : 'DMA_MAPPING_ERROR';
    const held = this.heldOf(call, segments ?? [[addr, bytesOf(call)]]);
    this.mappings.set(call.id, { held, call, dev, addr, list, cpuAddr, page: got, handle });
    this.places.set(call.id, { device: call.device, segments: held.segments });
    const where = `0x${addr.toString(16)}`;
    return call.call === 'map_sg'
      ? `${count(held.segments.length, 'segment')}, at ${where}`
      : where;
  }

  private heldOf(call: MapCall, segments: HeldMapping['segments']): HeldMapping {
    const memory = call.call === 'map_sg' ? call.entries : call.call === 'map_page' ? [call] : [];
    return {
      id: call.id,
      device: call.device,
      kind: KINDS[call.call],
      size: segments.reduce((sum, [, bytes]) => sum + bytes, 0),
      segments,
      direction: directionName(call.dir),
      original: memory.map((one) => [this.phys(one), one.length] as const),
    };
  }

  private list(entries: Extract<PlayCall, { call: 'map_sg' }>['entries']): readonly scatterlist[] {
    const list = sg_array(entries.length);
    entries.forEach((entry, i) => {
      const phys = this.phys(entry);
      const first = this.m.k.mm.pfn_to_page(Math.floor(phys / PAGE_SIZE));
      sg_set_page(list[i] as scatterlist, first, entry.length, phys % PAGE_SIZE);
    });
    return list;
  }

  private unmap(call: Extract<PlayCall, { call: 'unmap' }>): void {
    const { dma } = this.m.k;
    const own = this.own(call.id);
    const { dev, held, list } = own;
    const addr = dma_addr_t(own.addr);
    const dir = call.dir ?? own.call.dir;
    const attrs = call.attrs ?? own.call.attrs ?? 0;
    const size = Math.min(call.length ?? held.size, held.size);
    this.mappings.delete(call.id);
    switch (held.kind) {
      case 'page':
        dma.dma_unmap_page_attrs(dev, addr, size, dir, attrs);
        break;
      case 'resource':
        dma.dma_unmap_resource(dev, addr, size, dir, attrs);
        break;
      case 'sg':
        dma.dma_unmap_sg_attrs(dev, list[0] as scatterlist, list.length, dir, attrs);
        break;
      case 'coherent':
        dma.dma_free_attrs(dev, held.size, own.cpuAddr as virt_addr_t, addr, attrs);
        break;
      case 'pages':
        if (own.page) dma.dma_free_pages(dev, held.size, own.page, addr, dir);
        break;
      case 'noncontiguous':
        if (own.handle) dma.dma_free_noncontiguous(dev, held.size, own.handle, dir);
    }
  }

  private sync(call: Extract<PlayCall, { call: 'sync' }>): void {
    const { dma } = this.m.k;
    const { dev, list, held, addr, call: made } = this.own(call.id);
    const dir = call.dir ?? made.dir;
    const first = list[0];
    if (first) {
      if (call.forCpu) dma.dma_sync_sg_for_cpu(dev, first, list.length, dir);
      else dma.dma_sync_sg_for_device(dev, first, list.length, dir);
      return;
    }
    const at = dma_addr_t(addr + call.offset);
    const size = Math.min(call.length, held.size - call.offset);
    if (call.forCpu) dma.dma_sync_single_for_cpu(dev, at, size, dir);
    else dma.dma_sync_single_for_device(dev, at, size, dir);
  }

  /** An access by a device, page by page; all or nothing. */
  private access(call: Extract<PlayCall, { call: 'device_read' | 'device_write' }>): string {
    const { mm } = this.m.k;
    const place = this.places.get(call.id);
    if (!place) return MAPPING_FAILED;
    const translate = this.machine.translator(this.device(call.device ?? place.device));
    const write = call.call === 'device_write';
    const places: number[] = [];
    for (let i = 0; i < call.length; i++) {
      const phys = translate((place.segments[0]?.[0] ?? 0) + call.offset + i, write);
      if (phys < 0) return `fault: the device cannot ${write ? 'write' : 'read'} there`;
      places.push(phys);
    }
    const bytes = new Uint8Array(call.length);
    if (write) fill(bytes, call.text ?? '');
    places.forEach((phys, i) => {
      const at = mm.bytes_at(phys_addr_t(phys), 1);
      if (write) at[0] = bytes[i] ?? 0;
      else bytes[i] = at[0] ?? 0;
    });
    return write ? 'done' : quoted(bytes);
  }
}

const KINDS = {
  map_page: 'page',
  map_sg: 'sg',
  map_resource: 'resource',
  alloc_coherent: 'coherent',
  alloc_pages: 'pages',
  alloc_noncontiguous: 'noncontiguous',
} as const satisfies Record<MapCall['call'], HeldMapping['kind']>;

function bytesOf(call: MapCall): number {
  return call.call === 'map_sg' ? 0 : call.length;
}

function fill(bytes: Uint8Array, text: string): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i % text.length);
}

/** Bytes shown of what was read. */
const MOST_SHOWN = 32;

/** As text; what is no printable ASCII as a dot. */
function quoted(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, MOST_SHOWN), (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·',
  ).join('');
  return `"${shown}${bytes.length > MOST_SHOWN ? '…' : ''}"`;
}
