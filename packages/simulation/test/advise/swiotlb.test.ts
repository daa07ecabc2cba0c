// SPDX-License-Identifier: GPL-2.0-only
// Which area swiotlb needs, what a full one means, and how full flush queues get.

import { expect } from 'chai';
import { iova_c, iova_domain } from '@iommu-bounce/iommu-core';
import { machine } from '@iommu-bounce/linux-shim';
import { random } from '@iommu-bounce/linux-shim/testing';
import {
  FlushQueues,
  SwiotlbFull,
  type SwiotlbFullLine,
  SwiotlbLoad,
  swiotlbArea,
} from '@iommu-bounce/simulation';

const KIB = 1024;

describe('swiotlbArea', () => {
  it('is as large as what is mapped at once, in sets of 128 slots', () => {
    const load = new SwiotlbLoad();
    const maps = Array.from({ length: 3 }, () => load.map([{ length: 256 * KIB, offset: 0 }]));
    for (const map of maps) load.unmap(map);
    load.map([{ length: 256 * KIB, offset: 0 }]);
    expect(swiotlbArea(load, 0)).to.deep.equal({ slots: 384, peakSlots: 384, tooLarge: 0 });
  });

  it('is larger than the sum where no run is free', () => {
    const load = new SwiotlbLoad();
    // 64 pieces fill a set; every second one goes, so half of it is free, in runs of 2 slots.
    const maps = Array.from({ length: 64 }, () => load.map([{ length: 4 * KIB, offset: 0 }]));
    maps.forEach((map, i) => {
      if (i % 2 === 0) load.unmap(map);
    });
    load.map([{ length: 64 * KIB, offset: 0 }]);
    expect(swiotlbArea(load, 0)).to.deep.equal({ slots: 256, peakSlots: 128, tooLarge: 0 });
  });

  it('keeps the offset in a page where the driver wants it', () => {
    const load = new SwiotlbLoad();
    for (let i = 0; i < 64; i++) load.map([{ length: 4 * KIB, offset: 512 }]);
    expect(swiotlbArea(load, 0).peakSlots).to.equal(128);
    expect(swiotlbArea(load, 4095).peakSlots).to.equal(192);
  });

  it('leaves out a piece that its kept offset makes longer than 128 slots, as v5.13 serves it nowhere', () => {
    const load = new SwiotlbLoad();
    load.unmap(load.map([{ length: 256 * KIB, offset: 512 }]));
    load.unmap(load.map([{ length: 4 * KIB, offset: 0 }]));
    expect(swiotlbArea(load, 0)).to.deep.equal({ slots: 128, peakSlots: 128, tooLarge: 0 });
    expect(swiotlbArea(load, 4095)).to.deep.equal({ slots: 128, peakSlots: 2, tooLarge: 1 });
    // An offset of whole slots takes none: the area is searched for a slot at that place in a page.
    const inSlots = new SwiotlbLoad();
    inSlots.map([{ length: 126 * 2 * KIB, offset: 2 * KIB }]);
    expect(swiotlbArea(inSlots, 4095)).to.include({ slots: 128, tooLarge: 0 });
  });

  it('leaves out what no area serves', () => {
    const load = new SwiotlbLoad();
    expect(load.map([{ length: 256 * KIB + 1, offset: 0 }])).to.be.below(0);
    load.unmap(load.map([{ length: 2 * KIB, offset: 0 }]));
    expect(load).to.include({ mappings: 2, tooLarge: 1 });
    expect(swiotlbArea(load, 0)).to.deep.equal({ slots: 128, peakSlots: 1, tooLarge: 0 });
  });
});

describe('SwiotlbFull', () => {
  const line = (more: Partial<SwiotlbFullLine>): SwiotlbFullLine => ({
    ...{ device: 'nvme', size: 4096, total: 32768, used: 32768, timeNs: null, place: 'log:1' },
    ...more,
  });
  const causes = (...lines: Partial<SwiotlbFullLine>[]): string[] => {
    const full = new SwiotlbFull();
    for (const one of lines) full.add(line(one));
    return full.groups().map(({ cause, count }) => `${cause} ${String(count)}`);
  };

  it('tells the causes apart', () => {
    expect(causes({ size: 256 * KIB + 1, used: 10 })).to.deep.equal(['too_large 1']);
    expect(causes({ size: 256 * KIB, used: 32768 - 128 })).to.deep.equal(['fragmented 1']);
    expect(causes({ size: 256 * KIB, used: 32768 - 127 })).to.deep.equal(['full 1']);
    expect(causes({ size: 64 * KIB, used: 1024 })).to.deep.equal(['fragmented 1']);
    // 1,024 runs of 32 slots: 1,023 slots in use leave one of them free.
    expect(causes({ size: 64 * KIB, used: 1023 })).to.deep.equal(['run_free 1']);
    expect(causes({ size: 64 * KIB, used: 0 })).to.deep.equal(['run_free 1']);
    expect(causes({ total: null, used: null })).to.deep.equal(['unknown 1']);
    expect(causes({ total: null, used: null, size: 2 ** 20 })).to.deep.equal(['too_large 1']);
  });

  const at = (seconds: number, used: number): Partial<SwiotlbFullLine> => ({
    ...{ timeNs: seconds * 1e9, used },
  });

  it('calls it a leak if the slots in use never become fewer over 10 s', () => {
    const used = [32767, 32767, 32768, 32768, 32768];
    expect(causes(...used.map((n, i) => at(3 * i, n)))).to.deep.equal(['leaked 5']);
    // A burst, and a log in which it fell, are none.
    expect(causes(...used.map((n, i) => at(i / 1000, n)))).to.deep.equal(['full 5']);
    expect(causes(...[...used].reverse().map((n, i) => at(3 * i, n)))).to.deep.equal(['full 5']);
    expect(causes(...used.map((n) => ({ used: n })))).to.deep.equal(['full 5']);
  });

  it('begins anew with a boot, and with another area', () => {
    const used = [32767, 32768, 32768];
    const boots = [0, 1].flatMap(() => used.map((n, i) => at(5 * i, n)));
    expect(causes(...boots)).to.deep.equal(['full 6']);
    expect(causes(at(0, 32768), { ...at(20, 65536), total: 65536 })).to.deep.equal(['full 2']);
  });

  it('keeps devices apart, the most frequent first, with what they asked for', () => {
    const full = new SwiotlbFull();
    full.add(line({ device: 'a', place: 'log:3' }));
    for (const size of [8192, 4096])
      full.add(line({ device: 'b', size, place: `log:${String(size)}` }));
    expect(full.groups()).to.deep.equal([
      {
        cause: 'full',
        device: 'b',
        count: 2,
        largest: 8192,
        mostSlots: 32772,
        total: 32768,
        first: 'log:8192',
      },
      {
        cause: 'full',
        device: 'a',
        count: 1,
        largest: 4096,
        mostSlots: 32770,
        total: 32768,
        first: 'log:3',
      },
    ]);
  });
});

describe('FlushQueues', () => {
  for (const seed of [1, 2, 3])
    it(`is as the port's queues are, seed ${String(seed)}`, () => {
      const source = random(seed);
      const k = new machine({ memory: { nodes: [{ lowmem_pages: 1 }] }, nr_cpus: 2, HZ: 250 });
      const v = new iova_c(k);
      const iovad = new iova_domain();
      v.iova_cache_get();
      v.init_iova_domain(iovad, 4096, 1);
      const waiting = [[], []] as number[][];
      const port = [0, 1].map((cpu) => ({ cpu, unmaps: 0, mostEntries: 0, longestNs: 0 }));
      let now = 0;
      const first = k.timers.jiffies();
      // While a timer runs, time is that of its jiffy.
      const time = (): number => Math.max(now, (k.timers.jiffies() - first) * 4e6);
      v.init_iova_flush_queue(
        iovad,
        () => {
          for (const [cpu, times] of waiting.entries())
            for (const one of times.splice(0)) {
              const row = port[cpu];
              if (row) row.longestNs = Math.max(row.longestNs, time() - one);
            }
        },
        () => undefined,
      );
      const fq = new FlushQueues(250, (jiffies) => jiffies * 4e6);
      for (let i = 0; i < 3000; i++) {
        const step = source.below(1000) < 3 ? source.below(3e7) : source.below(30_000);
        k.timers.advance(step / 1e6);
        now += step;
        const cpu = source.below(2);
        k.context.run_on_cpu(cpu);
        const row = port[cpu];
        const range = v.alloc_iova(iovad, 64, 2 ** 30, true);
        if (!row || !range) throw new Error('no address is left');
        v.queue_iova(iovad, range.pfn_lo, 64, null);
        waiting[cpu]?.push(now);
        row.unmaps++;
        row.mostEntries = Math.max(row.mostEntries, waiting[cpu]?.length ?? 0);
        fq.unmap(0, cpu, k.timers.jiffies() - first, now);
      }
      k.timers.advance(100);
      fq.finish();
      const own = fq.figures().map(({ cpu, unmaps, mostEntries, longestNs }) => ({
        cpu,
        unmaps,
        mostEntries,
        longestNs,
      }));
      expect(own, `seed ${String(seed)}`).to.deep.equal(port);
      expect(port.some(({ mostEntries }) => mostEntries === 255)).to.equal(true);
    });

  const queues = (): FlushQueues => new FlushQueues(250, (jiffies) => jiffies * 4e6);

  it('flushes when its timer runs: 10 ms are 3 jiffies, and one for the begun one', () => {
    const fq = queues();
    fq.unmap(0, 0, 100, 401e6);
    fq.unmap(0, 1, 102, 408e6);
    fq.unmap(0, 0, 104, 417e6);
    fq.finish();
    const [first, second] = fq.figures();
    expect(first).to.include({ cpu: 0, unmaps: 2, mostEntries: 1, longestNs: 15e6 });
    expect(second).to.include({ cpu: 1, unmaps: 1, mostEntries: 1, longestNs: 8e6 });
  });

  it('is full with 255 entries, and then flushes the queues of all CPUs of the domain', () => {
    const fq = queues();
    fq.unmap(0, 1, 100, 400e6);
    for (let i = 0; i < 256; i++) fq.unmap(0, 0, 101, 404e6 + i);
    fq.unmap(1, 0, 101, 405e6);
    fq.finish();
    const [own, other, elsewhere] = fq.figures();
    expect(own).to.include({ mostEntries: 255, fullFlushes: 1 });
    expect(other).to.include({ mostEntries: 1, fullFlushes: 0, longestNs: 4e6 + 255 });
    expect(elsewhere).to.include({ domain: 1, mostEntries: 1, fullFlushes: 0 });
  });
});
