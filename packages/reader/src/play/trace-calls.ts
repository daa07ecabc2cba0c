// SPDX-License-Identifier: GPL-2.0-only
// A piece of a trace as a program: the recorded DMA API calls, on memory that stands for the recorded one.

import {
  FrameArena,
  type MapStep,
  type Mapping,
  PAGE,
  type Step,
  type SyncStep,
  type UnmapStep,
  asksPool,
  contextLevel,
  isList,
  pageFloor,
  showPlace,
} from '@iommu-bounce/dma-trace/parse';
import { ReadError } from '../read-error';
import type { Direction, PlayCall, PlayDevice, PlayProgram } from './calls';

export interface TraceRange {
  /** Calls of the file before the piece. */
  readonly skip: number;
  /** Calls of the piece, at most. */
  readonly calls: number;
  /** Devices that share an IOMMU group. Default: none do. */
  readonly groups?: readonly (readonly string[])[];
  /** Kernel command line. Default: the series' defaults. */
  readonly params?: string;
}

/** Bytes of the classes that a pool has by default, and of the longest segment of a PCI device. */
const CLASSES = [PAGE, 4 * PAGE, 32 * PAGE] as const;
const SEGMENT_DEFAULT = 65536;
const SEGMENT_UNLIMITED = 0xffffffff;
/** Device registers lie above all memory. */
const REGISTERS = 2 ** 51;
/** Pages of all drivers, or of the page allocator: 1 GiB, of two machines at a time. */
const MOST_PAGES = 2 ** 18;
/** Pages that are not for bounce buffers. */
const OTHER_PAGES = 8192;

interface Peak {
  now: number;
  most: number;
}

interface Held {
  readonly id: number;
  readonly windows: readonly number[];
}

/** Takes the steps of a trace, in order. */
export class TraceCalls {
  private readonly calls: PlayCall[] = [];
  private readonly arena = new FrameArena(0, MOST_PAGES);
  private readonly held = new Map<Mapping, Held>();
  private readonly devices = new Map<string, { coherent: boolean; maxSegment: number }>();
  /** Buffers in use by device, direction and class, in bytes. */
  private readonly buffers = new Map<string, Peak>();
  private seen = 0;
  private first = 0;
  private cpus = 1;
  private lastNs = -1;
  private before = 0;
  private failed = 0;
  private evictions = 0;

  constructor(private readonly range: TraceRange) {}

  /** True while the piece has room: more steps are wanted. */
  get wantsMore(): boolean {
    return this.calls.length < this.range.calls;
  }

  /** @throws ReadError if more memory is mapped at once than a machine in a browser should have */
  add(step: Step): void {
    if (step.kind !== 'map' && step.kind !== 'unmap' && step.kind !== 'sync') {
      if (step.kind === 'evictTake' && this.seen > this.range.skip) this.evictions++;
      return;
    }
    this.seen++;
    if (this.seen <= this.range.skip || !this.wantsMore) return;
    const call =
      step.kind === 'map'
        ? this.map(step)
        : step.kind === 'unmap'
          ? this.unmap(step)
          : this.sync(step);
    if (!call) return;
    if (this.calls.length === 0) this.first = this.seen;
    this.cpus = Math.max(this.cpus, step.cpu + 1);
    const afterMs = this.lastNs < 0 ? 0 : Math.max(0, step.timeNs - this.lastNs) / 1e6;
    this.lastNs = Math.max(this.lastNs, step.timeNs);
    const level =
      step.kind !== 'sync' && step.mapping?.maySleep === true ? 'task' : contextLevel(step.flags);
    this.calls.push({
      ...call,
      ...(afterMs > 0 ? { afterMs } : {}),
      ...(step.cpu > 0 ? { cpu: step.cpu } : {}),
      ...(level === 'task' ? {} : { level }),
    });
  }

  /**
   * @param isCut whether the file has steps that were not added
   * @throws ReadError if there is no call in the range
   */
  finish(isCut: boolean): { readonly program: PlayProgram; readonly about: string } {
    if (this.calls.length === 0)
      throw new ReadError(
        `has no call that could be played after ${String(this.range.skip)} calls; it has ${String(this.seen)}`,
      );
    return { program: this.program(), about: this.about(isCut) };
  }

  private program(): PlayProgram {
    const buffers = [...this.buffers.values()].reduce((sum, { most }) => sum + most, 0) / PAGE;
    const { groups = [], params = '' } = this.range;
    const devices: PlayDevice[] = [];
    for (const [name, { coherent, maxSegment }] of this.devices) {
      const mates = groups.find((group) => group.includes(name)) ?? [];
      const mate = devices.find((one) => mates.includes(one.name));
      devices.push({
        name,
        coherent,
        maxSegment: maxSegment > SEGMENT_DEFAULT ? SEGMENT_UNLIMITED : SEGMENT_DEFAULT,
        ...(mate ? { groupOf: mate.name } : {}),
      });
    }
    return {
      machine: {
        devices,
        pages: this.arena.used,
        buddyPages: Math.min(MOST_PAGES, 2 * buffers + OTHER_PAGES),
        params,
        swiotlbSlabs: 0,
        cpus: this.cpus,
      },
      calls: this.calls,
    };
  }

  private about(isCut: boolean): string {
    const left: string[] = [];
    const add = (n: number, what: string): void => {
      if (n > 0) left.push(`${String(n)} ${what}`);
    };
    add(this.first - 1, 'calls before this piece');
    add(this.before, 'unmaps and syncs of mappings that were made before');
    add(this.failed, 'calls that failed');
    add(this.evictions, 'recorded evictions, since here the timer of the port decides');
    const end = isCut || !this.wantsMore ? ' The file may have more calls after these.' : '';
    return (
      `${String(this.calls.length)} calls of a recorded machine, from call ${String(this.first)} of the file on, on the port with ` +
      `virtio-iommu.${end} The pool is empty when they begin; the trace does not have what the devices did.` +
      (left.length > 0 ? ` Left out: ${left.join('; ')}.` : '')
    );
  }

  private map(step: MapStep): PlayCall | null {
    const { mapping, decision } = step;
    if (!mapping || mapping.failed) {
      this.failed++;
      return null;
    }
    const device = this.device(mapping.device);
    if (decision && (decision.prot & 4) === 0) device.coherent = false;
    if (isList(mapping.form)) device.maxSegment = Math.max(device.maxSegment, mapping.segment);
    const windows = mapping.runs.map((run) => {
      const page = this.arena.take(run);
      if (page < 0)
        throw new ReadError(
          `${showPlace(mapping.place)}: more than ${String(MOST_PAGES)} pages are mapped at once; expected a piece with fewer`,
        );
      return page;
    });
    this.use(mapping, 1);
    const id = this.seen;
    this.held.set(mapping, { id, windows });
    const { size: length, attrs } = mapping;
    const base = { id, device: mapping.device, dir: directionOf(mapping.dir), attrs };
    const atomic = mapping.maySleep ? {} : { atomic: true };
    switch (mapping.form) {
      case 'page':
        return { ...base, call: 'map_page', page: windows[0] ?? 0, offset: mapping.offset, length };
      case 'sg':
      case 'iova':
      case 'reconstructed':
        return { ...base, call: 'map_sg', entries: entriesOf(mapping, windows) };
      case 'resource':
        return { ...base, call: 'map_resource', phys: REGISTERS + mapping.phys, length };
      case 'coherent':
        return { ...base, ...atomic, call: 'alloc_coherent', length };
      case 'pages':
        return { ...base, ...atomic, call: 'alloc_pages', length };
      case 'noncontiguous':
        return { ...base, ...atomic, call: 'alloc_noncontiguous', length };
    }
  }

  private unmap({ mapping, dir, attrs, size }: UnmapStep): PlayCall | null {
    const held = mapping && this.held.get(mapping);
    if (!held) {
      this.before++;
      return null;
    }
    this.held.delete(mapping);
    this.use(mapping, -1);
    mapping.runs.forEach((run, i) => {
      this.arena.put(run, held.windows[i] ?? 0);
    });
    return {
      call: 'unmap',
      id: held.id,
      dir: directionOf(dir),
      attrs,
      length: Math.min(size, mapping.size),
    };
  }

  private sync({ mapping, forCpu, dir, offset, size }: SyncStep): PlayCall | null {
    const held = this.held.get(mapping);
    if (!held) {
      this.before++;
      return null;
    }
    return { call: 'sync', id: held.id, forCpu, dir: directionOf(dir), offset, length: size };
  }

  private device(name: string): { coherent: boolean; maxSegment: number } {
    let found = this.devices.get(name);
    if (!found) this.devices.set(name, (found = { coherent: true, maxSegment: 0 }));
    return found;
  }

  /** Counts what a mapping may take of the page allocator: a buffer, or its own memory. */
  private use(mapping: Mapping, sign: 1 | -1): void {
    const { form, offset, size, device, dir } = mapping;
    const wanted = form === 'page' ? offset + size : size;
    const bytes = asksPool(form)
      ? (CLASSES.find((one) => wanted <= one) ?? 0)
      : form === 'resource'
        ? 0
        : 2 ** Math.ceil(Math.log2(Math.max(size, PAGE)));
    const key = `${device} ${String(dir)} ${String(bytes)}`;
    const peak = this.buffers.get(key) ?? { now: 0, most: 0 };
    peak.now += sign * bytes;
    peak.most = Math.max(peak.most, peak.now);
    this.buffers.set(key, peak);
  }
}

/** No trace has DMA_NONE. */
function directionOf(dir: Mapping['dir']): Direction {
  return dir === 3 ? 0 : dir;
}

/** A list's entries on the windows of its runs. */
function entriesOf(
  { entries, runs }: Mapping,
  windows: readonly number[],
): Extract<PlayCall, { call: 'map_sg' }>['entries'] {
  let at = 0;
  return entries.map(({ phys, length }) => {
    const isIn = (i: number): boolean => {
      const run = runs[i];
      return run !== undefined && phys >= run.phys && phys < run.phys + run.pages * PAGE;
    };
    while (!isIn(at) && at < runs.length - 1) at++;
    const pages = (pageFloor(phys) - (runs[at]?.phys ?? 0)) / PAGE;
    return { page: (windows[at] ?? 0) + pages, offset: phys - pageFloor(phys), length };
  });
}
