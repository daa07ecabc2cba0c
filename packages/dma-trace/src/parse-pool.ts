// SPDX-License-Identifier: GPL-2.0-only
// The text of the obs_* lines of a kernel with the series.
import type { EventHead } from './event-head';
import type { PoolEvent } from './pool-events';
import type { Scanner } from './scanner';

/** The event, `unparsed` if the name is known and the text does not fit, null if the name is not known. */
export function parsePool(
  name: string,
  head: EventHead,
  scan: Scanner,
): PoolEvent | 'unparsed' | null {
  switch (name) {
    case 'obs_map_page':
      return scan.whole({
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'obsMapPage',
        device: deviceBeforeDir(scan),
        dir: scan.directionNumber(),
        phys: scan.hexAfter(' phys='),
        size: scan.decAfter(' size='),
        attrs: scan.hexAfter(' attrs='),
        dmaAddr: scan.hexAfter(' dma='),
      });
    case 'obs_unmap_page':
      return scan.whole({
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'obsUnmapPage',
        device: deviceBeforeDir(scan),
        dir: scan.directionNumber(),
        dmaAddr: scan.hexAfter(' dma='),
        size: scan.decAfter(' size='),
        attrs: scan.hexAfter(' attrs='),
      });
    case 'obs_sg_ent':
      return scan.whole({
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'obsSgEnt',
        index: scan.decAfter(' i='),
        phys: scan.hexAfter(' phys='),
        length: scan.decAfter(' len='),
      });
    case 'obs_map_sg':
      return scan.whole({
        ...head,
        kind: 'obsMapSg',
        device: deviceBeforeDir(scan),
        dir: scan.directionNumber(),
        sgl: pointer(scan),
        nents: scan.decAfter(' nents='),
        total: scan.decAfter(' total='),
        attrs: scan.hexAfter(' attrs='),
        ret: scan.signedAfter(' ret='),
        dmaAddr: scan.hexAfter(' dma='),
        dmaLength: scan.decAfter(' dmalen='),
      });
    case 'obs_unmap_sg':
      return scan.whole({
        ...head,
        kind: 'obsUnmapSg',
        device: deviceBeforeDir(scan),
        dir: scan.directionNumber(),
        sgl: pointer(scan),
        nents: scan.decAfter(' nents='),
        attrs: scan.hexAfter(' attrs='),
        dmaAddr: scan.hexAfter(' dma='),
        dmaLength: scan.decAfter(' dmalen='),
      });
    default:
      return poolDecision(name, head, scan);
  }
}

function poolDecision(name: string, head: EventHead, scan: Scanner): PoolEvent | 'unparsed' | null {
  switch (name) {
    case 'obs_pool_take':
      return scan.whole({
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'obsPoolTake',
        from: takenFrom(scan),
        classSize: scan.decAfter(' class_size='),
        slot: scan.decAfter(' slot='),
        prot: scan.decAfter(' prot='),
      });
    case 'obs_pool_fill':
      return scan.whole({
        ...head,
        kind: 'obsPoolFill',
        ...slotProt(scan),
        iova: scan.hexAfter(' iova='),
      });
    case 'obs_pool_map':
      return scan.whole({
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'obsPoolMap',
        classIndex: scan.decAfter(' class='),
        classSize: classInBrackets(scan),
        slot: scan.decAfter(' slot='),
        size: scan.decAfter(' size='),
        prot: scan.decAfter(' prot='),
        iova: scan.hexAfter(' iova='),
      });
    case 'obs_pool_unmap':
      return scan.whole({
        line: head.line,
        comm: head.comm,
        pid: head.pid,
        cpu: head.cpu,
        flags: head.flags,
        timeNs: head.timeNs,
        kind: 'obsPoolUnmap',
        classSize: scan.decAfter(' class_size='),
        slot: scan.decAfter(' slot='),
        prot: scan.decAfter(' prot='),
        dmaAddr: scan.hexAfter(' dma='),
      });
    case 'obs_pool_full':
      return scan.whole({
        ...head,
        kind: 'obsPoolFull',
        classIndex: scan.decAfter(' class='),
        classSize: classInBrackets(scan),
        size: scan.decAfter(' size='),
        prot: scan.decAfter(' prot='),
      });
    case 'obs_pool_toobig':
      return scan.whole({
        ...head,
        kind: 'obsPoolTooBig',
        size: scan.decAfter(' size='),
        prot: scan.decAfter(' prot='),
      });
    case 'obs_pool_evict_run':
      return scan.whole({
        ...head,
        kind: 'obsPoolEvictRun',
        teardown: scan.decAfter(' teardown=') !== 0,
      });
    case 'obs_pool_evict_take':
      return scan.whole({ ...head, kind: 'obsPoolEvictTake', ...slotProt(scan) });
    case 'obs_pool_evict':
      return scan.whole({
        ...head,
        kind: 'obsPoolEvict',
        classSize: scan.decAfter(' class_size='),
        slot: scan.decAfter(' slot='),
        iova: scan.hexAfter(' iova='),
      });
    case 'obs_pool_release':
      return scan.whole({
        ...head,
        kind: 'obsPoolRelease',
        classSize: scan.decAfter(' class_size='),
        slot: scan.decAfter(' slot='),
      });
    default:
      return null;
  }
}

function deviceBeforeDir(scan: Scanner): string {
  scan.expect(' dev=');
  return scan.until(' dir=');
}

function pointer(scan: Scanner): string {
  scan.expect(' sgl=');
  return scan.word();
}

function takenFrom(scan: Scanner): 'cache' | 'empty' {
  if (scan.accept(' from=cache')) return 'cache';
  scan.expect(' from=empty');
  return 'empty';
}

function slotProt(scan: Scanner): { classSize: number; slot: number; prot: number } {
  return {
    classSize: scan.decAfter(' class_size='),
    slot: scan.decAfter(' slot='),
    prot: scan.decAfter(' prot='),
  };
}

/** The `(4096)` of ` class=0(4096)`. */
function classInBrackets(scan: Scanner): number {
  const classSize = scan.decAfter('(');
  scan.expect(')');
  return classSize;
}
