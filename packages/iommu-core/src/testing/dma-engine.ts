// SPDX-License-Identifier: GPL-2.0-only
// The device's side: accesses through the table of a domain of the table driver, all or nothing.

import {
  type device,
  type machine,
  PAGE_SIZE,
  dma_addr_t,
  type phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { IOMMU_READ, IOMMU_WRITE, type iommu_domain } from '../iommu.h';
import { to_table_domain } from '../table-driver';

/** A contiguous piece of an access. */
interface piece {
  readonly phys: phys_addr_t;
  readonly off: number;
  readonly len: number;
}

/** Reads `len` bytes; null if any page faults. Memory that is no RAM reads as 0xff. */
export function dma_read(
  k: machine,
  dev: device,
  domain: iommu_domain,
  iova: dma_addr_t,
  len: number,
): Uint8Array | null {
  const pieces = translate(dev, domain, iova, len, IOMMU_READ);
  if (!pieces) return null;
  const data = new Uint8Array(len).fill(0xff);
  for (const p of pieces) if (is_ram(k, p)) data.set(k.mm.bytes_at(p.phys, p.len), p.off);
  return data;
}

/**
 * Writes `len` bytes; false, and nothing is written, if any page faults. Memory that is no RAM swallows the bytes.
 * @param data what to write; null only tries
 */
export function dma_write(
  k: machine,
  dev: device,
  domain: iommu_domain,
  iova: dma_addr_t,
  data: Uint8Array | null,
  len: number,
): boolean {
  const pieces = translate(dev, domain, iova, len, IOMMU_WRITE);
  if (!pieces) return false;
  if (data)
    for (const p of pieces)
      if (is_ram(k, p)) k.mm.bytes_at(p.phys, p.len).set(data.subarray(p.off, p.off + p.len));
  return true;
}

function is_ram(k: machine, p: piece): boolean {
  return k.mm.pfn_valid(Math.floor(p.phys / PAGE_SIZE));
}

function translate(
  dev: device,
  domain: iommu_domain,
  iova: dma_addr_t,
  len: number,
  need: number,
): piece[] | null {
  const { attached, table } = to_table_domain(domain);
  if (!attached.has(dev)) return null;
  const pieces: piece[] = [];
  for (let off = 0; off < len;) {
    const at = dma_addr_t(iova + off);
    const prot = table.prot(at);
    if (prot < 0 || (prot & need) === 0) return null;
    const n = Math.min(len - off, PAGE_SIZE - (at % PAGE_SIZE));
    pieces.push({ phys: table.iova_to_phys(at), off, len: n });
    off += n;
  }
  return pieces;
}
