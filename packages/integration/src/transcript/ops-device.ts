// SPDX-License-Identifier: GPL-2.0-only
// What devices do: accesses to their mappings and raw ones.

import { type device, dma_addr_t } from '@iommu-bounce/linux-shim';
import { type Handler, type OpContext, crc32, fillPattern } from './ops';

interface Piece {
  readonly addr: dma_addr_t;
  readonly len: number;
}

/** The pieces off..off+len of a mapping, or null if that runs past the segments of a list. */
function pieces(c: OpContext): readonly Piece[] | null {
  const mapping = c.mapping('map');
  let off = c.number('off');
  let left = c.number('len');
  if (mapping.kind !== 'sg') return [{ addr: dma_addr_t(mapping.addr + off), len: left }];
  const found: Piece[] = [];
  for (const [addr, length] of mapping.segments) {
    if (left === 0) break;
    if (off < length) {
      const len = Math.min(left, length - off);
      found.push({ addr: dma_addr_t(addr + off), len });
      left -= len;
      off = 0;
    } else off -= length;
  }
  return left === 0 ? found : null;
}

function readAll(c: OpContext, dev: device, from: readonly Piece[]): Uint8Array | null {
  const parts = from.map((p) =>
    c.env.iommu.read(dev, c.env.groups.domainOfDevice(dev), p.addr, p.len),
  );
  const bytes = new Uint8Array(from.reduce((sum, p) => sum + p.len, 0));
  let done = 0;
  for (const part of parts) {
    if (!part) return null;
    bytes.set(part, done);
    done += part.length;
  }
  return bytes;
}

/** All or nothing: every piece must be writable before the first byte is written. */
function writeAll(c: OpContext, dev: device, to: readonly Piece[], bytes: Uint8Array): boolean {
  const { iommu } = c.env;
  const domain = c.env.groups.domainOfDevice(dev);
  if (!to.every((p) => iommu.writable(dev, domain, p.addr, p.len))) return false;
  let done = 0;
  for (const p of to) {
    iommu.write(dev, domain, p.addr, bytes.subarray(done, done + p.len));
    done += p.len;
  }
  return true;
}

export const deviceHandlers: Readonly<Record<string, Handler>> = {
  dev_write: (c) => {
    const to = pieces(c);
    const bytes = new Uint8Array(c.number('len'));
    fillPattern(bytes, c.number('seed'));
    return { ret: to && writeAll(c, c.mapping('map').dev, to, bytes) ? 'ok' : 'fault' };
  },

  dev_read: (c) => {
    const from = pieces(c);
    const bytes = from && readAll(c, c.mapping('map').dev, from);
    return bytes ? { ret: 'ok', crc32: crc32(bytes) } : { ret: 'fault' };
  },

  dev_probe: (c) => {
    const at = [{ addr: dma_addr_t(c.number('iova')), len: c.number('len') }];
    if (c.flag('write'))
      return {
        ret: writeAll(c, c.device(), at, new Uint8Array(c.number('len')).fill(0xee))
          ? 'ok'
          : 'fault',
      };
    const bytes = readAll(c, c.device(), at);
    return bytes ? { ret: 'ok', crc32: crc32(bytes) } : { ret: 'fault' };
  },
};
