// SPDX-License-Identifier: GPL-2.0-only
// Numbers as base64 of their bytes, little-endian as every browser has them.

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array } as const;

export type PackedType = keyof typeof TYPES;

export interface Packed {
  readonly type: PackedType;
  readonly base64: string;
}

export type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Whole numbers from 0 on, in as few bytes as hold the largest. */
export function packCodes(codes: Iterable<number> & ArrayLike<number>): Packed {
  let most = 0;
  for (const code of codes) most = Math.max(most, code);
  return pack(most < 2 ** 8 ? 'u8' : most < 2 ** 16 ? 'u16' : 'u32', codes);
}

export function packNumbers(numbers: ArrayLike<number>): Packed {
  return pack('f64', numbers);
}

function pack(type: PackedType, numbers: ArrayLike<number>): Packed {
  const array = TYPES[type].from(numbers);
  return {
    type,
    base64: Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64'),
  };
}

/** Runs in a browser, too. */
export function unpack({ type, base64 }: Packed): Numbers {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new TYPES[type](bytes.buffer);
}
