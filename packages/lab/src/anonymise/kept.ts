// SPDX-License-Identifier: GPL-2.0-only
// What anonymised captures still say, and why: without it figures would change.

import type { AddressMap } from '@iommu-bounce/dma-trace';
import { memory, plural } from '../show/format';
import type { KeptThing } from './document';

export function keptThings({ blockSize, counts }: AddressMap, hasPool: boolean): KeptThing[] {
  return [
    { what: 'sizes, directions, attributes, counts, slots', why: 'figures are made of them' },
    { what: 'times and line numbers', why: 'durations and places are counted from them' },
    {
      what: `where an address lies within ${memory(blockSize)}, and the order of addresses`,
      why: 'page sizes, neighbours and offsets depend on it',
    },
    {
      what: 'which addresses are below 4 GiB',
      why: 'a device with a mask of 32 bits reaches no others',
    },
    ...(counts.kept > 0
      ? [
          {
            what: `the place of ${plural(counts.kept, 'run')} of addresses`,
            why: hasPool
              ? "the facts' pools are compared with the port's, and runs without room around them cannot move"
              : 'there is no room around them in which they could move',
          },
        ]
      : []),
    {
      what: 'names of events, of kernel functions that printed one, of the IOMMU, and of drivers in io_page_fault',
      why: 'they tell what was recorded, and on which IOMMU',
    },
    {
      what: "the kernel's version, and its parameters of IOMMU, swiotlb and pool",
      why: 'the replayed machine is built from them',
    },
    { what: 'which devices share a group or a PCI bus', why: 'devices of a group share a domain' },
  ];
}
