// SPDX-License-Identifier: GPL-2.0-only
// The text of the iommu:* events about addresses.
// In this and the other parse-* files the fields of an object stand in the order of the line: reading them is the parse.
// The frequent kinds copy the head field by field: with `...head` there the whole parser made 174,000 lines/s, not 850,000.
import type { EventHead } from './event-head';
import type { TraceEvent } from './events';
import type { Scanner } from './scanner';

/** The event, `unparsed` if the name is known and the text does not fit, null if the name is not known. */
export function parseIommu(
  name: string,
  head: EventHead,
  scan: Scanner,
): TraceEvent | 'unparsed' | null {
  switch (name) {
    case 'map': {
      scan.expect('IOMMU: iova=0x');
      const iova = scan.hex();
      const end = rangeEnd(scan);
      const paddr = scan.hexAfter(' paddr=0x');
      const size = scan.decAfter(' size=');
      if (end !== null && end !== iova + size) return 'unparsed';
      return scan.whole({
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
      });
    }
    case 'unmap': {
      scan.expect('IOMMU: iova=0x');
      const iova = scan.hex();
      const end = rangeEnd(scan);
      const size = scan.decAfter(' size=');
      if (end !== null && end !== iova + size) return 'unparsed';
      const unmapped = scan.decAfter(' unmapped_size=');
      return scan.whole({
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
      });
    }
    case 'io_page_fault':
      scan.expect('IOMMU:');
      return scan.whole({
        ...head,
        kind: 'ioPageFault',
        driver: scan.until(' '),
        device: scan.until(' iova=0x'),
        iova: scan.wideHex(),
        faultFlags: scan.hexAfter(' flags=0x'),
      });
    default:
      return null;
  }
}

/** The newer layout prints where the range ends (exclusive), the older does not. */
function rangeEnd(scan: Scanner): number | null {
  return scan.accept(' - 0x') ? scan.hex() : null;
}
