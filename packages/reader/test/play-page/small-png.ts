// SPDX-License-Identifier: GPL-2.0-only
// A screenshot with at most 256 colours: a third of the bytes, and nobody sees the difference in a page of text.

import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = 8;
const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) crc = ((TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8)) >>> 0;
  const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)];
  head.writeUInt32BE(data.length);
  tail.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return Buffer.concat([head, body, tail]);
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Rows of 8-bit RGB without their filters. */
function unfiltered(raw: Buffer, width: number, height: number): Buffer {
  const stride = width * 3;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const a = x >= 3 ? (out[at - 3] ?? 0) : 0;
      const b = y > 0 ? (out[at - stride] ?? 0) : 0;
      const c = x >= 3 && y > 0 ? (out[at - stride - 3] ?? 0) : 0;
      const add = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter] ?? 0;
      out[at] = (raw[y * (stride + 1) + 1 + x] ?? 0) + add;
    }
  }
  return out;
}

/** @param png 8-bit RGB without interlace, as Chromium writes it */
export function smallPng(png: Uint8Array): Buffer {
  const from = Buffer.from(png);
  const parts: Buffer[] = [];
  for (let at = SIGNATURE; at < from.length; at += 12 + from.readUInt32BE(at))
    if (from.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(from.subarray(at + 8, at + 8 + from.readUInt32BE(at)));
  const [width, height] = [from.readUInt32BE(16), from.readUInt32BE(20)];
  const rgb = unfiltered(inflateSync(Buffer.concat(parts)), width, height);
  // The 256 colours that occur most, and for the others the nearest of these.
  const counts = new Map<number, number>();
  const colours = new Uint32Array(width * height);
  for (let i = 0; i < colours.length; i++) {
    const colour = ((rgb[3 * i] ?? 0) << 16) | ((rgb[3 * i + 1] ?? 0) << 8) | (rgb[3 * i + 2] ?? 0);
    colours[i] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
  const palette = byCount.slice(0, 256);
  const index = new Map(palette.map((colour, i) => [colour, i]));
  for (const colour of byCount.slice(256)) {
    const distance = (other: number): number =>
      [16, 8, 0].reduce(
        (sum, s) => sum + Math.abs(((colour >> s) & 255) - ((other >> s) & 255)),
        0,
      );
    const nearest = palette.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    index.set(colour, index.get(nearest) ?? 0);
  }
  const rows = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < colours.length; i++)
    rows[i + Math.floor(i / width) + 1] = index.get(colours[i] ?? 0) ?? 0;
  const header = Buffer.from(from.subarray(16, 29));
  header[9] = 3;
  return Buffer.concat([
    from.subarray(0, SIGNATURE),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
