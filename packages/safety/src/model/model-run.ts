// SPDX-License-Identifier: GPL-2.0-only
// One run: the port does what drivers, devices and CPUs ask of it, and is held against the reference. Everything that happens is
// an operation of a transcript.

import { type LiveTranscript, type overlays, crc32, fillPattern } from '@iommu-bounce/integration';
import { Addresses, type DeadAddress } from './addresses';
import { ByteChecks } from './byte-checks';
import { IdleBuffers } from './idle-buffers';
import { type ModelDevice, type ModelMachine, deviceJson } from './machine-kind';
import { Performer } from './performer';
import {
  Bytes,
  type Direction,
  type Piece,
  Reference,
  type ReferenceMapping,
  mayRead,
  mayWrite,
} from './reference';
import { Topology } from './topology';
import { Violation } from './violation';

/** Bytes of a CPU buffer. */
export const BUFFER_BYTES = 24 * 4096;
const BUFFERS = 6;
const PAGE = 4096;

/** Coherent memory: one for CPU and device. */
export interface Coherent {
  readonly id: number;
  readonly device: number;
  readonly length: number;
  readonly bytes: Bytes;
  /** What the kernel took for it: of contiguous memory a power of two. */
  readonly pages: number;
}

/** What there was before the first mapping. */
export interface Baseline {
  /** Allocations, of which devices have some. */
  allocations: number;
  /** Those of one device of a group, of which all have as many; null: none was counted. */
  ofDevice: number | null;
  /** Addresses in use, by group. */
  readonly addresses: Map<number, number>;
}

export class ModelRun {
  readonly reference = new Reference();
  readonly coherent = new Map<number, Coherent>();
  readonly topology: Topology;
  readonly performer: Performer;
  readonly addresses: Addresses;
  readonly bytes: ByteChecks;
  private readonly buffers: IdleBuffers;
  readonly baseline: Baseline = { allocations: 0, ofDevice: null, addresses: new Map() };
  private ids = 0;

  constructor(
    readonly machine: ModelMachine,
    overlays: overlays = {},
  ) {
    this.topology = new Topology(machine);
    const pages = BUFFERS * (BUFFER_BYTES / PAGE + 1);
    this.performer = new Performer(machine, this.topology, pages, overlays);
    this.addresses = new Addresses(machine, this.topology, () => this.live.run.mappings);
    this.bytes = new ByteChecks(this.performer, this.reference);
    this.buffers = new IdleBuffers(this.topology, this.performer.invariants);
  }

  get live(): LiveTranscript {
    return this.performer.live;
  }

  /** Attaches the devices and takes the CPU's buffers. */
  start(): void {
    const { machine, performer, baseline } = this;
    machine.devices.forEach((device, dev) => {
      if (dev > 0) this.declare(dev, device);
    });
    baseline.allocations = this.live.run.machine.k.usage().allocations;
    machine.devices.forEach((_, dev) => {
      this.attach(dev);
    });
    for (const group of this.topology.groups())
      baseline.addresses.set(group, performer.invariants.addresses(group));
    for (let i = 0; i < BUFFERS; i++) {
      const id = this.reference.addBuffer(BUFFER_BYTES);
      performer.perform({ op: 'buf', id, pages: BUFFER_BYTES / PAGE, highmem: false });
    }
  }

  /** A device is there, of a group that may have others. */
  declare(dev: number, device: ModelDevice): void {
    const joins = this.topology.members(device.group).some((other) => other < dev);
    const { k } = this.live.run.machine;
    const before = k.usage().allocations;
    const json = deviceJson(device, this.topology.bits(dev), this.machine);
    this.performer.perform({ op: 'declare_device', dev, device: json });
    if (joins) this.baseline.ofDevice = k.usage().allocations - before;
  }

  /** A device gets its DMA operations. */
  attach(dev: number): void {
    if (this.performer.perform({ op: 'attach', dev })['ret'] !== 'ok')
      throw new Violation(`device ${String(dev)} is not translated`, { ret: 'ok' });
  }

  /** Operations so far, of which one command can be several. */
  get operations(): number {
    return this.live.length;
  }

  /** Mappings whose devices may be used. */
  usableMappings(): ReferenceMapping[] {
    return [...this.reference.mappings.values()].filter(({ device }) =>
      this.topology.isUsable(device),
    );
  }

  /** Coherent memory of such devices. */
  usableCoherent(): Coherent[] {
    return [...this.coherent.values()].filter(({ device }) => this.topology.isUsable(device));
  }

  map(
    device: number,
    kind: 'page' | 'list',
    pieces: readonly Piece[],
    direction: Direction,
    copies: boolean,
  ): ReferenceMapping {
    const id = this.ids++;
    const attrs = copies ? [] : ['skip_cpu_sync'];
    const [first] = pieces;
    if (!first) throw new Error('a list without entries');
    if (kind === 'page') {
      const { buffer: buf, offset: off, length: len } = first;
      const op = { op: 'map_page', id, dev: device, buf, off, len, dir: direction, attrs };
      if (this.performer.perform(op)['ret'] === 'error')
        throw new Violation('a page is not mapped though nothing failed', { ret: 0 }, true);
    } else {
      const sg = pieces.map(({ buffer, offset, length }) => [buffer, offset, length]);
      if (
        this.performer.perform({ op: 'map_sg', id, dev: device, sg, dir: direction, attrs })[
          'ret'
        ] === 0
      )
        throw new Violation(
          'a list is not mapped though nothing failed',
          { ret: pieces.length, dma: [] },
          true,
        );
    }
    const mapping = this.reference.map({ id, device, kind, pieces, direction }, copies);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.addresses.enter(id, device, length, this.topology.bits(device).streaming);
    this.buffers.use(device, this.addresses.of(id));
    return mapping;
  }

  unmap(mapping: ReferenceMapping, copies: boolean): void {
    const { id, device, kind } = mapping;
    const attrs = copies ? [] : ['skip_cpu_sync'];
    const address = this.addresses.leave(id, device);
    this.performer.perform({ op: kind === 'page' ? 'unmap_page' : 'unmap_sg', id, attrs });
    this.buffers.leave(device, address, this.now());
    this.reference.unmap(mapping, copies);
    this.bytes.ofCpu(mapping.pieces);
  }

  sync(mapping: ReferenceMapping, forCpu: boolean, offset: number, length: number): void {
    const { id: map, direction: dir, kind, seen } = mapping;
    const whom = forCpu ? 'cpu' : 'device';
    if (kind === 'page')
      this.performer.perform({ op: `sync_single_for_${whom}`, map, off: offset, len: length, dir });
    else this.performer.perform({ op: `sync_sg_for_${whom}`, map, dir });
    const [from, bytes] = kind === 'page' ? [offset, length] : [0, seen.length];
    if (forCpu) this.reference.syncForCpu(mapping, from, bytes);
    else this.reference.syncForDevice(mapping, from, bytes);
    if (forCpu) this.bytes.ofCpu(mapping.pieces);
    else this.bytes.ofDevice(mapping, from, bytes);
  }

  cpuWrites(buf: number, off: number, len: number, seed: number): void {
    this.performer.perform({ op: 'cpu_write', buf, off, len, seed });
    this.reference.cpuWrites(buf, off, pattern(len, seed));
  }

  deviceWrites(mapping: ReferenceMapping, off: number, len: number, seed: number): void {
    const allowed = mayWrite(mapping);
    const { ret } = this.performer.perform({ op: 'dev_write', map: mapping.id, off, len, seed });
    if (ret !== (allowed ? 'ok' : 'fault'))
      throw new Violation(
        allowed ? 'a device faults where it may write' : 'a device writes where it may only read',
        { ret: allowed ? 'ok' : 'fault' },
      );
    if (allowed) this.reference.deviceWrites(mapping, off, pattern(len, seed));
    this.bytes.ofCpu(mapping.pieces);
  }

  deviceReads(mapping: ReferenceMapping, off: number, len: number): void {
    if (mayRead(mapping)) this.bytes.ofDevice(mapping, off, len);
    else if (
      this.performer.perform({ op: 'dev_read', map: mapping.id, off, len })['ret'] !== 'fault'
    )
      throw new Violation('a device reads where it may only write', { ret: 'fault' });
  }

  /** A device tries an address that it may not use any more. It may reach old buffers of a pool (3), never a CPU buffer. */
  probe(at: DeadAddress, write: boolean): void {
    const { device: dev, address: iova } = at;
    const from = Math.floor(iova / PAGE) * PAGE;
    if (this.addresses.inUse(dev, from, from + PAGE)) return;
    const { ret } = this.performer.perform({ op: 'dev_probe', dev, iova, write, len: 16 });
    if (ret === 'ok' && !this.performer.invariants.inPool(this.topology.groupOf(dev), iova))
      throw new Violation('a device reaches memory after its unmap', { ret: 'fault' });
    if (write && ret === 'ok') this.bytes.ofAllBuffers();
  }

  /** An interrupt is to be sent to an address of a reserved window of MSIs: it goes there untranslated. */
  prepareMsi(dev: number, doorbell: number): void {
    const { message_address } = this.performer.perform({ op: 'prepare_msi', dev, doorbell });
    if (message_address !== doorbell)
      throw new Violation('an interrupt is sent to another address than that of its window', {
        ret: 0,
        message_address: doorbell,
        iommu: [],
      });
  }

  /** Whether a device has so few addresses for coherent memory that it can ask for more than there are. */
  isNarrow(dev: number): boolean {
    return this.topology.bits(dev).coherent <= 20;
  }

  allocCoherent(dev: number, len: number, atomic: boolean): void {
    const id = this.ids++;
    const gfp = atomic ? 'atomic' : 'kernel';
    const { page_alloc } = this.live.run.machine.k;
    const before = page_alloc.pages_in_use;
    const { ret } = this.performer.perform({ op: 'alloc_coherent', id, dev, len, gfp, attrs: [] });
    if (typeof ret !== 'number')
      throw new Violation('coherent memory is not there though nothing failed', { ret: 0 }, true);
    const align = PAGE * 2 ** Math.ceil(Math.log2(Math.ceil(len / PAGE)));
    if (ret % align !== 0)
      throw new Violation(
        `coherent memory is at 0x${ret.toString(16)}, expected a multiple of 0x${align.toString(16)}`,
        { ret: 0 },
        true,
      );
    const pages = page_alloc.pages_in_use - before;
    this.coherent.set(id, { id, device: dev, length: len, bytes: Bytes.zeros(len), pages });
    this.addresses.enter(id, dev, len, this.topology.bits(dev).coherent);
  }

  /** Coherent memory twice as long as all addresses that a device has: refused, and nothing is held. */
  allocTooMuch(dev: number): void {
    const { page_alloc } = this.live.run.machine.k;
    const before = page_alloc.pages_in_use;
    const bits = this.topology.bits(dev).coherent;
    const len = 2 ** (bits + 1);
    const op = { op: 'alloc_coherent', id: this.ids++, dev, len, gfp: 'kernel', attrs: [] };
    if (this.performer.perform(op)['ret'] !== 'error')
      throw new Violation(
        `a device of ${String(bits)} bits gets ${String(len)} bytes of coherent memory`,
        { ret: 'error', iommu: [] },
      );
    if (page_alloc.pages_in_use !== before)
      throw this.performer.countedWrong(
        'memory that could not be mapped is still held',
        { pages_held: before },
        this.topology.groupOf(dev),
        true,
      );
  }

  freeCoherent({ id, device }: Coherent): void {
    this.addresses.leave(id, device);
    this.performer.perform({ op: 'free_coherent', id });
    this.coherent.delete(id);
  }

  /** CPU or device writes, and the other reads. */
  useCoherent(memory: Coherent, byCpu: boolean, off: number, len: number, seed: number): void {
    const map = memory.id;
    this.performer.perform({ op: byCpu ? 'coherent_write' : 'dev_write', map, off, len, seed });
    memory.bytes.set(off, pattern(len, seed));
    const op = byCpu ? 'dev_read' : 'coherent_read';
    const expected = crc32(memory.bytes.value.subarray(0, memory.length));
    if (this.performer.perform({ op, map, off: 0, len: memory.length })['crc32'] !== expected)
      throw new Violation('coherent memory has other bytes for CPU and device', {
        crc32: expected,
      });
  }

  advance(ms: number): void {
    const { iommu } = this.performer.perform({ op: 'advance_ms', ms });
    this.buffers.evicted(iommu, this.now());
  }

  /** Virtual time, ms. */
  private now(): number {
    const { timers } = this.live.run.machine.k;
    return timers.jiffies_to_msecs(timers.jiffies());
  }
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  fillPattern(bytes, seed);
  return bytes;
}
