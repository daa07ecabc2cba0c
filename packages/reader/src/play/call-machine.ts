// SPDX-License-Identifier: GPL-2.0-only
// One machine on virtio-iommu that carries out the calls of a program, watched.

import { DMA_BIT_MASK, bus_type, type device, phys_addr_t } from '@iommu-bounce/linux-shim';
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
import { ALIGNED_FRAMES, DriverCalls, type MapCall, type Own } from './driver-calls';
import type { HeldMapping, WatchedDomain } from './held-mapping';
import type { Piece } from './mapped-pieces';
import { count, hex } from '../words';
import { WATCHED_PARTS, watchedMemory } from './watched-memory';

/** Of a PCI device, unless its driver says otherwise. */
const SEGMENT_DEFAULT = 65536;

/** The result of a call about a mapping whose map call failed. */
export const MAPPING_FAILED = 'not run: its mapping failed';

export class CallMachine {
  readonly m: running_machine;
  readonly mappings = new Map<number, Own>();
  private readonly machine: MachineOnIommu;
  private readonly calls: DriverCalls;
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
    this.calls = new DriverCalls(this.m.k);
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
   * Carries out a call.
   * @returns what came of it: an address, an error, the bytes read; '' where there is nothing to tell
   * @throws oops when the port dies
   * @throws Error for an unmap or sync of an id that has no mapping, or a device that is not plugged in
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
        fill(this.m.k.mm.bytes_at(this.calls.phys(call), call.length), call.text);
        return '';
      case 'cpu_read':
        return quoted(this.m.k.mm.bytes_at(this.calls.phys(call), call.length));
      case 'unmap':
        this.unmap(call);
        return '';
      case 'sync':
        this.calls.sync(call, this.own(call.id));
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

  private map(call: MapCall): string {
    const own = this.calls.map(call, this.device(call.device));
    if (!own) return call.call === 'map_sg' ? '0 segments' : 'DMA_MAPPING_ERROR';
    const { segments } = own.held;
    this.mappings.set(call.id, own);
    this.places.set(call.id, { device: call.device, segments });
    return call.call === 'map_sg'
      ? `${count(segments.length, 'segment')}, at ${hex(own.addr)}`
      : hex(own.addr);
  }

  private unmap(call: Extract<PlayCall, { call: 'unmap' }>): void {
    const own = this.own(call.id);
    this.mappings.delete(call.id);
    this.calls.unmap(call, own);
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
