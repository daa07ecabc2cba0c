// SPDX-License-Identifier: GPL-2.0-only
// The fields of an event by name: what `trace-cmd report -R` prints of every event, trace-cmd and perf of those whose print
// format they cannot parse (`[FAILED TO PARSE] device=…`), and bpftrace by the scripts shipped here.
import { DMA_ATTRS, type EventHead } from './event-head';
import type { AllocForm, TraceEvent } from './events';
import { dmaCall } from './parse-dma';
import { FAILED, RawFields } from './raw-fields';
import type { Scanner } from './scanner';

const MMIO = DMA_ATTRS.get('MMIO') ?? 0;
const ADDRESS_BYTES = 8;
const LENGTH_BYTES = 4;

// JS: heads are copied field by field: spread in place of that, a line of -R takes 4 times as long (Node 20).

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
      const attrs = fields.attrs();
      return {
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        device: fields.device(),
        dir: fields.direction(),
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
      const attrs = fields.attrs();
      return {
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        device: fields.device(),
        dir: fields.direction(),
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
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        device: fields.device(),
        dir: fields.direction(),
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
  const physAddrs = fields.list(' phys_addrs=', ADDRESS_BYTES);
  const dmaAddrs = fields.list(' dma_addrs=', ADDRESS_BYTES);
  const sizes = fields.list(' lengths=', LENGTH_BYTES);
  if (dmaAddrs.length !== sizes.length) fields.refuse();
  // 6.17 has no counts: what the lists hold is all that is known.
  const counted = fields.has(' full_nents=');
  const nents = counted ? fields.count(' full_nents=') : physAddrs.length;
  const ents = counted ? fields.count(' full_ents=') : dmaAddrs.length;
  return {
    line: head.line,
    comm: head.comm,
    pid: head.pid,
    cpu: head.cpu,
    flags: head.flags,
    timeNs: head.timeNs,
    device: fields.device(),
    dir: fields.direction(),
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
