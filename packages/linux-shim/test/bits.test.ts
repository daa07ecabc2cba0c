// SPDX-License-Identifier: GPL-2.0-only
// Tests of the number helpers against bigint, at and around every width where numbers behave differently.

import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  ALIGN,
  ALIGN_DOWN,
  ALL_ALIGNED,
  BIT,
  DIV_ROUND_UP,
  DMA_BIT_MASK,
  IS_ALIGNED,
  PAGE_ALIGN,
  U32_MAX,
  U64_MAX,
  __ffs,
  __fls,
  and64,
  andnot64,
  ffs,
  fls_long,
  get_order,
  is_power_of_2,
  lower_32_bits,
  min_not_zero,
  mod_pow2,
  offset_in_page,
  or64,
  order_base_2,
  roundup_pow_of_two,
  u64_add,
  u64_sub,
  upper_32_bits,
} from '@iommu-bounce/linux-shim';

const EDGES = [0, 12, 31, 32, 33, 52, 53]
  .flatMap((n) => [2 ** n - 1, 2 ** n, 2 ** n + 1])
  .filter((n) => n <= Number.MAX_SAFE_INTEGER);

/** Any number the helpers are made for, the edges often. */
const u53 = fc.oneof(fc.constantFrom(...EDGES), fc.maxSafeNat());
const positive = u53.filter((n) => n > 0);
/** Exponents of powers of two that an address is aligned to. */
const shift = fc.integer({ min: 0, max: 40 });
/** Any u64, the edges and the values just below the wrap often. */
const u64 = fc.oneof(
  fc.constantFrom(...EDGES.flatMap((n) => [BigInt(n), 2n ** 64n - 1n - BigInt(n)])),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

/** How a u64 is held: its low 53 bits. Exact below 2^53, and the all-ones value becomes U64_MAX. */
const held = (n: bigint): number => Number(BigInt.asUintN(53, n));

function ceil_div(n: bigint, d: bigint): bigint {
  return (n + d - 1n) / d;
}

describe('single bits', () => {
  it('BIT is 1 << n up to 2^53', () => {
    for (let n = 0; n <= 53; n++) expect(BigInt(BIT(n))).to.equal(1n << BigInt(n));
  });

  it('__fls, __ffs and fls_long find the bits that the binary digits show', () => {
    fc.assert(
      fc.property(positive, (x) => {
        const digits = BigInt(x).toString(2);
        expect(__fls(x)).to.equal(digits.length - 1);
        expect(fls_long(x)).to.equal(digits.length);
        expect(__ffs(x)).to.equal(digits.length - 1 - digits.lastIndexOf('1'));
      }),
    );
    expect(fls_long(0)).to.equal(0);
  });

  it('ffs counts from 1 within 32 bits, the highest included', () => {
    expect([0, 1, 8, 12, 2 ** 31, U32_MAX].map(ffs)).to.deep.equal([0, 1, 4, 3, 32, 1]);
  });

  it('is_power_of_2 knows exactly the powers', () => {
    fc.assert(
      fc.property(u53, (x) => {
        expect(is_power_of_2(x)).to.equal(x !== 0 && (BigInt(x) & (BigInt(x) - 1n)) === 0n);
      }),
    );
  });
});

describe('rounding', () => {
  it('roundup_pow_of_two gives the least power that is not smaller, order_base_2 its exponent', () => {
    fc.assert(
      fc.property(positive, (x) => {
        let exponent = 0n;
        while (1n << exponent < BigInt(x)) exponent++;
        expect(BigInt(roundup_pow_of_two(x))).to.equal(1n << exponent);
        expect(order_base_2(x)).to.equal(Number(exponent));
      }),
    );
    expect(order_base_2(0)).to.equal(0);
  });

  it('ALIGN, ALIGN_DOWN, IS_ALIGNED and mod_pow2 agree with the masks of C', () => {
    fc.assert(
      fc.property(u53, shift, (x, n) => {
        const a = 1n << BigInt(n);
        const down = BigInt(x) & ~(a - 1n);
        expect(BigInt(ALIGN_DOWN(x, BIT(n)))).to.equal(down);
        expect(BigInt(mod_pow2(x, BIT(n)))).to.equal(BigInt(x) & (a - 1n));
        expect(IS_ALIGNED(x, BIT(n))).to.equal(down === BigInt(x));
        const up = (BigInt(x) + a - 1n) & ~(a - 1n);
        if (up < 2n ** 53n) expect(BigInt(ALIGN(x, BIT(n)))).to.equal(up);
      }),
    );
  });

  it('ALL_ALIGNED is IS_ALIGNED of the three ored', () => {
    const multiple = fc.tuple(u53, fc.boolean());
    fc.assert(
      fc.property(multiple, multiple, multiple, shift, (x, y, z, n) => {
        const a = BIT(n);
        const values = [x, y, z].map(([v, round]) => (round ? ALIGN_DOWN(v, a) : v));
        const [p = 0, q = 0, r = 0] = values;
        const ored = BigInt(p) | BigInt(q) | BigInt(r);
        expect(ALL_ALIGNED(p, q, r, a)).to.equal((ored & (BigInt(a) - 1n)) === 0n);
      }),
    );
  });

  it('PAGE_ALIGN and offset_in_page take pages of 4 KiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 53 - 4097 }), (x) => {
        expect(BigInt(PAGE_ALIGN(x))).to.equal((BigInt(x) + 4095n) & ~4095n);
        expect(BigInt(offset_in_page(x))).to.equal(BigInt(x) & 4095n);
      }),
    );
  });

  it('DIV_ROUND_UP is exact for every divisor', () => {
    fc.assert(
      fc.property(u53, positive, (n, d) => {
        expect(BigInt(DIV_ROUND_UP(n, d))).to.equal(ceil_div(BigInt(n), BigInt(d)));
      }),
    );
  });

  it('get_order gives the smallest block that holds the size', () => {
    fc.assert(
      fc.property(positive, (size) => {
        const order = BigInt(get_order(size));
        expect(4096n << order >= BigInt(size)).to.equal(true);
        if (order > 0n) expect(4096n << (order - 1n) < BigInt(size)).to.equal(true);
      }),
    );
    expect([0, 1, 4096, 4097, 8193].map(get_order)).to.deep.equal([52, 0, 0, 1, 2]);
  });
});

describe('64-bit values', () => {
  it('holds the all-ones value as U64_MAX', () => {
    expect(held(2n ** 64n - 1n)).to.equal(U64_MAX);
    expect(DMA_BIT_MASK(64)).to.equal(U64_MAX);
  });

  it('and64, or64 and andnot64 keep every bit, of the all-ones value too', () => {
    fc.assert(
      fc.property(u64, u64, (a, b) => {
        expect(and64(held(a), held(b))).to.equal(held(a & b));
        expect(or64(held(a), held(b))).to.equal(held(a | b));
        expect(andnot64(held(a), held(b))).to.equal(held(a & ~b));
      }),
    );
  });

  it('u64_add and u64_sub wrap where the 64-bit sum wraps', () => {
    fc.assert(
      fc.property(u64, u64, (a, b) => {
        expect(u64_add(held(a), held(b))).to.equal(held(a + b));
        expect(u64_sub(held(a), held(b))).to.equal(held(a - b));
      }),
    );
    expect(u64_add(U64_MAX, 1)).to.equal(0);
    expect(u64_sub(0, 1)).to.equal(U64_MAX);
  });

  it('splits into halves of 32 bits, the all-ones value into two all-ones halves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 53 - 2 }), (n) => {
        expect(BigInt(upper_32_bits(n))).to.equal(BigInt(n) >> 32n);
        expect(BigInt(lower_32_bits(n))).to.equal(BigInt.asUintN(32, BigInt(n)));
      }),
    );
    expect([upper_32_bits(U64_MAX), lower_32_bits(U64_MAX)]).to.deep.equal([U32_MAX, U32_MAX]);
  });

  it('DMA_BIT_MASK sets the low bits', () => {
    for (let n = 1; n < 53; n++) expect(BigInt(DMA_BIT_MASK(n))).to.equal((1n << BigInt(n)) - 1n);
  });

  it('min_not_zero takes 0 for "no limit"', () => {
    expect([min_not_zero(0, 5), min_not_zero(5, 0), min_not_zero(7, 5), min_not_zero(0, 0)]).to.eql(
      [5, 5, 5, 0],
    );
  });
});
