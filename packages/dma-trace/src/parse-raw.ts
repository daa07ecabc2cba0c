// SPDX-License-Identifier: GPL-2.0-only
// The fields of an event by name: what `trace-cmd report -R` prints of every event, trace-cmd and perf of those whose print
// format they cannot parse (`[FAILED TO PARSE] device=…`), and bpftrace by the scripts shipped here.
import { ALL_ONES, ATTR_UNKNOWN, DMA_ATTRS, type Direction, type EventHead } from './event-head';
import type { AllocForm, TraceEvent } from './events';
import { dmaCall } from './parse-dma';
import type { Scanner } from './scanner';

const MMIO = DMA_ATTRS.get('MMIO') ?? 0;
const FAILED = '[FAILED TO PARSE]';
const ADDRESS_BYTES = 8;
const LENGTH_BYTES = 4;
const MOST_ATTR = 2 ** 30;
const SPACE = 0x20;
const COMMA = 0x2c;

/** Whether the text of an event at the cursor is fields by name. */
export function isRaw(scan: Scanner): boolean {
  const { text, pos } = scan;
  switch (text.charCodeAt(pos)) {
    case 0x64: // d
      return text.startsWith('device=', pos);
    case 0x69: // i
      return text.startsWith('iova=', pos);
    case 0x5b: // [
      return text.startsWith(FAILED, pos);
    default:
      return false;
  }
}

/** The event, `unparsed` if the name is known and the text does not fit, null if the name is not known. */
export function parseRaw(
  name: string,
  head: EventHead,
  scan: Scanner,
): TraceEvent | 'unparsed' | null {
  const fields = new RawFields(scan);
  const event = name.startsWith('dma_')
    ? dmaEvent(name, head, fields)
    : iommuEvent(name, head, fields);
  return event === null || scan.ok ? event : 'unparsed';
}

function iommuEvent(name: string, head: EventHead, fields: RawFields): TraceEvent | null {
  switch (name) {
    case 'map':
      return {
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'iommuMap',
        iova: fields.address(' iova='),
        paddr: fields.address(' paddr='),
        size: fields.count(' size='),
      };
    case 'unmap':
      return {
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'iommuUnmap',
        iova: fields.address(' iova='),
        size: fields.count(' size='),
        unmapped: fields.count(' unmapped_size='),
      };
    case 'io_page_fault':
      return {
        ...head,
        kind: 'ioPageFault',
        driver: fields.word(' driver='),
        device: fields.word(' device='),
        iova: fields.wideAddress(' iova='),
        faultFlags: fields.count(' flags='),
      };
    default:
      return null;
  }
}

function dmaEvent(name: string, head: EventHead, fields: RawFields): TraceEvent | null {
  switch (name) {
    case 'dma_map_page':
    case 'dma_map_phys':
    case 'dma_map_resource': {
      const call = dmaCall(name);
      const base = fields.base(head);
      const attrs = fields.attrs();
      return {
        line: base.line,
        comm: base.comm,
        pid: base.pid,
        cpu: base.cpu,
        flags: base.flags,
        timeNs: base.timeNs,
        device: base.device,
        dir: base.dir,
        kind: 'mapPage',
        call,
        resource: call === 'resource' || (attrs & MMIO) !== 0,
        dmaAddr: fields.address(' dma_addr='),
        size: fields.count(' size='),
        phys: fields.address(' phys_addr='),
        attrs,
        otherAttrs: fields.otherAttrs,
      };
    }
    case 'dma_unmap_page':
    case 'dma_unmap_phys':
    case 'dma_unmap_resource': {
      const call = dmaCall(name);
      const base = fields.base(head);
      const attrs = fields.attrs();
      return {
        line: base.line,
        comm: base.comm,
        pid: base.pid,
        cpu: base.cpu,
        flags: base.flags,
        timeNs: base.timeNs,
        device: base.device,
        dir: base.dir,
        kind: 'unmapPage',
        call,
        resource: call === 'resource' || (attrs & MMIO) !== 0,
        dmaAddr: fields.address(fields.has(' addr=') ? ' addr=' : ' dma_addr='),
        size: fields.count(' size='),
        attrs,
        otherAttrs: fields.otherAttrs,
      };
    }
    case 'dma_map_sg':
      return mapSg(head, fields);
    case 'dma_unmap_sg':
      return {
        ...fields.base(head),
        kind: 'unmapSg',
        physAddrs: fields.list(' addrs=', ADDRESS_BYTES),
        attrs: fields.attrs(),
        otherAttrs: fields.otherAttrs,
      };
    case 'dma_map_sg_err':
      return {
        ...fields.base(head),
        kind: 'mapSgErr',
        physAddrs: fields.list(' phys_addrs=', ADDRESS_BYTES),
        err: fields.signed(' err='),
        attrs: fields.attrs(),
        otherAttrs: fields.otherAttrs,
      };
    case 'dma_sync_single_for_cpu':
    case 'dma_sync_single_for_device':
      return {
        ...fields.base(head),
        kind: 'syncSingle',
        forCpu: name === 'dma_sync_single_for_cpu',
        dmaAddr: fields.address(' dma_addr='),
        size: fields.count(' size='),
      };
    case 'dma_sync_sg_for_cpu':
    case 'dma_sync_sg_for_device':
      return {
        ...fields.base(head),
        kind: 'syncSg',
        forCpu: name === 'dma_sync_sg_for_cpu',
        dmaAddrs: fields.list(' dma_addrs=', ADDRESS_BYTES),
        sizes: fields.list(' lengths=', LENGTH_BYTES),
      };
    default:
      return allocation(name, head, fields);
  }
}

function mapSg(head: EventHead, fields: RawFields): TraceEvent {
  const base = fields.base(head);
  const physAddrs = fields.list(' phys_addrs=', ADDRESS_BYTES);
  const dmaAddrs = fields.list(' dma_addrs=', ADDRESS_BYTES);
  const sizes = fields.list(' lengths=', LENGTH_BYTES);
  if (dmaAddrs.length !== sizes.length) fields.refuse();
  // 6.17 has no counts: what the lists hold is all that is known.
  const counted = fields.has(' full_nents=');
  const nents = counted ? fields.count(' full_nents=') : physAddrs.length;
  const ents = counted ? fields.count(' full_ents=') : dmaAddrs.length;
  return {
    ...base,
    kind: 'mapSg',
    nents,
    ents,
    truncated: nents > physAddrs.length || ents > dmaAddrs.length,
    dmaAddrs,
    sizes,
    physAddrs,
    attrs: fields.attrs(),
    otherAttrs: fields.otherAttrs,
  };
}

const ALLOCATIONS: ReadonlyMap<string, readonly ['dmaAlloc' | 'dmaFree', AllocForm]> = new Map([
  ['dma_alloc', ['dmaAlloc', 'coherent']],
  ['dma_alloc_pages', ['dmaAlloc', 'pages']],
  ['dma_alloc_sgt', ['dmaAlloc', 'sgt']],
  ['dma_alloc_sgt_err', ['dmaAlloc', 'sgtErr']],
  ['dma_free', ['dmaFree', 'coherent']],
  ['dma_free_pages', ['dmaFree', 'pages']],
  ['dma_free_sgt', ['dmaFree', 'sgt']],
]);

function allocation(name: string, head: EventHead, fields: RawFields): TraceEvent | null {
  const found = ALLOCATIONS.get(name);
  if (found === undefined) return null;
  const [kind, form] = found;
  const base = {
    ...fields.base(head),
    form,
    dmaAddr: fields.address(' dma_addr='),
    size: fields.count(' size='),
    virtAddr: form === 'sgt' ? null : fields.word(' virt_addr='),
    phys: null,
    physAddrs: form === 'sgt' ? fields.list(' phys_addrs=', ADDRESS_BYTES) : [],
    attrs: kind === 'dmaFree' && form === 'sgt' ? 0 : fields.attrs(),
    otherAttrs: fields.otherAttrs,
  };
  if (kind === 'dmaFree') return { ...base, kind };
  // Which bit is which flag differs between kernels.
  return { ...base, kind, gfp: `0x${fields.count(' flags=').toString(16)}` };
}

/** Fields of one line, read by name in any order. What is missing or misshapen clears `ok` of the scanner. */
class RawFields {
  /** Attributes beyond the bits that `attrs` holds, as a number; as in the events. */
  otherAttrs = '';
  private readonly from: number;
  /** Without the print format, the tools print a u64 in decimal. */
  private readonly unprefixedIsHex: boolean;

  constructor(private readonly scan: Scanner) {
    // A space stands before the first field, too.
    this.from = scan.pos - 1;
    this.unprefixedIsHex = !scan.text.startsWith(FAILED, scan.pos);
  }

  has(label: string): boolean {
    return this.scan.text.includes(label, this.from);
  }

  refuse(): void {
    this.scan.ok = false;
  }

  base(head: EventHead): EventHead & { device: string; dir: Direction } {
    const device = this.word(this.has(' device=') ? ' device=' : ' dev=');
    this.seek(' dir=');
    return {
      line: head.line,
      comm: head.comm,
      pid: head.pid,
      cpu: head.cpu,
      flags: head.flags,
      timeNs: head.timeNs,
      device,
      dir: this.scan.directionNumber(),
    };
  }

  word(label: string): string {
    this.seek(label);
    return this.scan.word();
  }

  count(label: string): number {
    this.seek(label);
    return this.ended(this.scan.accept('0x') ? this.scan.hex() : this.scan.dec());
  }

  signed(label: string): number {
    this.seek(label);
    return this.ended(this.scan.signed());
  }

  address(label: string): number {
    this.seek(label);
    const { scan } = this;
    const isHex = scan.accept('0x') || this.unprefixedIsHex;
    return this.ended(isHex ? scan.hex() : scan.dec());
  }

  /** One that nobody handed out: above 2^53 the nearest double. */
  wideAddress(label: string): number {
    this.seek(label);
    this.scan.expect('0x');
    return this.ended(this.scan.wideHex());
  }

  attrs(): number {
    this.seek(' attrs=');
    this.scan.accept('0x');
    const bits = this.ended(this.scan.hex());
    if (bits < MOST_ATTR) return bits;
    this.otherAttrs = `0x${bits.toString(16)}`;
    return (bits % MOST_ATTR) | ATTR_UNKNOWN;
  }

  /** `ARRAY[00, d0, 27, …]`, in bpftrace's lines without commas: numbers of so many bytes, the lowest first. */
  list(label: string, bytes: number): number[] {
    this.seek(label);
    const { scan } = this;
    scan.accept('ARRAY');
    scan.expect('[');
    const end = scan.text.indexOf(']', scan.pos);
    if (end < 0) this.refuse();
    const values: number[] = [];
    while (scan.ok && scan.pos < end) values.push(this.littleEndian(bytes, end));
    scan.pos = end + 1;
    return values;
  }

  private littleEndian(bytes: number, end: number): number {
    const { scan } = this;
    const { text } = scan;
    let { pos } = scan;
    let value = 0;
    let unit = 1;
    for (let i = 0; i < bytes; i++, unit *= 256) {
      const high = nibble(text.charCodeAt(pos));
      const low = nibble(text.charCodeAt(pos + 1));
      if (high < 0 || low < 0) {
        this.refuse();
        return 0;
      }
      value += (high * 16 + low) * unit;
      pos += 2;
      if (pos >= end) continue;
      if (text.charCodeAt(pos) === COMMA) pos++;
      if (text.charCodeAt(pos++) !== SPACE) this.refuse();
    }
    scan.pos = pos;
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    // All ones rounds up to 2^64; no other address is as high.
    if (value < 2 ** 64) this.refuse();
    return ALL_ONES;
  }

  private seek(label: string): void {
    this.scan.pos = this.from;
    this.scan.until(label);
  }

  private ended(value: number): number {
    const { text, pos } = this.scan;
    if (pos < text.length && text.charCodeAt(pos) !== 0x20) this.refuse();
    return value;
  }
}

function nibble(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}
