// SPDX-License-Identifier: GPL-2.0-only
// Findings 81 and 83: drivers that break a rule of the DMA API and work as long as nothing is copied.

import { DMA_BIDIRECTIONAL, DMA_FROM_DEVICE } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, runs } from './kit';

const OWN = 0x11;
const DEVICE = 0x22;
const CPU = 0x33;

/** A read of two pages, whose driver gives the unmap, or a sync, the number that the map has returned. */
function asManyAsReturned(t: Trial, words: string, isSynced: boolean): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const second = m.page(OWN);
  const sgl = m.list([m.page(OWN), 4096, 0], [second, 4096, 0]);
  const returned = m.map_sg(dev, sgl, 2, DMA_FROM_DEVICE);
  t.see(`${words}: of 2 entries the map returns`, returned);
  m.write(dev, sgl.dma_address, new Uint8Array(8192).fill(DEVICE));
  if (isSynced) m.k.dma.dma_sync_sg_for_cpu(dev, sgl, returned, DMA_FROM_DEVICE);
  else m.unmap_sg(dev, sgl, returned, DMA_FROM_DEVICE);
  const got = m.bytes(second, 4096);
  t.see(`${words}: the second page after it`, runs(got), !got.every((byte) => byte === DEVICE));
  t.see(`${words}: warnings`, m.k.log.warnings);
}

function fewerEntries(t: Trial): void {
  asManyAsReturned(t, 'dma_unmap_sg', false);
  asManyAsReturned(t, 'dma_sync_sg_for_cpu', true);
}

function keptMapping(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(OWN);
  const at = m.map(dev, p, 0, 4096, DMA_BIDIRECTIONAL);
  m.write(dev, at, new Uint8Array(64).fill(DEVICE));
  const got = m.bytes(p, 4096);
  t.see('the device writes 64 bytes; the CPU reads', runs(got), got[0] !== DEVICE);
  got.fill(CPU, 64);
  const seen = m.read(dev, at, 4096);
  t.see('the CPU writes the rest; the device reads', runs(seen), seen?.[64] !== CPU);
  m.unmap(dev, at, 4096, DMA_BIDIRECTIONAL);
  t.see('the page after the unmap', runs(got), got[64] !== CPU);
}

export const BROKEN_RULES: readonly Finding[] = [
  {
    id: 81,
    title: 'As many entries are copied as the caller of the unmap says',
    severity: 'corruption',
    cause: 'driver misuse',
    harm: 'a driver that gives the unmap of a list the number that the map returned, as mvsas and isci of v5.14 do, loses all that a disk sent but the first entry, without a word',
    where: ['io_buffer_pool_sync_sg'],
    later:
      'not mended in v2, by reading: 3/9 and 4/9 copy as many entries as the unmap and the syncs are told; since 7/9 lists above always_bounce_limit, a page unless set, are bounced for untrusted devices only',
    fix: 'all-entries',
    steps: [
      'A list of two pages is mapped for the device to write, which writes both.',
      'It is unmapped with the number that the map has returned; then the same with a sync for the CPU.',
    ],
    show: fewerEntries,
  },
  {
    id: 83,
    title: 'A mapping that is kept and never synced is two memories',
    severity: 'corruption',
    cause: 'driver misuse',
    harm: 'what a device and its driver share without syncs, as the queues of an RDMA program or the small objects of i915, is two memories: each sees its own writes only, and the unmap loses those of the CPU',
    where: ['io_buffer_pool_map_buffer'],
    later:
      'partly mended in v2: 8/9 adds DMA_ATTR_PERSISTENT_STREAMING, and 9/9 sets it in i915 only; ib_umem_get and others are bounced up to always_bounce_limit, a page unless set (7/9)',
    fix: null,
    design:
      'a flag of the driver that says that it does not sync, as v2 has it, and that all such drivers set: the pool sees only that a mapping lasts',
    steps: [
      'A page of 11 is mapped both ways, for long. The device writes 22 into its first 64 bytes; the CPU reads it without a sync.',
      'The CPU writes 33 behind them, and the device reads. Then the page is unmapped.',
    ],
    show: keptMapping,
  },
];
