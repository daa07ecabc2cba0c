// SPDX-License-Identifier: GPL-2.0-only
// The frequent events as the kernel prints them, from bytes: a part of what parse-dma.ts and parse-iommu.ts accept, with the
// same result. Of an event that does not fit, the cursor is not ok.
// As there, the fields of an object stand in the order of the line, and heads are copied field by field.

import { DMA_ATTRS, type Direction } from '../event-head';
import type {
  IommuMap,
  IommuUnmap,
  MapPage,
  MapSg,
  SyncSingle,
  UnmapPage,
  UnmapSg,
} from '../events';
import { type ByteCursor, NEWLINE, RETURN, SPACE, ascii } from './byte-cursor';
import { ByteNames, LONGEST_NAME } from './byte-names';
import type { QuickHead } from './quick-head';

const MMIO = DMA_ATTRS.get('MMIO') ?? 0;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;

const IOMMU_IOVA = ascii('IOMMU: iova=0x');
const TO = ascii(' - 0x');
const PADDR = ascii(' paddr=0x');
const SIZE = ascii(' size=');
const UNMAPPED_SIZE = ascii(' unmapped_size=');
const DIR = ascii(' dir=');
const DMA_ADDR = ascii(' dma_addr=');
const PHYS_ADDR = ascii(' phys_addr=');
const ATTRS = ascii(' attrs=');
const NENTS = ascii(' nents=');
const ENTS = ascii(' ents=');
const SLASH = ascii('/');
const TRUNCATED = ascii(' [TRUNCATED]');
const DMA_ADDRS = ascii(' dma_addrs=');
const SIZES = ascii(' sizes=');
const PHYS_ADDRS = ascii(' phys_addrs=');
const HEX = ascii('0x');

/** Bits of known attributes; null for others. */
function attrBits(names: string): number | null {
  let bits = 0;
  for (const name of names.split('|')) {
    const bit = DMA_ATTRS.get(name);
    if (bit === undefined) return null;
    bits |= bit;
  }
  return bits;
}

export class QuickPrinted {
  private readonly attrNames = new ByteNames(attrBits);

  constructor(
    private readonly cursor: ByteCursor,
    private readonly head: QuickHead,
  ) {}

  iommuMap(): IommuMap {
    const { cursor, head } = this;
    cursor.expect(IOMMU_IOVA);
    const iova = cursor.hex();
    const end = this.rangeEnd();
    const paddr = cursor.hexAfter(PADDR);
    const size = cursor.decAfter(SIZE);
    if (end >= 0 && end !== iova + size) cursor.ok = false;
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'iommuMap',
      iova,
      paddr,
      size,
    };
  }

  iommuUnmap(): IommuUnmap {
    const { cursor, head } = this;
    cursor.expect(IOMMU_IOVA);
    const iova = cursor.hex();
    const end = this.rangeEnd();
    const size = cursor.decAfter(SIZE);
    if (end >= 0 && end !== iova + size) cursor.ok = false;
    const unmapped = cursor.decAfter(UNMAPPED_SIZE);
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'iommuUnmap',
      iova,
      size,
      unmapped,
    };
  }

  mapPage(call: MapPage['call']): MapPage {
    const { cursor, head } = this;
    const event: MapPage = {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'mapPage',
      call,
      resource: call === 'resource',
      device: cursor.word(),
      dir: this.direction(),
      dmaAddr: cursor.hexAfter(DMA_ADDR),
      size: cursor.decAfter(SIZE),
      phys: cursor.hexAfter(PHYS_ADDR),
      attrs: this.attrs(),
      otherAttrs: '',
    };
    if ((event.attrs & MMIO) !== 0) event.resource = true;
    return event;
  }

  unmapPage(call: MapPage['call']): UnmapPage {
    const { cursor, head } = this;
    const event: UnmapPage = {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'unmapPage',
      call,
      resource: call === 'resource',
      device: cursor.word(),
      dir: this.direction(),
      dmaAddr: cursor.hexAfter(DMA_ADDR),
      size: cursor.decAfter(SIZE),
      attrs: this.attrs(),
      otherAttrs: '',
    };
    if ((event.attrs & MMIO) !== 0) event.resource = true;
    return event;
  }

  mapSg(): MapSg {
    const { cursor, head } = this;
    const device = cursor.word();
    const dir = this.direction();
    const counted = cursor.accept(NENTS);
    const tracedNents = counted ? cursor.dec() : 0;
    const nents = counted ? cursor.decAfter(SLASH) : 0;
    const tracedEnts = counted ? cursor.decAfter(ENTS) : 0;
    const ents = counted ? cursor.decAfter(SLASH) : 0;
    const truncated = counted && cursor.accept(TRUNCATED);
    const dmaAddrs = this.list(DMA_ADDRS);
    const sizes = this.list(SIZES);
    const physAddrs = this.list(PHYS_ADDRS);
    const attrs = this.attrs();
    if (dmaAddrs.length !== sizes.length) cursor.ok = false;
    if (counted && (tracedNents !== physAddrs.length || tracedEnts !== dmaAddrs.length))
      cursor.ok = false;
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'mapSg',
      device,
      dir,
      nents: counted ? nents : physAddrs.length,
      ents: counted ? ents : dmaAddrs.length,
      truncated,
      dmaAddrs,
      sizes,
      physAddrs,
      attrs,
      otherAttrs: '',
    };
  }

  unmapSg(): UnmapSg {
    const { cursor, head } = this;
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'unmapSg',
      device: cursor.word(),
      dir: this.direction(),
      physAddrs: this.list(PHYS_ADDRS),
      attrs: this.attrs(),
      otherAttrs: '',
    };
  }

  syncSingle(forCpu: boolean): SyncSingle {
    const { cursor, head } = this;
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      kind: 'syncSingle',
      forCpu,
      device: cursor.word(),
      dir: this.direction(),
      dmaAddr: cursor.hexAfter(DMA_ADDR),
      size: cursor.decAfter(SIZE),
    };
  }

  /** The newer layout prints where the range ends (exclusive), the older does not: -1. */
  private rangeEnd(): number {
    const { cursor } = this;
    return cursor.accept(TO) ? cursor.hex() : -1;
  }

  private direction(): Direction {
    this.cursor.expect(DIR);
    return this.cursor.direction();
  }

  /** `{0x1,0x2}`. */
  private list(label: Uint8Array): number[] {
    const { cursor } = this;
    const values: number[] = [];
    cursor.expect(label);
    if (!cursor.acceptByte(OPEN)) {
      cursor.ok = false;
      return values;
    }
    if (cursor.acceptByte(CLOSE)) return values;
    do values.push(cursor.hexAfter(HEX));
    while (cursor.ok && cursor.acceptByte(COMMA));
    if (!cursor.acceptByte(CLOSE)) cursor.ok = false;
    return values;
  }

  /** ` attrs=A|B` of known names. */
  private attrs(): number {
    const { cursor } = this;
    cursor.expect(ATTRS);
    const { bytes, at } = cursor;
    const next = bytes[at];
    if (next === NEWLINE || next === SPACE || next === RETURN) return 0;
    const end = cursor.wordEnd();
    cursor.at = end;
    const bits =
      end - at > 0 && end - at <= LONGEST_NAME ? this.attrNames.of(bytes, at, end) : null;
    if (bits === null) cursor.ok = false;
    return bits ?? 0;
  }
}
