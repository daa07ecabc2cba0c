// SPDX-License-Identifier: GPL-2.0-only
// A property: whatever is mapped, synced and unmapped in whatever order, device and CPU see what a naive model sees.

import { expect } from 'chai';
import fc from 'fast-check';
import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  type dma_addr_t,
  type dma_data_direction,
  type page,
  type scatterlist,
  sg_next,
} from '@iommu-bounce/linux-shim';
import {
  fill_pattern,
  new_device,
  pattern,
  random,
  type random_source,
  read_bytes,
} from '@iommu-bounce/linux-shim/testing';
import { type wired, wiring } from './wire';

const DIRECTIONS = [DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE] as const;
const BUFFER_BYTES = 16 * 4096;

/** A mapping, and what the model believes of it. */
interface mapping {
  readonly dir: dma_data_direction;
  readonly bounced: boolean;
  readonly first: page;
  /** Pieces of the buffer: [offset, length]. */
  readonly pieces: readonly (readonly [number, number])[];
  readonly list: scatterlist | null;
  readonly at: dma_addr_t;
  readonly length: number;
  /** The CPU's bytes of the buffer. */
  readonly cpu: Uint8Array;
  /** The device's bytes of a bounced mapping, back to back; null: not known (old memory). */
  readonly device: (number | null)[];
}

class model {
  private readonly live: mapping[] = [];
  private readonly free: page[] = [];

  constructor(
    private readonly w: wired,
    private readonly dev: ReturnType<typeof new_device>,
    private readonly r: random_source,
  ) {
    for (let i = 0; i < 6; i++) this.free.push(w.buffer(4));
  }

  step(): void {
    const { r } = this;
    const m = this.live[r.below(8)];
    if (!m) {
      this.map();
      return;
    }
    const what = r.below(10);
    if (what < 2) this.device_writes(m);
    else if (what < 4) this.cpu_writes(m);
    else if (what < 6) this.sync(m, r.chance(50));
    else if (what < 9) this.unmap(m);
    else this.w.k.timers.advance(r.below(6000));
    for (const each of this.live) this.check(each);
  }

  end(): void {
    while (this.live[0]) this.unmap(this.live[0]);
  }

  private map(): void {
    const { w, r } = this;
    const first = this.free.pop();
    if (!first) return;
    const cpu = fill_pattern(w.k, w.phys(first), BUFFER_BYTES, r.next());
    const dir = r.pick(DIRECTIONS);
    const piece = (): [number, number] => [
      r.below(3 * 4096),
      1 + r.below(r.pick([100, 4096, 9000])),
    ];
    const pieces: [number, number][] = [piece()];
    let list: scatterlist | null = null;
    let at: dma_addr_t;
    if (r.chance(50)) {
      for (let at_byte = 6 * 4096; r.chance(60) && pieces.length < 4; at_byte += 3 * 4096)
        pieces.push([at_byte + r.below(3 * 4096 - 700), 1 + r.below(700)]);
      list = w.list(...pieces.map(([off, len]) => [first, len, off] as const));
      expect(w.map_sg(this.dev, list, pieces.length, dir)).to.be.greaterThan(0);
      at = list.dma_address;
    } else {
      const [[off, len] = [0, 1]] = pieces;
      at = w.map(this.dev, first, off, len, dir);
    }
    const length = pieces.reduce((sum, [, len]) => sum + len, 0);
    const bounced = w.bounced(w.domain_of(this.dev), at);
    const device = new Array<number | null>(length).fill(null);
    const m: mapping = { dir, bounced, first, pieces, list, at, length, cpu, device };
    this.copy(m, dir !== DMA_FROM_DEVICE, false);
    this.live.push(m);
  }

  private unmap(m: mapping): void {
    const { w } = this;
    if (m.list) w.unmap_sg(this.dev, m.list, m.pieces.length, m.dir);
    else w.unmap(this.dev, m.at, m.length, m.dir);
    this.copy(m, false, m.dir !== DMA_TO_DEVICE);
    this.check_cpu(m);
    this.live.splice(this.live.indexOf(m), 1);
    this.free.push(m.first);
  }

  private sync(m: mapping, for_cpu: boolean): void {
    const { dma } = this.w.k;
    if (m.list)
      if (for_cpu) dma.dma_sync_sg_for_cpu(this.dev, m.list, m.pieces.length, m.dir);
      else dma.dma_sync_sg_for_device(this.dev, m.list, m.pieces.length, m.dir);
    else if (for_cpu) dma.dma_sync_single_for_cpu(this.dev, m.at, m.length, m.dir);
    else dma.dma_sync_single_for_device(this.dev, m.at, m.length, m.dir);
    this.copy(m, !for_cpu && m.dir !== DMA_FROM_DEVICE, for_cpu && m.dir !== DMA_TO_DEVICE);
  }

  private cpu_writes(m: mapping): void {
    const [off, len] = this.r.pick(m.pieces);
    const bytes = fill_pattern(this.w.k, this.w.phys(m.first, off), len, this.r.next());
    m.cpu.set(bytes, off);
  }

  private device_writes(m: mapping): void {
    const start = this.r.below(m.length);
    const bytes = pattern(1 + this.r.below(m.length - start), this.r.next());
    let done = 0;
    let before = 0;
    for (const [address, len] of this.segments(m)) {
      const from = Math.max(start, before);
      const n = Math.min(start + bytes.length, before + len) - from;
      before += len;
      if (n <= 0) continue;
      const part = bytes.subarray(done, done + n);
      const allowed = this.w.write(this.dev, address + from - (before - len), part);
      expect(allowed).to.equal(m.dir !== DMA_TO_DEVICE);
      done += n;
      if (!allowed) continue;
      if (m.bounced) part.forEach((byte, i) => (m.device[from + i] = byte));
      else part.forEach((byte, i) => (m.cpu[this.cpu_offset(m, from + i)] = byte));
    }
    expect(done).to.equal(bytes.length);
  }

  /** What a bounced mapping copies; a direct one has nothing to copy. */
  private copy(m: mapping, to_device: boolean, to_cpu: boolean): void {
    if (!m.bounced) return;
    let i = 0;
    for (const [off, len] of m.pieces)
      for (let n = 0; n < len; n++, i++) {
        if (to_device) m.device[i] = m.cpu[off + n] ?? 0;
        if (to_cpu) {
          // Old memory: whatever it is, both have it now.
          const old = read_bytes(this.w.k, this.w.phys(m.first, off + n), 1)[0] ?? 0;
          m.cpu[off + n] = m.device[i] ?? old;
        }
      }
  }

  private cpu_offset(m: mapping, byte: number): number {
    for (const [off, len] of m.pieces) {
      if (byte < len) return off + byte;
      byte -= len;
    }
    throw new Error('beyond the mapping');
  }

  private segments(m: mapping): [number, number][] {
    if (!m.list) return [[m.at, m.length]];
    const all: [number, number][] = [];
    for (let s: scatterlist | null = m.list; s && s.dma_length > 0; s = sg_next(s))
      all.push([s.dma_address, s.dma_length]);
    return all;
  }

  private check(m: mapping): void {
    this.check_cpu(m);
    let i = 0;
    for (const [address, len] of this.segments(m)) {
      const seen = this.w.read(this.dev, address, len);
      expect(seen === null).to.equal(m.dir === DMA_FROM_DEVICE);
      for (let n = 0; seen && n < len; n++, i++) {
        const expected = m.bounced ? m.device[i] : m.cpu[this.cpu_offset(m, i)];
        if (expected !== null && seen[n] !== expected)
          expect.fail(`byte ${String(i)} of ${String(m.length)}: ${this.r.toString()}`);
      }
    }
  }

  private check_cpu(m: mapping): void {
    const bytes = read_bytes(this.w.k, this.w.phys(m.first), BUFFER_BYTES);
    expect(Buffer.compare(bytes, m.cpu), this.r.toString()).to.equal(0);
  }
}

describe('a pool', () => {
  const { wire } = wiring();

  it('shows device and CPU what a naive model says', function () {
    this.timeout(30_000);
    const property = fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(1, 1 | 4, 1 | 4 | 32),
      fc.constantFrom(0, 9000, 16384),
      (seed, num_slots, class_sizes, max_segment_size) => {
        const machine = { memory: { nodes: [{ lowmem_pages: 1024 }] } };
        const w = wire({ params: { num_slots, class_sizes }, machine });
        const dev = new_device({ dma_parms: { max_segment_size } });
        w.plug(dev);
        const run = new model(w, dev, random(seed));
        for (let i = 0; i < 50; i++) run.step();
        run.end();
        expect(w.k.log.warnings).to.equal(0);
        w.end();
      },
    );
    fc.assert(property, { numRuns: 20 }); // it prints the seed, and the smallest case that fails
  });
});
