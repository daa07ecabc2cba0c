// SPDX-License-Identifier: GPL-2.0-only
// One run: the port does what a driver, a device and the CPU ask of it, and after each step it is held against the
// reference and the invariants. Everything that happens is an operation of a transcript.

import {
  type JsonObject,
  LiveTranscript,
  type Mapping,
  type overlays,
  crc32,
  fillPattern,
} from '@iommu-bounce/integration';
import { PoolView } from '@iommu-bounce/simulation';
import { type io_buffer_pool, io_buffer_pool_stats, pool_of } from '@iommu-bounce/io-buffer-pool';
import { type ModelMachine, deviceJson, headerJson } from './machine-kind';
import { slotsInUse } from './pool-lists';
import {
  Bytes,
  type Direction,
  type Piece,
  Reference,
  type ReferenceMapping,
  mayRead,
  mayWrite,
} from './reference';

/** Where the port does otherwise than the model says. */
export class Violation extends Error {
  /** @param expected what the last operation should have shown; `verify` finds that it did not */
  constructor(
    what: string,
    readonly expected: Readonly<JsonObject> = {},
  ) {
    super(what);
    this.name = 'Violation';
  }
}

/** Bytes of a CPU buffer. */
export const BUFFER_BYTES = 24 * 4096;
const BUFFERS = 6;
/** 4 KiB pages: what no run uses up, since in the model no allocation fails. */
const KERNEL_PAGES = 2048;
const PAGE = 4096;
/** Two rounds of the eviction worker and what a timer is late by, ms. */
const UNTIL_ALL_IS_EVICTED = 16_000;

/** Coherent memory: one for CPU and device. */
interface Coherent {
  readonly id: number;
  readonly device: number;
  readonly length: number;
  readonly bytes: Bytes;
  /** What the kernel took for it: of contiguous memory a power of two. */
  readonly pages: number;
}

/** An address range that is in use, whole pages. */
interface Range {
  readonly from: number;
  readonly to: number;
}

export class ModelRun {
  readonly reference = new Reference();
  readonly coherent = new Map<number, Coherent>();
  readonly live: LiveTranscript;
  /** Groups that were torn down; their devices do nothing any more. */
  readonly gone = new Set<number>();
  private readonly ranges = new Map<number, readonly Range[]>();
  /** Addresses of groups' mappings that were unmapped, the last few. */
  readonly dead: { device: number; address: number }[] = [];
  private ids = 0;
  private cpu = 0;
  /** Before the first device was attached. */
  private allocations = 0;
  private readonly leakedPages = new Map<number, number>();

  constructor(
    readonly machine: ModelMachine,
    overlays: overlays = {},
  ) {
    this.live = new LiveTranscript(
      headerJson(machine),
      { buffers: BUFFERS * (BUFFER_BYTES / PAGE + 1), kernel: KERNEL_PAGES },
      { overlays },
    );
  }

  /** Attaches the devices and takes the CPU's buffers. */
  start(): void {
    const { machine } = this;
    machine.devices.forEach((device, dev) => {
      if (dev > 0) this.perform({ op: 'declare_device', dev, device: deviceJson(device) });
    });
    this.allocations = this.live.run.machine.k.usage().allocations;
    machine.devices.forEach((_, dev) => {
      const { ret } = this.perform({ op: 'attach', dev });
      if (ret !== 'ok')
        throw new Violation(`device ${String(dev)} is not translated`, { ret: 'ok' });
    });
    for (let i = 0; i < BUFFERS; i++) {
      const id = this.reference.addBuffer(BUFFER_BYTES);
      this.perform({ op: 'buf', id, pages: BUFFER_BYTES / PAGE, highmem: false });
    }
  }

  /** Operations so far, of which one command can be several. */
  get operations(): number {
    return this.live.length;
  }

  /** From now on this CPU runs. */
  runOn(cpu: number): void {
    this.cpu = cpu % this.machine.cpus;
  }

  /** Devices whose group is still there. */
  devices(): number[] {
    return this.machine.devices.flatMap(({ group }, dev) => (this.gone.has(group) ? [] : [dev]));
  }

  map(
    device: number,
    kind: 'page' | 'list',
    pieces: readonly Piece[],
    direction: Direction,
    copies: boolean,
  ): void {
    const id = this.ids++;
    const attrs = copies ? [] : ['skip_cpu_sync'];
    const [first] = pieces;
    if (!first) return;
    if (kind === 'page') {
      const { buffer: buf, offset: off, length: len } = first;
      const op = { op: 'map_page', id, dev: device, buf, off, len, dir: direction, attrs };
      if (this.perform(op)['ret'] === 'error')
        throw new Violation('a page is not mapped though nothing failed');
    } else {
      const sg = pieces.map(({ buffer, offset, length }) => [buffer, offset, length]);
      if (this.perform({ op: 'map_sg', id, dev: device, sg, dir: direction, attrs })['ret'] === 0)
        throw new Violation('a list is not mapped though nothing failed');
    }
    this.reference.map({ id, device, kind, pieces, direction }, copies);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.enter(id, device, length);
  }

  unmap(mapping: ReferenceMapping, copies: boolean): void {
    const { id, device, kind } = mapping;
    const attrs = copies ? [] : ['skip_cpu_sync'];
    this.remember(id, device);
    this.perform({ op: kind === 'page' ? 'unmap_page' : 'unmap_sg', id, attrs });
    this.reference.unmap(mapping, copies);
    this.ranges.delete(id);
    this.checkCpu(mapping.pieces);
  }

  sync(mapping: ReferenceMapping, forCpu: boolean, offset: number, length: number): void {
    const { id: map, direction: dir, kind, seen } = mapping;
    const whom = forCpu ? 'cpu' : 'device';
    if (kind === 'page')
      this.perform({ op: `sync_single_for_${whom}`, map, off: offset, len: length, dir });
    else this.perform({ op: `sync_sg_for_${whom}`, map, dir });
    const [from, bytes] = kind === 'page' ? [offset, length] : [0, seen.length];
    if (forCpu) this.reference.syncForCpu(mapping, from, bytes);
    else this.reference.syncForDevice(mapping, from, bytes);
    if (forCpu) this.checkCpu(mapping.pieces);
    else this.checkDevice(mapping, from, bytes);
  }

  cpuWrites(buf: number, off: number, len: number, seed: number): void {
    this.perform({ op: 'cpu_write', buf, off, len, seed });
    this.reference.cpuWrites(buf, off, pattern(len, seed));
  }

  deviceWrites(mapping: ReferenceMapping, off: number, len: number, seed: number): void {
    const allowed = mayWrite(mapping);
    const { ret } = this.perform({ op: 'dev_write', map: mapping.id, off, len, seed });
    if (ret !== (allowed ? 'ok' : 'fault'))
      throw new Violation(
        allowed ? 'a device faults where it may write' : 'a device writes where it may only read',
        { ret: allowed ? 'ok' : 'fault' },
      );
    if (allowed) this.reference.deviceWrites(mapping, off, pattern(len, seed));
    this.checkCpu(mapping.pieces);
  }

  deviceReads(mapping: ReferenceMapping, off: number, len: number): void {
    if (mayRead(mapping)) this.checkDevice(mapping, off, len);
    else if (this.perform({ op: 'dev_read', map: mapping.id, off, len })['ret'] !== 'fault')
      throw new Violation('a device reads where it may only write', { ret: 'fault' });
  }

  /** A device tries an address that it may not use any more. It may reach old buffers of a pool (3), never a CPU buffer. */
  probe(at: { readonly device: number; readonly address: number }, write: boolean): void {
    const { device: dev, address: iova } = at;
    const from = Math.floor(iova / PAGE) * PAGE;
    if (this.inUse(dev, from, from + PAGE)) return;
    const { ret } = this.perform({ op: 'dev_probe', dev, iova, write, len: 16 });
    if (ret === 'ok' && !this.inPool(dev, iova))
      throw new Violation('a device reaches memory after its unmap', { ret: 'fault' });
    if (write && ret === 'ok') this.checkAllOfCpu();
  }

  allocCoherent(dev: number, len: number, atomic: boolean): void {
    const id = this.ids++;
    const gfp = atomic ? 'atomic' : 'kernel';
    const { page_alloc } = this.live.run.machine.k;
    const before = page_alloc.pages_in_use;
    if (this.perform({ op: 'alloc_coherent', id, dev, len, gfp, attrs: [] })['ret'] === 'error')
      throw new Violation('coherent memory is not there though nothing failed');
    const pages = page_alloc.pages_in_use - before;
    this.coherent.set(id, { id, device: dev, length: len, bytes: Bytes.zeros(len), pages });
    this.enter(id, dev, len);
  }

  freeCoherent({ id, device }: Coherent): void {
    this.remember(id, device);
    this.perform({ op: 'free_coherent', id });
    this.coherent.delete(id);
    this.ranges.delete(id);
  }

  /** CPU or device writes, and the other reads. */
  useCoherent(memory: Coherent, byCpu: boolean, off: number, len: number, seed: number): void {
    const map = memory.id;
    this.perform({ op: byCpu ? 'coherent_write' : 'dev_write', map, off, len, seed });
    pattern(len, seed).forEach((value, i) => {
      memory.bytes.set(off + i, value);
    });
    const op = byCpu ? 'dev_read' : 'coherent_read';
    const expected = crc32(memory.bytes.value.subarray(0, memory.length));
    if (this.perform({ op, map, off: 0, len: memory.length })['crc32'] !== expected)
      throw new Violation('coherent memory has other bytes for CPU and device', {
        crc32: expected,
      });
  }

  advance(ms: number): void {
    this.perform({ op: 'advance_ms', ms });
  }

  /** The domain goes while its devices still have mappings: a removal with transfers under way. */
  tearDown(group: number): void {
    const inGroup = (dev: number): boolean => this.machine.devices[dev]?.group === group;
    const lost = this.pagesInUse(group);
    const pages = (): number => this.live.run.machine.k.page_alloc.pages_in_use;
    const before = pages() - this.cachedPages(group);
    const device = this.machine.devices.findIndex((d) => d.group === group);
    const coherent = [...this.coherent.values()].filter((c) => inGroup(c.device));
    const pool = this.poolOf(group);
    this.perform({ op: 'destroy', group });
    if (pool && this.live.run.machine.k.workqueue.delayed_work_pending(pool.evict_work))
      throw new Violation('the eviction work of a pool that is gone is pending');
    if (pages() !== before)
      throw new Violation(
        `after the teardown the kernel holds ${String(pages())} pages, expected ${String(before)}: ${String(lost)} of slots in use (finding 20) and what others hold`,
        { leaked_pages: before },
      );
    this.leakedPages.set(group, lost + coherent.reduce((sum, { pages: own }) => sum + own, 0));
    this.gone.add(group);
    for (const { id, device: dev } of [...this.reference.mappings.values(), ...coherent])
      if (inGroup(dev)) {
        this.ranges.delete(id);
        this.reference.mappings.delete(id);
        this.coherent.delete(id);
      }
    for (let i = this.dead.length - 1; i >= 0; i--)
      if (inGroup(this.dead[i]?.device ?? device)) this.dead.splice(i, 1);
  }

  /** Unmaps everything, and looks whether all is as it was. */
  end(): void {
    for (const mapping of [...this.reference.mappings.values()]) this.unmap(mapping, true);
    for (const memory of [...this.coherent.values()]) this.freeCoherent(memory);
    this.advance(UNTIL_ALL_IS_EVICTED);
    const { k } = this.live.run.machine;
    for (const group of this.groups()) {
      if (this.gone.has(group)) continue;
      const pool = this.poolOf(group);
      if (pool?.classes.some((klass) => klass.cached_slots.some((c) => c.next !== c)))
        throw new Violation('buffers are cached 16 s after their last use');
    }
    const held = [...this.leakedPages.values()].reduce((sum, n) => sum + n, 0);
    if (k.page_alloc.pages_in_use !== held)
      throw this.countedWrong(
        `${String(k.page_alloc.pages_in_use)} pages are in use at the end, expected ${String(held)}`,
        { pages_held: held },
      );
    for (const group of this.groups()) {
      if (this.gone.has(group)) continue;
      const { mapped_pages } = this.perform({ op: 'destroy', group });
      if (mapped_pages !== 0)
        throw new Violation('pages are mapped when all is unmapped', { mapped_pages: 0 });
    }
    this.checkAllOfCpu();
    const after = k.usage();
    const cookies = this.groups().length;
    if (this.gone.size === 0 && after.allocations !== this.allocations - cookies)
      throw new Violation(
        `${String(after.allocations - this.allocations + cookies)} allocations are left at the end`,
      );
    if (after.workqueues !== 0 || after.timers !== 0)
      throw new Violation(
        `${String(after.workqueues)} workqueues and ${String(after.timers)} timers are left at the end`,
      );
  }

  /** The machine's groups, each once. */
  groups(): number[] {
    return [...new Set(this.machine.devices.map(({ group }) => group))];
  }

  /** After an operation, whatever it was. */
  private perform(op: JsonObject): Readonly<JsonObject> {
    const outcome = this.live.perform(this.machine.cpus > 1 ? { ...op, cpu: this.cpu } : op);
    if ('died' in outcome) throw new Violation(outcome.died.message, lived(outcome.op.name));
    if ('warn' in outcome.observed)
      throw new Violation(
        `the kernel warns: ${this.live.run.machine.k.log.lines.at(-1)?.text ?? ''}`,
        { warn: 0 },
      );
    const { locks_held, preempt_count, irqs_disabled } = this.live.run.machine.k.usage();
    if (locks_held > 0 || preempt_count > 0 || irqs_disabled)
      throw new Violation('the call returns in atomic context');
    this.checkPools();
    this.checkPinned();
    return outcome.observed;
  }

  private poolOf(group: number): io_buffer_pool | null {
    const domain = this.live.run.domainOfGroup(group);
    return domain ? pool_of(domain) : null;
  }

  private checkPools(): void {
    for (const group of this.groups()) {
      if (this.gone.has(group)) continue;
      const pool = this.poolOf(group);
      const used = pool ? slotsInUse(pool) : [];
      if (typeof used === 'string') throw new Violation(used);
      this.used.set(group, used);
    }
  }

  /** Each device of a domain has a container of its own at the VMM, with the domain's mappings. */
  private checkPinned(): void {
    if (this.machine.driver === 'table') return;
    const { iommu, devices } = this.live.run;
    let expected = 0;
    for (const dev of devices.values()) expected += iommu.mappedPages(this.live.run.domainOf(dev));
    if (iommu.pinnedPages() === expected) return;
    throw this.countedWrong(
      `VFIO holds ${String(iommu.pinnedPages())} pages, expected ${String(expected)}: what the domains have mapped, for each of their devices`,
      { pinned_pages: expected },
    );
  }

  /** Behind an operation that shows the counts of pages: verify then ends there. */
  private countedWrong(what: string, expected: Readonly<JsonObject>): Violation {
    this.live.perform({ op: 'pool_stats', group: this.groups()[0] ?? 0 });
    return new Violation(what, expected);
  }

  private readonly used = new Map<number, readonly number[]>();

  private pagesInUse(group: number): number {
    const pool = this.poolOf(group);
    const used = this.used.get(group) ?? [];
    return (pool?.classes ?? []).reduce(
      (sum, { buffer_size }, i) => sum + (used[i] ?? 0) * (buffer_size / PAGE),
      0,
    );
  }

  private cachedPages(group: number): number {
    return io_buffer_pool_stats(this.poolOf(group)).reduce(
      (sum, { ro, wo, rw, buffer_size }) => sum + (ro + wo + rw) * (buffer_size / PAGE),
      0,
    );
  }

  /** A new mapping's addresses: no other of the domain has one of these pages. */
  private enter(id: number, device: number, length: number): void {
    const mapping = this.mappingOf(id);
    const segments = mapping.kind === 'sg' ? mapping.segments : [[mapping.addr, length] as const];
    const bytes = segments.reduce((sum, [, size]) => sum + size, 0);
    if (bytes !== length)
      throw new Violation(`${String(bytes)} bytes are mapped, expected ${String(length)}`);
    const ranges = segments.map(([at, size]) => pagesOf(at, size));
    // Segments of one list may share a page.
    if (ranges.some(({ from, to }) => this.inUse(device, from, to)))
      throw new Violation('two live mappings have an address in common');
    this.ranges.set(id, ranges);
  }

  private inUse(device: number, from: number, to: number): boolean {
    const group = this.machine.devices[device]?.group;
    for (const [id, ranges] of this.ranges) {
      const other = this.reference.mappings.get(id)?.device ?? this.coherent.get(id)?.device;
      if (other === undefined || this.machine.devices[other]?.group !== group) continue;
      if (ranges.some((range) => from < range.to && range.from < to)) return true;
    }
    return false;
  }

  private inPool(device: number, address: number): boolean {
    const group = this.machine.devices[device]?.group ?? 0;
    return new PoolView(this.live.run.domainOfGroup(group) ?? null).slotOf(address) >= 0;
  }

  private mappingOf(id: number): Mapping {
    const found = this.live.run.mappings.get(id);
    if (!found) throw new Error(`nothing is mapped under ${String(id)}`);
    return found;
  }

  private remember(id: number, device: number): void {
    const mapping = this.mappingOf(id);
    const address = mapping.kind === 'sg' ? (mapping.segments[0]?.[0] ?? 0) : mapping.addr;
    this.dead.push({ device, address });
    if (this.dead.length > 8) this.dead.shift();
  }

  private checkAllOfCpu(): void {
    for (let buffer = 0; buffer < BUFFERS; buffer++)
      this.checkCpu([{ buffer, offset: 0, length: BUFFER_BYTES }]);
  }

  /** Looks at what is defined of some pieces, and lets the CPU read the first byte that is wrong. */
  private checkCpu(pieces: readonly Piece[]): void {
    const { buffers, machine } = this.live.run;
    for (const { buffer: buf, offset, length } of pieces) {
      const { value, defined } = this.reference.buffer(buf);
      const at = buffers.get(buf);
      if (!at) throw new Error(`no buffer ${String(buf)}`);
      const ram = machine.k.mm.bytes_at(at.phys, at.bytes);
      for (let off = offset; off < offset + length; off++) {
        if (defined[off] !== 1 || ram[off] === value[off]) continue;
        this.perform({ op: 'cpu_read', buf, off, len: 1 });
        throw new Violation('the CPU reads other bytes', {
          crc32: crc32(value.subarray(off, off + 1)),
        });
      }
    }
  }

  private checkDevice(mapping: ReferenceMapping, offset: number, length: number): void {
    if (!mayRead(mapping)) return;
    eachRun(mapping.seen, offset, length, (off, bytes) => {
      const expected = crc32(bytes);
      const op = { op: 'dev_read', map: mapping.id, off, len: bytes.length };
      const { ret, crc32: got } = this.perform(op);
      if (ret !== 'ok') throw new Violation('a device faults where it may read', { ret: 'ok' });
      if (got !== expected)
        throw new Violation('the device reads other bytes', { crc32: expected });
    });
  }
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  fillPattern(bytes, seed);
  return bytes;
}

function pagesOf(at: number, size: number): Range {
  return { from: Math.floor(at / PAGE) * PAGE, to: Math.ceil((at + size) / PAGE) * PAGE };
}

/** Runs of defined bytes in a range, the first few: a hole ends one. */
function eachRun(
  { value, defined }: Bytes,
  offset: number,
  length: number,
  visit: (offset: number, bytes: Uint8Array) => void,
): void {
  const end = offset + length;
  for (let at = offset, runs = 0; at < end && runs < 4; runs++) {
    const from = defined.indexOf(1, at);
    if (from < 0 || from >= end) return;
    const hole = defined.indexOf(0, from);
    const to = hole < 0 || hole > end ? end : hole;
    visit(from, value.subarray(from, to));
    at = to;
  }
}

/** What the record of an operation has to hold when it does not die. */
function lived(op: string): Readonly<JsonObject> {
  const quiet = { crash: null, bug: null, iommu: [] };
  if (op === 'map_page' || op === 'alloc_coherent') return { ...quiet, ret: 'error' };
  if (op === 'map_sg') return { ...quiet, ret: 0, dma: [] };
  if (op === 'destroy') return { ...quiet, leaked_pages: 0, mapped_pages: 0 };
  return quiet;
}
