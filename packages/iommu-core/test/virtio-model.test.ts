// SPDX-License-Identifier: GPL-2.0-only
// Property test: after any sequence of operations, valid or not, failing or not, the driver's tree, the VMM's view,
// VFIO's tree and iommu_iova_to_phys agree with a list of mappings and with each other.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { EINVAL, ENOMEM, PAGE_SIZE, type device } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import type { viommu_domain, virtio_iommu_options } from '@iommu-bounce/iommu-core';
import { RAM, virtio_machine } from './virtio-machine';

const LONG = process.env['TEST_LONG'] === '1';

/** Pages of the window that a run plays in. */
const WINDOW = 24;
const BASE = 0x40000000;
/** Fewer than the window has room for, so that VFIO fills up. */
const LIMIT = 14;

type op =
  | { op: 'map'; dom: number; page: number; pages: number; ram: number; prot: number }
  | { op: 'odd'; dom: number; page: number; off: number; size: number; map: boolean }
  | { op: 'unmap'; dom: number; page: number; pages: number }
  | { op: 'attach'; dom: number; dev: number }
  | { op: 'fail'; site: string; skip: number };

const page = fc.nat(WINDOW - 1);
const pages = fc.integer({ min: 1, max: 9 });
const dom = fc.nat(1);
const operation: fc.Arbitrary<op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('map' as const),
      dom,
      page,
      pages,
      ram: fc.nat(60),
      prot: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('unmap' as const), dom, page, pages }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('attach' as const), dom, dev: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('odd' as const),
      dom,
      page,
      off: fc.integer({ min: 1, max: PAGE_SIZE - 1 }),
      size: fc.constantFrom(1, 4095, 4097, 8192),
      map: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('fail' as const),
      site: fc.constantFrom('kmalloc', 'vmm_nomem', 'vfio_pin'),
      skip: fc.nat(6),
    }),
  },
);

interface mapping {
  readonly page: number;
  readonly pages: number;
  readonly phys: number;
  readonly prot: number;
}

const mark = (m: mapping): string => [m.page, m.pages, m.phys, m.prot].join();

/** What a domain should hold: chunks as the core cuts them, naturally aligned powers of two. */
class model_domain {
  chunks: mapping[] = [];
  readonly devs = new Set<device>();

  constructor(readonly domain: viommu_domain) {}

  touched(first: number, count: number): mapping[] {
    return this.chunks.filter((c) => c.page < first + count && first < c.page + c.pages);
  }

  remove(gone: readonly mapping[]): void {
    this.chunks = this.chunks.filter((c) => !gone.includes(c));
  }
}

/** The pieces that the core cuts a range into, each as large as its address and `phys` (both in pages) allow. */
function pieces(at: number, count: number, phys: number): [number, number][] {
  const all: [number, number][] = [];
  for (let done = 0; done < count;) {
    let size = 1;
    const fits = (n: number): boolean =>
      n <= count - done && (at + done) % n === 0 && (phys + done) % n === 0;
    while (fits(size * 2)) size *= 2;
    all.push([at + done, size]);
    done += size;
  }
  return all;
}

/** One run over two devices and two domains. */
class run {
  private readonly m: virtio_machine;
  private readonly devs: device[];
  private readonly domains: model_domain[];
  private failing: { site: string; skip: number } | null = null;

  constructor(
    k: ConstructorParameters<typeof virtio_machine>[0],
    options: virtio_iommu_options,
    private readonly all_sizes: boolean,
  ) {
    this.m = new virtio_machine(k, options);
    this.devs = [this.m.plug(1), this.m.plug(2)];
    this.domains = [0, 1].map(() => new model_domain(this.m.new_domain()));
    this.domains.forEach((d, i) => {
      this.attach(d, this.devs[i] as device);
    });
  }

  private attach(to: model_domain, dev: device): void {
    const before = this.domains.find((d) => d.devs.has(dev));
    if (before) this.m.iommu.iommu_detach_device(before.domain, dev);
    before?.devs.delete(dev);
    const ret = this.m.iommu.iommu_attach_device(to.domain, dev);
    if (ret === 0) to.devs.add(dev);
    expect(ret, 'attach').to.equal(0);
  }

  private address(at: number): number {
    return BASE + at * PAGE_SIZE;
  }

  /** Arms the failure for one operation. */
  private with_failure(call: () => number): { ret: number; failed: boolean } {
    const { failing } = this;
    this.failing = null;
    if (!failing) return { ret: call(), failed: false };
    const { faults } = this.m.k;
    faults.fail(failing.site, 1, failing.skip);
    faults.count_passages();
    const ret = call();
    faults.fail(failing.site, 0);
    return { ret, failed: faults.passages(failing.site) > failing.skip };
  }

  step(o: op): void {
    const d = this.domains['dom' in o ? o.dom : 0] as model_domain;
    const { m } = this;
    switch (o.op) {
      case 'fail':
        this.failing = o;
        return;
      case 'attach':
        this.attach(d, this.devs[o.dev] as device);
        return;
      case 'odd': {
        const at = this.address(o.page) + o.off;
        if (o.map) expect(m.map(d.domain, at, RAM, o.size)).to.equal(-EINVAL);
        else expect(m.unmap(d.domain, at, o.size)).to.equal(0);
        return;
      }
      case 'map':
        this.map(d, o);
        return;
      case 'unmap':
        this.unmap(d, o);
    }
  }

  private map(d: model_domain, o: op & { op: 'map' }): void {
    const phys = RAM + o.ram * PAGE_SIZE;
    const size = Math.min(o.pages, WINDOW - o.page);
    // Overlaps make driver and device part ways (tested one by one elsewhere): no caller of the DMA API does that.
    if (d.touched(o.page, size).length > 0) return;
    const chunks = (
      this.all_sizes ? pieces(o.page, size, phys / PAGE_SIZE) : singles(o.page, size)
    ).map(([at, n]) => ({
      page: at,
      pages: n,
      phys: phys + (at - o.page) * PAGE_SIZE,
      prot: o.prot,
    }));
    const full = d.chunks.length + chunks.length > LIMIT;
    // Without a device nothing is full yet; attaching one would fail later, and leave the driver's counts wrong.
    if (full && d.devs.size === 0) return;
    // The failure could meet the requests that take back what was mapped before it was full: see unmap.
    if (full) this.failing = null;
    const { ret, failed } = this.with_failure(() =>
      this.m.map(d.domain, this.address(o.page), phys, size * PAGE_SIZE, o.prot),
    );
    expect(ret).to.equal(failed || full ? -ENOMEM : 0);
    if (ret === 0) d.chunks.push(...chunks);
  }

  private unmap(d: model_domain, o: op & { op: 'unmap' }): void {
    const size = Math.min(o.pages, WINDOW - o.page);
    // Holes within a piece make driver and device part ways too.
    const gone: mapping[] = [];
    let unmapped = 0;
    for (let at = o.page; at < o.page + size;) {
      const [, n] = (this.all_sizes ? pieces(at, o.page + size - at, at) : singles(at, 1))[0] as [
        number,
        number,
      ];
      const touched = d.touched(at, n);
      const bytes = touched.reduce((sum, c) => sum + c.pages, 0);
      const whole = touched.every((c) => c.page >= at);
      if (whole && bytes > 0 && bytes < n) return;
      if (!whole || bytes === 0) break;
      gone.push(...touched);
      unmapped += bytes;
      at += bytes;
    }
    this.failing = null; // a request that cannot be made is lost, which is tested elsewhere
    expect(this.m.unmap(d.domain, this.address(o.page), size * PAGE_SIZE)).to.equal(
      unmapped * PAGE_SIZE,
    );
    d.remove(gone);
  }

  check(): void {
    let pinned = 0;
    for (const d of this.domains) {
      this.m.expect_agreement(d.domain, [...d.devs]);
      const held = this.m.mapped_pages(d.domain);
      expect(held).to.equal(d.chunks.reduce((sum, c) => sum + c.pages, 0));
      pinned += held * d.devs.size;
      for (let at = 0; at < WINDOW; at++) {
        const [c] = d.touched(at, 1);
        const expected = c ? c.phys + (at - c.page) * PAGE_SIZE : 0;
        expect(this.m.phys(d.domain, this.address(at)), d.chunks.map(mark).join(' ')).to.equal(
          expected,
        );
      }
    }
    expect(this.m.v.vfio.pages.total, 'pinned pages').to.equal(pinned);
  }

  end(): void {
    for (const d of this.domains) {
      for (const dev of d.devs) this.m.iommu.iommu_detach_device(d.domain, dev);
      this.m.iommu.iommu_domain_free(d.domain);
    }
    expect(this.m.v.vfio.pages.total).to.equal(0);
    this.m.end();
  }
}

function singles(at: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [at + i, 1]);
}

describe('driver, VMM, VFIO and iova_to_phys @long', () => {
  const { boot_machine } = leak_checked();

  for (const [what, options, all_sizes] of [
    ['with 4 KiB pages', { pageSizeMask: PAGE_SIZE, queues: { size: 4 } }, false],
    ['with all page sizes', {}, true],
    ['with a queue of one', { queues: { size: 1 } }, true],
  ] as const)
    it(`agree after any sequence of operations, ${what}`, function () {
      this.timeout(60_000);
      const k = boot_machine();
      fc.assert(
        fc.property(fc.array(operation, { minLength: 1, maxLength: 60 }), (ops) => {
          const r = new run(k, { ...options, dmaEntryLimit: LIMIT }, all_sizes);
          r.check();
          for (const o of ops) {
            r.step(o);
            r.check();
          }
          r.end();
        }),
        { numRuns: Number(process.env['VIRTIO_MODEL_RUNS'] ?? (LONG ? 60 : 30)) },
      );
    });
});
