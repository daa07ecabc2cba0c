// SPDX-License-Identifier: GPL-2.0-only
// A machine and what a driver does with it, each step of which may be refused but not go wrong: what is mapped is
// reached with its bytes, what is not is not, and in the end all is as it was.

import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  NULL_ptr,
  PAGE_SIZE,
  deref,
  type device,
  type dma_addr_t,
  type dma_data_direction,
  type gfp_t,
  type machine_usage,
  type page,
  page_to_phys,
  type pci_dev,
  phys_addr_t,
  sg_array,
  sg_dma_address,
  sg_dma_len,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import { usage_differences } from '@iommu-bounce/linux-shim/testing';
import { type MachineOnIommu, type Translate, pciDevice } from '@iommu-bounce/integration';
import { PoolView } from '@iommu-bounce/simulation';
import { joined } from '../joined';

/** What went wrong: more than a call that was refused. */
export class Wrong extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Wrong';
  }
}

/** An entry of a list: pages of a buffer, and bytes. */
export interface Entry {
  readonly offset: number;
  readonly length: number;
}

export class FaultBench {
  private readonly atRest: machine_usage;
  private readonly pinsAtRest: number;
  /** The step that runs, in words. */
  step = 'boot';
  /** Calls that were refused. */
  refused = 0;
  private translate: Translate | null = null;
  private seed = 0;
  readonly dev: pci_dev;
  /** The first of eight contiguous ones, the driver's own. */
  readonly pages: page;

  constructor(
    readonly on: MachineOnIommu,
    untrusted = false,
  ) {
    this.dev = pciDevice('0000:00:01.0');
    this.dev.untrusted = untrusted;
    this.dev.dma_coherent = true;
    this.dev.dma_mask = this.dev.coherent_dma_mask = 2 ** 48 - 1;
    this.pages = deref(on.m.k.page_alloc.alloc_pages(GFP_KERNEL, 3));
    this.atRest = on.m.k.usage();
    this.pinsAtRest = on.pinnedPages();
    on.add(this.dev);
    deref(this.dev.bus).iommu_ops = on.m.driver;
  }

  /** Probes the device; false where it stays without an IOMMU. */
  plug(): boolean {
    this.step = 'plug in the device';
    const { iommu } = this.on.m;
    const ret = iommu.iommu_probe_device(this.dev);
    const domain = iommu.iommu_get_domain_for_dev(this.dev);
    if (ret !== 0 || !domain) {
      this.refused++;
      return false;
    }
    this.translate = this.on.translator(this.dev);
    // Translated by the IOMMU, but with the addresses of the CPU: each access faults.
    if (this.dev.dma_ops === null) throw new Wrong('the device is attached and not translated');
    return true;
  }

  /** Maps, lets the device at it, and unmaps. */
  usePage(first: page, offset: number, length: number, direction: dma_data_direction): void {
    const at = this.mapPage(first, offset, length, direction);
    if (at !== null) this.unmapPage(at, first, offset, length, direction);
  }

  mapPage(
    first: page,
    offset: number,
    length: number,
    direction: dma_data_direction,
  ): dma_addr_t | null {
    this.step = `map ${String(length)} bytes of a page, ${nameOf(direction)}`;
    this.cpuWrites(first, offset, length);
    const at = this.on.m.k.dma.dma_map_page_attrs(this.dev, first, offset, length, direction, 0);
    if (at === DMA_MAPPING_ERROR) {
      this.refused++;
      return null;
    }
    if (direction !== DMA_FROM_DEVICE)
      this.deviceReads(at, this.bytes(first, offset, length), 'mapped');
    return at;
  }

  unmapPage(
    at: dma_addr_t,
    first: page,
    offset: number,
    length: number,
    direction: dma_data_direction,
  ): void {
    const written = direction === DMA_TO_DEVICE ? null : this.deviceWrites(at, length);
    this.step = `unmap ${String(length)} bytes of a page, ${nameOf(direction)}`;
    this.on.m.k.dma.dma_unmap_page_attrs(this.dev, at, length, direction, 0);
    if (written) this.cpuReads(first, offset, written);
    this.notReached(at, direction);
  }

  /** Maps a list, lets the device at it, and unmaps. */
  useList(first: page, entries: readonly Entry[], direction: dma_data_direction): void {
    const total = entries.reduce((sum, { length }) => sum + length, 0);
    this.step = `map a list of ${String(entries.length)}, ${String(total)} bytes, ${nameOf(direction)}`;
    const list = sg_array(entries.length);
    entries.forEach(({ offset, length }, i) => {
      this.cpuWrites(first, offset, length);
      sg_set_page(deref(list[i]), first, length, offset);
    });
    const sgl = deref(list[0]);
    const { dma } = this.on.m.k;
    const count = dma.dma_map_sg_attrs(this.dev, sgl, entries.length, direction, 0);
    if (count === 0) {
      this.refused++;
      return;
    }
    const segments = list
      .slice(0, count)
      .map((sg) => ({ at: sg_dma_address(sg), len: sg_dma_len(sg) }));
    const mapped = segments.reduce((sum, { len }) => sum + len, 0);
    if (mapped !== total)
      throw new Wrong(`${String(mapped)} of ${String(total)} bytes of a list are mapped`);
    const expected = joined(entries.map(({ offset, length }) => this.bytes(first, offset, length)));
    let done = 0;
    const written: Uint8Array[] = [];
    for (const { at, len } of segments) {
      if (direction !== DMA_FROM_DEVICE)
        this.deviceReads(at, expected.subarray(done, done + len), 'mapped');
      if (direction !== DMA_TO_DEVICE) written.push(this.deviceWrites(at, len));
      done += len;
    }
    this.step = `unmap a list of ${String(entries.length)}, ${nameOf(direction)}`;
    dma.dma_unmap_sg_attrs(this.dev, sgl, entries.length, direction, 0);
    const all = joined(written);
    done = 0;
    for (const { offset, length } of direction === DMA_TO_DEVICE ? [] : entries) {
      this.cpuReads(first, offset, all.subarray(done, done + length));
      done += length;
    }
    for (const { at } of segments) this.notReached(at, direction);
  }

  /** Allocates coherent memory, uses it from both sides, and frees it. */
  useCoherent(length: number, gfp: gfp_t): void {
    this.step = `allocate ${String(length)} bytes of coherent memory, ${gfp === GFP_KERNEL ? 'may sleep' : 'atomic'}`;
    const { dma, mm } = this.on.m.k;
    const handle = { value: DMA_MAPPING_ERROR };
    const cpu = dma.dma_alloc_attrs(this.dev, length, handle, gfp, 0);
    if (cpu === NULL_ptr) {
      this.refused++;
      return;
    }
    this.deviceReads(handle.value, new Uint8Array(length), 'coherent');
    const written = this.deviceWrites(handle.value, length);
    let done = 0;
    mm.for_each_piece(cpu, length, (from, n) => {
      if (!same(mm.ram.subarray(from, from + n), written.subarray(done, done + n)))
        throw new Wrong('coherent memory has other bytes for CPU and device');
      done += n;
    });
    this.step = `free ${String(length)} bytes of coherent memory`;
    dma.dma_free_attrs(this.dev, length, cpu, handle.value, 0);
    this.notReached(handle.value, DMA_BIDIRECTIONAL);
  }

  useNoncontiguous(length: number): void {
    this.step = `allocate ${String(length)} bytes of non-contiguous memory`;
    const { dma } = this.on.m.k;
    const handle = dma.dma_alloc_noncontiguous(this.dev, length, DMA_FROM_DEVICE, GFP_KERNEL, 0);
    if (!handle) {
      this.refused++;
      return;
    }
    this.deviceWrites(sg_dma_address(deref(handle.sgt.sgl)), length);
    this.step = `free ${String(length)} bytes of non-contiguous memory`;
    dma.dma_free_noncontiguous(this.dev, length, handle, DMA_FROM_DEVICE);
  }

  /** Time goes by, ms. */
  wait(ms: number): void {
    this.step = `${String(ms)} ms later`;
    this.on.m.k.timers.advance(ms);
  }

  /** Takes the device away, with it its domain and its pool. */
  unplug(): void {
    this.step = 'remove the device';
    this.on.m.iommu.iommu_release_device(this.dev);
    this.on.virtio?.remove_endpoint(this.dev);
  }

  /** @throws Wrong for what is left of it */
  checkRest(): void {
    this.step = 'the end';
    const left = usage_differences(this.atRest, this.on.m.k.usage(), { timers: true });
    const pins = this.on.pinnedPages() - this.pinsAtRest;
    if (pins !== 0) left.push(`pinned pages: ${String(pins)}`);
    if (left.length > 0) throw new Wrong(`left behind: ${left.join('; ')}`);
  }

  /** After each step. */
  checkContext(): void {
    const { locks_held, preempt_count, irqs_disabled } = this.on.m.k.usage();
    if (locks_held > 0 || preempt_count > 0 || irqs_disabled)
      throw new Wrong('a call returns in atomic context');
  }

  private bytes(first: page, offset: number, length: number): Uint8Array {
    return this.on.m.k.mm.bytes_at(phys_addr_t(page_to_phys(first) + offset), length);
  }

  private cpuWrites(first: page, offset: number, length: number): void {
    this.bytes(first, offset, length).set(this.pattern(length));
  }

  private cpuReads(first: page, offset: number, expected: Uint8Array): void {
    this.checkContext();
    if (!same(this.bytes(first, offset, expected.length), expected))
      throw new Wrong('what the device wrote does not arrive');
  }

  private deviceReads(at: number, expected: Uint8Array, what: string): void {
    this.checkContext();
    this.eachPiece(at, expected.length, false, (ram, done) => {
      if (!same(ram, expected.subarray(done, done + ram.length)))
        throw new Wrong(`the device reads other bytes of ${what} memory`);
    });
  }

  private deviceWrites(at: number, length: number): Uint8Array {
    const bytes = this.pattern(length);
    this.eachPiece(at, length, true, (ram, done) => {
      ram.set(bytes.subarray(done, done + ram.length));
    });
    return bytes;
  }

  private eachPiece(
    at: number,
    length: number,
    write: boolean,
    visit: (ram: Uint8Array, done: number) => void,
  ): void {
    for (let done = 0; done < length;) {
      const n = Math.min(length - done, PAGE_SIZE - ((at + done) % PAGE_SIZE));
      const from = this.translate?.(at + done, write) ?? -1;
      if (from < 0) throw new Wrong('the device faults at what is mapped for it');
      visit(this.on.m.k.mm.bytes_at(phys_addr_t(from), n), done);
      done += n;
    }
  }

  /** Of what was unmapped; a pool's buffers stay mapped (finding 3), and what waits for the flush queue does. */
  private notReached(at: number, direction: dma_data_direction): void {
    this.checkContext();
    const { iommu } = this.on.m;
    const domain = deref(iommu.iommu_get_domain_for_dev(this.dev as device));
    const inPool = new PoolView(domain).slotOf(at) >= 0;
    if (inPool || !iommu.iommu_get_dma_strict(domain)) return;
    if ((this.translate?.(at, direction !== DMA_TO_DEVICE) ?? -1) >= 0)
      throw new Wrong('the device reaches what was unmapped');
  }

  private pattern(length: number): Uint8Array {
    const seed = (this.seed += 7) * 31;
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = seed + i * 13 + (i >> 8);
    return bytes;
  }
}

function nameOf(direction: dma_data_direction): string {
  return direction === DMA_TO_DEVICE
    ? 'to the device'
    : direction === DMA_FROM_DEVICE
      ? 'from the device'
      : 'both ways';
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
