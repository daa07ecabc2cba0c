// SPDX-License-Identifier: GPL-2.0-only
// iommu:* events about devices: attach_device_to_domain, add_device_to_group and their counterparts.
import type { EventHead } from './event-head';
import type { TraceEvent } from './events';
import type { Scanner } from './scanner';

/** By name; null if it is none of them. Raw fields lack the words in front. */
export function parseGroup(
  name: string,
  head: EventHead,
  scan: Scanner,
): TraceEvent | 'unparsed' | null {
  switch (name) {
    case 'attach_device_to_domain':
      return attach('attach', head, scan);
    case 'detach_device_from_domain':
      return attach('detach', head, scan);
    case 'add_device_to_group':
      return change('groupAdd', head, scan);
    case 'remove_device_from_group':
      return change('groupRemove', head, scan);
    default:
      return null;
  }
}

function attach(
  kind: 'attach' | 'detach',
  head: EventHead,
  scan: Scanner,
): TraceEvent | 'unparsed' {
  scan.accept('IOMMU: ');
  scan.expect('device=');
  return scan.whole({ ...head, kind, device: scan.word() });
}

function change(
  kind: 'groupAdd' | 'groupRemove',
  head: EventHead,
  scan: Scanner,
): TraceEvent | 'unparsed' {
  scan.accept('IOMMU: ');
  if (!scan.accept('groupID=')) scan.expect('gid=');
  return scan.whole({
    ...head,
    kind,
    group: scan.signed(),
    device: (scan.expect(' device='), scan.word()),
  });
}
