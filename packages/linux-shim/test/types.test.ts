// SPDX-License-Identifier: GPL-2.0-only
// Tests of the address types: what the compiler refuses, and the constants that C code compares with.

import { expect } from 'chai';
import {
  DMA_MAPPING_ERROR,
  NULL_ptr,
  PAGE_SHIFT,
  PAGE_SIZE,
  SIZE_MAX,
  U32_MAX,
  U64_MAX,
  ULONG_MAX,
  dma_addr_t,
  phys_addr_t,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';

describe('address types', () => {
  it('are told apart by the compiler and lost in arithmetic', () => {
    const phys: phys_addr_t = phys_addr_t(0x1000);
    // @ts-expect-error a physical address is no device address
    const dma: dma_addr_t = phys;
    // @ts-expect-error a sum is a plain number until it is cast
    const sum: phys_addr_t = phys + 1;
    expect([dma, sum, phys_addr_t(phys + 1)]).to.deep.equal([0x1000, 0x1001, 0x1001]);
  });

  it('cast without a change of value', () => {
    const n = 2 ** 47 + 1;
    expect([phys_addr_t(n), dma_addr_t(n), virt_addr_t(n)]).to.deep.equal([n, n, n]);
  });
});

describe('constants', () => {
  it('hold the all-ones values as the largest exact number', () => {
    expect([U64_MAX, ULONG_MAX, SIZE_MAX, DMA_MAPPING_ERROR]).to.deep.equal(
      new Array(4).fill(2 ** 53 - 1),
    );
    expect(U32_MAX).to.equal(2 ** 32 - 1);
  });

  it('make NULL false and a page 2^12 bytes', () => {
    expect(Boolean(NULL_ptr)).to.equal(false);
    expect(2 ** PAGE_SHIFT).to.equal(PAGE_SIZE);
  });
});
