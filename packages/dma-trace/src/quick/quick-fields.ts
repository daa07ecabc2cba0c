// SPDX-License-Identifier: GPL-2.0-only
// The frequent events as `key=value` fields in any order, from bytes: a part of what parse-raw.ts and parse-fprobe.ts accept,
// with the same result. Of an event that does not fit, the cursor is not ok.

import { ATTR_UNKNOWN, DMA_ATTRS, type Direction } from '../event-head';
import type {
  IommuMap,
  IommuUnmap,
  IovaAlloc,
  IovaDestroy,
  IovaPiece,
  MapPage,
  UnmapPage,
} from '../events';
import { type ByteCursor, NEWLINE, RETURN, SPACE, ascii } from './byte-cursor';
import { ByteNames } from './byte-names';
import type { QuickHead } from './quick-head';

const MMIO = DMA_ATTRS.get('MMIO') ?? 0;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const HEX = ascii('0x');

/** Fields that are read, by number. */
const NONE = -1;
const DEVICE = 0;
const DMA_ADDRESS = 1;
const PHYS = 2;
const SIZE = 3;
const DIR = 4;
const ATTRS = 5;
const UNMAPPED = 6;
const STATE = 7;
const OFFSET = 8;
/** The caller's struct device: read over. */
const OTHER_DEVICE = 9;

const IOMMU_KEYS: ReadonlyMap<string, number> = new Map([
  ['iova', DMA_ADDRESS],
  ['paddr', PHYS],
  ['size', SIZE],
  ['unmapped_size', UNMAPPED],
]);

const MAP_KEYS: ReadonlyMap<string, number> = new Map([
  ['device', DEVICE],
  ['dev', DEVICE],
  ['dma_addr', DMA_ADDRESS],
  ['phys_addr', PHYS],
  ['size', SIZE],
  ['dir', DIR],
  ['attrs', ATTRS],
]);

const UNMAP_KEYS: ReadonlyMap<string, number> = new Map([...MAP_KEYS, ['addr', DMA_ADDRESS]]);

const PROBE_KEYS: ReadonlyMap<string, number> = new Map([
  ['name', DEVICE],
  ['dev', OTHER_DEVICE],
  ['addr', DMA_ADDRESS],
  ['phys', PHYS],
  ['size', SIZE],
  ['mapped_len', SIZE],
  ['dir', DIR],
  ['attrs', ATTRS],
  ['state', STATE],
  ['offset', OFFSET],
]);

const bit = (field: number): number => 1 << field;
const MAP = bit(DEVICE) | bit(DMA_ADDRESS) | bit(PHYS) | bit(SIZE) | bit(DIR) | bit(ATTRS);
const UNMAP = bit(DEVICE) | bit(DMA_ADDRESS) | bit(SIZE) | bit(DIR) | bit(ATTRS);
const IOMMU_MAP = bit(DMA_ADDRESS) | bit(PHYS) | bit(SIZE);
const IOMMU_UNMAP = bit(DMA_ADDRESS) | bit(SIZE) | bit(UNMAPPED);
const ALLOC = bit(DEVICE) | bit(STATE) | bit(PHYS) | bit(SIZE);
const LINK = MAP | bit(STATE) | bit(OFFSET);
const DESTROY = UNMAP | bit(STATE);
const IGNORED = bit(OTHER_DEVICE);

export class QuickFields {
  private readonly iommuKeys = new ByteNames((name) => IOMMU_KEYS.get(name) ?? NONE);
  private readonly mapKeys = new ByteNames((name) => MAP_KEYS.get(name) ?? NONE);
  private readonly unmapKeys = new ByteNames((name) => UNMAP_KEYS.get(name) ?? NONE);
  private readonly probeKeys = new ByteNames((name) => PROBE_KEYS.get(name) ?? NONE);
  private device = '';
  private state = '';
  private address = 0;
  private phys = 0;
  private size = 0;
  private unmapped = 0;
  private offset = 0;
  private attrs = 0;
  private dir: Direction = 'NONE';

  constructor(
    private readonly cursor: ByteCursor,
    private readonly head: QuickHead,
  ) {}

  iommuMap(): IommuMap {
    const { head } = this;
    this.readRaw(this.iommuKeys, IOMMU_MAP);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'iommuMap',
      iova: this.address,
      paddr: this.phys,
      size: this.size,
    };
  }

  iommuUnmap(): IommuUnmap {
    const { head } = this;
    this.readRaw(this.iommuKeys, IOMMU_UNMAP);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'iommuUnmap',
      iova: this.address,
      size: this.size,
      unmapped: this.unmapped,
    };
  }

  mapPage(call: MapPage['call']): MapPage {
    const { head } = this;
    this.readRaw(this.mapKeys, MAP);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'mapPage',
      call,
      resource: call === 'resource' || (this.attrs & MMIO) !== 0,
      device: this.device,
      dir: this.dir,
      dmaAddr: this.address,
      size: this.size,
      phys: this.phys,
      attrs: this.attrs,
      otherAttrs: '',
    };
  }

  unmapPage(call: MapPage['call']): UnmapPage {
    const { head } = this;
    this.readRaw(this.unmapKeys, UNMAP);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'unmapPage',
      call,
      resource: call === 'resource' || (this.attrs & MMIO) !== 0,
      device: this.device,
      dir: this.dir,
      dmaAddr: this.address,
      size: this.size,
      attrs: this.attrs,
      otherAttrs: '',
    };
  }

  iovaAlloc(): IovaAlloc {
    const { head } = this;
    this.readProbe(ALLOC);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      device: this.device,
      state: this.state,
      kind: 'iovaAlloc',
      phys: this.phys,
      size: this.size,
    };
  }

  iovaLink(): IovaPiece {
    const { head } = this;
    this.readProbe(LINK);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      device: this.device,
      state: this.state,
      kind: 'iovaLink',
      dmaAddr: this.address,
      offset: this.offset,
      size: this.size,
      phys: this.phys,
      dir: this.dir,
      attrs: this.attrs,
    };
  }

  iovaDestroy(): IovaDestroy {
    const { head } = this;
    this.readProbe(DESTROY);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      device: this.device,
      state: this.state,
      kind: 'iovaDestroy',
      dmaAddr: this.address,
      size: this.size,
      dir: this.dir,
      attrs: this.attrs,
    };
  }

  /** Fields as trace-cmd and bpftrace print them: these, each once, and no others. */
  private readRaw(keys: ByteNames<number>, wanted: number): void {
    const { cursor } = this;
    if (this.read(keys, true) !== wanted) cursor.ok = false;
  }

  /** As a probe of docs/capture.md prints them; `dev` is a pointer there. */
  private readProbe(wanted: number): void {
    const { cursor } = this;
    if ((this.read(this.probeKeys, false) & ~IGNORED) !== wanted) cursor.ok = false;
  }

  /** @returns the fields that were there, as bits */
  private read(keys: ByteNames<number>, isRaw: boolean): number {
    const { cursor } = this;
    const { bytes } = cursor;
    let found = 0;
    for (;;) {
      const from = cursor.at;
      let at = from;
      while (isKey(bytes[at] as number)) at++;
      if (at === from || at - from > 20 || bytes[at] !== EQUALS) {
        cursor.ok = false;
        return found;
      }
      const field = keys.of(bytes, from, at);
      cursor.at = at + 1;
      if (field === NONE || (found & bit(field)) !== 0) cursor.ok = false;
      else this.value(field, isRaw);
      if (!cursor.ok) return found;
      found |= bit(field);
      const next = bytes[cursor.at];
      if (next === NEWLINE || next === RETURN) return found;
      if (next !== SPACE) {
        cursor.ok = false;
        return found;
      }
      cursor.skipSpaces();
      const byte = bytes[cursor.at];
      if (byte === NEWLINE || byte === RETURN) return found;
    }
  }

  private value(field: number, isRaw: boolean): void {
    const { cursor } = this;
    switch (field) {
      case DEVICE:
        this.device = isRaw ? cursor.word() : this.quoted();
        break;
      case DMA_ADDRESS:
        this.address = this.number(isRaw);
        break;
      case PHYS:
        this.phys = this.number(isRaw);
        break;
      case SIZE:
        this.size = this.number(false);
        break;
      case DIR:
        this.dir = cursor.directionNumber();
        break;
      case ATTRS:
        this.attrs = this.number(isRaw);
        if (isRaw && this.attrs >= ATTR_UNKNOWN) cursor.ok = false;
        break;
      case UNMAPPED:
        this.unmapped = this.number(false);
        break;
      case STATE:
        if (cursor.bytes[cursor.at] === QUOTE) cursor.ok = false;
        this.state = cursor.word();
        break;
      case OFFSET:
        this.offset = this.number(false);
        break;
      default:
        if (cursor.bytes[cursor.at] === QUOTE) cursor.ok = false;
        cursor.at = cursor.wordEnd();
    }
  }

  /** `0x…`, else decimal; hexadecimal in any case where `isHex`. */
  private number(isHex: boolean): number {
    const { cursor } = this;
    return cursor.accept(HEX) || isHex ? cursor.hex() : cursor.dec();
  }

  /** `"any word"`. */
  private quoted(): string {
    const { cursor } = this;
    if (!cursor.acceptByte(QUOTE)) cursor.ok = false;
    const from = cursor.at;
    const end = cursor.wordEnd() - 1;
    if (end <= from || cursor.bytes[end] !== QUOTE) {
      cursor.ok = false;
      return '';
    }
    for (let at = from; at < end; at++) if (cursor.bytes[at] === QUOTE) cursor.ok = false;
    return cursor.name(from, end, end + 1);
  }
}

/** As in the fields that are read: lower case and `_`. */
function isKey(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
}
