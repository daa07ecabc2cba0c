// SPDX-License-Identifier: GPL-2.0-only
// What the kernel logs where a device cannot address the memory of a map call, which fails then (kernel/dma/direct.c, swiotlb.c).

export interface DmaOverflow {
  /** Digits of the address, hexadecimal; null where the device has no mask at all. */
  readonly address: string | null;
  /** Bytes; null where the message does not say. */
  readonly size: number | null;
  /** Hexadecimal digits. */
  readonly mask: string | null;
  /** Of the bus in front of the device; null where the kernel does not know one. */
  readonly busLimit: string | null;
  /** The address is that of a slot of swiotlb; `refused`: bouncing is switched off. */
  readonly bounced: 'no' | 'slot' | 'refused';
}

/** `DMA addr 0x…+4096 overflow (mask ffffffff, bus limit 0).`, of a slot `swiotlb addr 0x…`: Linux 5.7 and later. */
const NEW =
  /(?<what>DMA|swiotlb) addr 0x(?<addr>[\da-f]+)\+(?<size>\d+) overflow \(mask (?<mask>[\da-f]+), bus limit (?<bus>[\da-f]+)\)/i;
/** `overflow 0x…+4096 of DMA mask ffffffff bus mask 0`, of `device mask` before 4.19. */
const OLD =
  /: overflow (?:0x)?(?<addr>[\da-f]+)\+(?<size>\d+) of (?:DMA|device) mask (?<mask>[\da-f]+)(?: bus (?:mask|limit) (?<bus>[\da-f]+))?/i;
/** With swiotlb=noforce, before 5.7. */
const REFUSED = /: Cannot do DMA to address 0x(?<addr>[\da-f]+)/i;
const NO_MASK = /: (?:DMA map|call) on device without dma_mask/;

/** Any of them. */
export const DMA_OVERFLOW = new RegExp(
  [NEW, OLD, REFUSED, NO_MASK].map(({ source }) => source.replace(/\?<\w+>/g, '?:')).join('|'),
  'i',
);

/** @param text of such a message */
export function dmaOverflow(text: string): DmaOverflow {
  const groups: Partial<Record<string, string>> =
    [NEW, OLD, REFUSED].map((one) => one.exec(text)?.groups).find(Boolean) ?? {};
  const { what, addr, size, mask, bus } = groups;
  return {
    address: addr ?? null,
    size: size === undefined ? null : Number(size),
    mask: mask ?? null,
    // The kernel prints 0 for none.
    busLimit: bus === undefined || /^0+$/.test(bus) ? null : bus,
    bounced: REFUSED.test(text) ? 'refused' : what?.toLowerCase() === 'swiotlb' ? 'slot' : 'no',
  };
}
