// SPDX-License-Identifier: GPL-2.0-only
// The text of the dma:* events (include/trace/events/dma.h, Linux 6.12 and later).
import { DMA_ATTRS, type EventHead } from './event-head';
import type { AllocForm, MapPage, MapSg, TraceEvent } from './events';
import type { Scanner } from './scanner';

const MMIO = DMA_ATTRS.get('MMIO') ?? 0;

/** The event, `unparsed` if the name is known and the text does not fit, null if the name is not known. */
export function parseDma(
  name: string,
  head: EventHead,
  scan: Scanner,
): TraceEvent | 'unparsed' | null {
  switch (name) {
    case 'dma_map_page':
    case 'dma_map_phys':
    case 'dma_map_resource':
      return mapPage(dmaCall(name), head, scan);
    case 'dma_unmap_page':
    case 'dma_unmap_phys':
    case 'dma_unmap_resource':
      return unmapPage(dmaCall(name), head, scan);
    case 'dma_map_sg':
      return mapSg(head, scan);
    case 'dma_unmap_sg':
      return scan.whole({
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'unmapSg',
        device: scan.until(' dir='),
        dir: scan.direction(),
        physAddrs: scan.listAfter(' phys_addrs='),
        attrs: scan.attrs(),
        otherAttrs: scan.otherAttrs,
      });
    case 'dma_map_sg_err':
      return scan.whole({
        ...head,
        kind: 'mapSgErr',
        device: scan.until(' dir='),
        dir: scan.direction(),
        physAddrs: scan.listAfter(' dma_addrs='),
        err: scan.signedAfter(' err='),
        attrs: scan.attrs(),
        otherAttrs: scan.otherAttrs,
      });
    case 'dma_sync_single_for_cpu':
    case 'dma_sync_single_for_device':
      return scan.whole({
        ...head,
        kind: 'syncSingle',
        forCpu: name === 'dma_sync_single_for_cpu',
        device: scan.until(' dir='),
        dir: scan.direction(),
        dmaAddr: scan.hexAfter(' dma_addr='),
        size: scan.decAfter(' size='),
      });
    case 'dma_sync_sg_for_cpu':
    case 'dma_sync_sg_for_device':
      return scan.whole({
        ...head,
        kind: 'syncSg',
        forCpu: name === 'dma_sync_sg_for_cpu',
        device: scan.until(' dir='),
        dir: scan.direction(),
        dmaAddrs: scan.listAfter(' dma_addrs='),
        sizes: scan.listAfter(' sizes='),
      });
    case 'dma_alloc':
      return allocation('dmaAlloc', 'coherent', head, scan);
    case 'dma_alloc_pages':
      return allocation('dmaAlloc', 'pages', head, scan);
    case 'dma_alloc_sgt':
      return allocation('dmaAlloc', 'sgt', head, scan);
    case 'dma_alloc_sgt_err':
      return allocation('dmaAlloc', 'sgtErr', head, scan);
    case 'dma_free':
      return allocation('dmaFree', 'coherent', head, scan);
    case 'dma_free_pages':
      return allocation('dmaFree', 'pages', head, scan);
    case 'dma_free_sgt':
      return allocation('dmaFree', 'sgt', head, scan);
    default:
      return null;
  }
}

/** `phys` took the place of `page` in 6.18; `resource` is gone since then. */
export function dmaCall(name: string): MapPage['call'] {
  if (name.endsWith('_page')) return 'page';
  return name.endsWith('_phys') ? 'phys' : 'resource';
}

function mapPage(call: MapPage['call'], head: EventHead, scan: Scanner): TraceEvent | 'unparsed' {
  const event = scan.whole({
    line: head.line,
    comm: head.comm,
    pid: head.pid,
    cpu: head.cpu,
    flags: head.flags,
    timeNs: head.timeNs,
    kind: 'mapPage' as const,
    call,
    resource: call === 'resource',
    device: scan.until(' dir='),
    dir: scan.direction(),
    dmaAddr: scan.hexAfter(' dma_addr='),
    size: scan.decAfter(' size='),
    phys: scan.hexAfter(' phys_addr='),
    attrs: scan.attrs(),
    otherAttrs: scan.otherAttrs,
  });
  if (event !== 'unparsed' && (event.attrs & MMIO) !== 0) event.resource = true;
  return event;
}

function unmapPage(call: MapPage['call'], head: EventHead, scan: Scanner): TraceEvent | 'unparsed' {
  const event = scan.whole({
    line: head.line,
    comm: head.comm,
    pid: head.pid,
    cpu: head.cpu,
    flags: head.flags,
    timeNs: head.timeNs,
    kind: 'unmapPage' as const,
    call,
    resource: call === 'resource',
    device: scan.until(' dir='),
    dir: scan.direction(),
    dmaAddr: scan.hexAfter(' dma_addr='),
    size: scan.decAfter(' size='),
    attrs: scan.attrs(),
    otherAttrs: scan.otherAttrs,
  });
  if (event !== 'unparsed' && (event.attrs & MMIO) !== 0) event.resource = true;
  return event;
}

/** The older layout has no counts; the newer one prints `traced/all` and traces 128 entries at most. */
function mapSg(head: EventHead, scan: Scanner): TraceEvent | 'unparsed' {
  const device = scan.until(' dir=');
  const dir = scan.direction();
  const counts = scan.accept(' nents=') ? sgCounts(scan) : null;
  const dmaAddrs = scan.listAfter(' dma_addrs=');
  const sizes = scan.listAfter(' sizes=');
  const physAddrs = scan.listAfter(' phys_addrs=');
  const attrs = scan.attrs();
  if (dmaAddrs.length !== sizes.length) return 'unparsed';
  if (
    counts !== null &&
    (counts.tracedNents !== physAddrs.length || counts.tracedEnts !== dmaAddrs.length)
  )
    return 'unparsed';
  const event: MapSg = {
    line: head.line,
    comm: head.comm,
    pid: head.pid,
    cpu: head.cpu,
    flags: head.flags,
    timeNs: head.timeNs,
    kind: 'mapSg',
    device,
    dir,
    nents: counts?.nents ?? physAddrs.length,
    ents: counts?.ents ?? dmaAddrs.length,
    truncated: counts?.truncated ?? false,
    dmaAddrs,
    sizes,
    physAddrs,
    attrs,
    otherAttrs: scan.otherAttrs,
  };
  return scan.whole(event);
}

interface SgCounts {
  tracedNents: number;
  nents: number;
  tracedEnts: number;
  ents: number;
  truncated: boolean;
}

function sgCounts(scan: Scanner): SgCounts {
  return {
    tracedNents: scan.dec(),
    nents: scan.decAfter('/'),
    tracedEnts: scan.decAfter(' ents='),
    ents: scan.decAfter('/'),
    truncated: scan.accept(' [TRUNCATED]'),
  };
}

function allocation(
  kind: 'dmaAlloc' | 'dmaFree',
  form: AllocForm,
  head: EventHead,
  scan: Scanner,
): TraceEvent | 'unparsed' {
  // The first layout of 6.12 had no direction and the physical address.
  const hasDir = scan.text.includes(' dir=', scan.pos);
  const base = {
    ...head,
    form,
    device: scan.until(hasDir ? ' dir=' : ' dma_addr='),
    dir: hasDir ? scan.direction() : null,
    dmaAddr: hasDir ? scan.hexAfter(' dma_addr=') : scan.hex(),
    size: scan.decAfter(' size='),
    virtAddr: form !== 'sgt' && scan.accept(' virt_addr=') ? scan.word() : null,
    phys: scan.accept(' phys_addr=') ? scan.hex() : null,
    physAddrs: form === 'sgt' ? scan.listAfter(' phys_addrs=') : [],
  };
  if (form !== 'sgt' && base.virtAddr === null && base.phys === null) return 'unparsed';
  if (kind === 'dmaAlloc') {
    scan.expect(' flags=');
    // The mark ` attrs=` is left for attrs() to read.
    const gfp = scan.until(' attrs=');
    scan.pos -= ' attrs='.length;
    return scan.whole({ ...base, kind, gfp, attrs: scan.attrs(), otherAttrs: scan.otherAttrs });
  }
  // dma_free_sgt is traced without attributes.
  const attrs = form === 'sgt' ? 0 : scan.attrs();
  return scan.whole({ ...base, kind, attrs, otherAttrs: form === 'sgt' ? '' : scan.otherAttrs });
}
