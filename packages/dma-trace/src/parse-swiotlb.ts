// SPDX-License-Identifier: GPL-2.0-only
// swiotlb:swiotlb_bounced, as the kernel prints it and as raw fields.
import type { EventHead } from './event-head';
import type { TraceEvent } from './events';
import type { Scanner } from './scanner';

export function parseSwiotlb(head: EventHead, scan: Scanner): TraceEvent | 'unparsed' {
  const isRaw = scan.accept('dev_name=');
  if (!isRaw) scan.expect('dev_name: ');
  return scan.whole({
    ...head,
    kind: 'swiotlbBounced',
    device: scan.until(' dma_mask='),
    dmaMask: scan.hex(),
    devAddr: scan.hexAfter(' dev_addr='),
    size: scan.decAfter(' size='),
    force: isRaw ? scan.decAfter(' force=') !== 0 : forced(scan),
  });
}

function forced(scan: Scanner): boolean {
  const force = scan.accept(' FORCE');
  if (!force) scan.expect(' NORMAL');
  return force;
}
