// SPDX-License-Identifier: GPL-2.0-only
// Tests of making a pool: classes, addresses, parameters, failures, and the check of a further device.

import { expect } from 'chai';
import { DMA_BIT_MASK, EFAULT, ENOMEM, ENOSPC } from '@iommu-bounce/linux-shim';
import { for_each_failure, new_device } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_RESV_MSI } from '@iommu-bounce/iommu-core';
import { dma_iommu_c, type io_buffer_pool_out, to_cookie } from '@iommu-bounce/dma-iommu';
import {
  io_buffer_class,
  type io_buffer_pool,
  io_buffer_pool_c,
  io_buffer_pool_stats,
} from '@iommu-bounce/io-buffer-pool';
import { type wired, wiring } from './wire';

describe('io_buffer_pool_init', () => {
  const { wire } = wiring();

  it('makes a class for each bit of class_sizes, smallest first, with all slots empty', () => {
    for (const [class_sizes, pages] of [
      [1 | 4 | 32, [1, 4, 32]],
      [255, [1, 2, 4, 8, 16, 32, 64, 128]],
      [128, [128]],
    ] as const) {
      const w = wire({ params: { num_slots: 3, class_sizes } });
      const classes = w.stats(w.plug(new_device()));
      expect(classes.map((c) => c.buffer_size / 4096)).to.eql(pages);
      for (const c of classes) expect([c.ro, c.wo, c.rw, c.empty, c.old]).to.eql([0, 0, 0, 3, 0]);
    }
  });

  it('takes 1024 slots of 4, 16 and 128 KiB unless told otherwise', () => {
    const w = wire({ configured: false });
    const domain = w.plug(new_device());
    const pool_c = new io_buffer_pool_c(w.k, w.iommu, w.dma_iommu);
    const out: io_buffer_pool_out = { bounce_buffers: null };
    pool_c.io_buffer_pool_init(new_device(), domain, to_cookie(domain).iovad, out);
    const pool = out.bounce_buffers as io_buffer_pool;
    expect(io_buffer_pool_stats(pool).map((c) => [c.buffer_size, c.empty])).to.eql([
      [4096, 1024],
      [16384, 1024],
      [131072, 1024],
    ]);
    pool_c.io_buffer_pool_destroy(pool);
  });

  it('aligns each class to its buffers, and maps no page yet', () => {
    const w = wire({ params: { num_slots: 5, class_sizes: 255 } });
    const before = w.k.usage().pages;
    const domain = w.plug(new_device());
    const classes = w.stats(domain);
    for (const c of classes) {
      expect(c.iova_base % c.buffer_size).to.equal(0);
      expect(c.iova_base + 5 * c.buffer_size).to.be.most(2 ** 32);
      const { iovad } = to_cookie(domain);
      for (
        let at = c.iova_base;
        at < c.iova_base + 5 * c.buffer_size;
        at = (at + 4096) as typeof at
      )
        expect(w.iova.find_iova(iovad, at / 4096)).not.to.equal(null);
    }
    expect(w.k.usage().pages).to.equal(before);
    expect(domain.table.mapped_pages).to.equal(0);
  });

  it('names its workqueue', () => {
    const w = wire();
    expect(w.pool(w.plug(new_device())).evict_wq?.name).to.equal('io-buffer-pool');
  });

  it('counts pages of the CPU where the IOMMU has smaller ones', () => {
    const w = wire({ driver: { pgsize_bitmap: 1024 + 4096 }, params: { class_sizes: 3 } });
    const domain = w.plug(new_device());
    expect(to_cookie(domain).iovad.granule).to.equal(1024);
    expect(w.stats(domain).map((c) => c.buffer_size)).to.eql([4096, 8192]);
  });

  it('makes no pool without slots or classes, which is no error', () => {
    for (const params of [{ num_slots: 0 }, { class_sizes: 0 }]) {
      const w = wire({ params });
      const dev = new_device();
      const domain = w.plug(dev);
      expect(to_cookie(domain).bounce_buffers).to.equal(null);
      expect(dev.dma_ops).not.to.equal(null);
      const p = w.buffer();
      w.unmap(dev, w.map(dev, p, 0, 100, 1), 100, 1);
    }
  });

  it('holds nothing when a step fails', () => {
    for (const [site, count, error, passages] of [
      ['kmalloc', 1, -ENOMEM, 4], // the pool, three arrays of slots
      ['workqueue', 1, -ENOMEM, 1],
      ['iova_alloc', 2, -ENOSPC, 3], // tried twice for each class
    ] as const) {
      // As many slots as make no class fit into a range cache, where freed addresses would stay.
      const w = wire({ configured: false, params: { num_slots: 100 } });
      const dev = new_device();
      const domain = w.plug(dev);
      const cookie = to_cookie(domain);
      const before = w.k.usage();
      for (let n = 0; n <= passages; n++) {
        w.k.faults.fail(site, count, n);
        const ret = w.io_buffer_pool.io_buffer_pool_init(dev, domain, cookie.iovad, cookie);
        w.k.faults.fail(site, 0);
        const failed = n < passages;
        expect(ret, `${site} ${String(n)}`).to.equal(failed ? error : 0);
        expect(cookie.bounce_buffers === null).to.equal(failed);
        if (!failed) w.io_buffer_pool.io_buffer_pool_destroy(cookie.bounce_buffers);
        cookie.bounce_buffers = null;
        expect(w.k.usage()).to.eql(before);
      }
    }
  });

  it('finding: 12,288 slots of the usual classes do not fit into 32 bits', () => {
    for (const [num_slots, class_sizes, made] of [
      [12_287, 1 | 4 | 32, true],
      [12_288, 1 | 4 | 32, false],
      [16_383, 32, true],
      [16_384, 32, false],
      [4095, 128, true],
      [4096, 128, false],
    ] as const) {
      const w = wire({ params: { num_slots, class_sizes } });
      const dev = new_device();
      const domain = w.plug(dev);
      expect(dev.dma_ops !== null, String(num_slots)).to.equal(made);
      expect(w.k.log.warnings).to.equal(0);
      const { iovad } = to_cookie(domain);
      const out: io_buffer_pool_out = { bounce_buffers: null };
      const ret = (): number => w.io_buffer_pool.io_buffer_pool_init(dev, domain, iovad, out);
      if (!made) expect(ret()).to.equal(-ENOSPC);
    }
  });

  it('finding: 1,024 slots of the usual classes with pages of 64 KiB do not fit into 32 bits', () => {
    const classes = [0, 2, 5]; // the default: 1 | 4 | 32
    for (const [num_slots, page, made] of [
      [1024, 16_384, true],
      [767, 65_536, true],
      [768, 65_536, false],
      [1024, 65_536, false],
    ] as const) {
      const w = wire({ configured: false, params: { num_slots } });
      const dev = new_device();
      const domain = w.plug(dev);
      const rets = classes.map((bit) => {
        const klass = new io_buffer_class();
        const ret = w.io_buffer_pool.io_buffer_class_init(klass, dev, domain, page * 2 ** bit);
        if (ret === 0) w.k.slab.kfree(klass.slots);
        return ret;
      });
      expect(rets, `${String(num_slots)}, ${String(page)}`).to.eql([0, 0, made ? 0 : -ENOSPC]);
    }
  });

  it('finding: more slots than 4 MiB hold, 104,857, cost the device its translation', () => {
    for (const [num_slots, made] of [
      [104_857, true],
      [104_858, false],
      [50_000_000, false],
      [2 ** 32 - 1, false],
    ] as const) {
      const w = wire({ params: { num_slots, class_sizes: 1 } });
      const dev = new_device();
      const domain = w.plug(dev);
      expect(dev.dma_ops !== null, String(num_slots)).to.equal(made);
      expect(to_cookie(domain).bounce_buffers !== null).to.equal(made);
      expect(w.k.log.warnings).to.equal(made ? 0 : 1);
      const { iovad } = to_cookie(domain);
      const out: io_buffer_pool_out = { bounce_buffers: null };
      const ret = (): number => w.io_buffer_pool.io_buffer_pool_init(dev, domain, iovad, out);
      if (!made) expect(ret()).to.equal(-ENOMEM);
    }
  });

  it('leaves the device with the platform operations when it fails', () => {
    const w = wire();
    const passages = for_each_failure(
      w.k,
      'workqueue',
      () => {
        const dev = new_device();
        w.plug(dev);
        return dev;
      },
      (failed, dev) => {
        expect(dev.dma_ops === null).to.equal(failed);
        w.unplug(dev);
      },
    );
    expect(passages).to.equal(1);
  });

  it('is not called where the regions of the device could not be entered', () => {
    const w = wire();
    const dev = new_device();
    w.driver.set_resv_regions(dev, [{ start: 0, length: 0x1000, type: IOMMU_RESV_MSI }]);
    w.k.faults.ask((site) => site === 'kmalloc' && w.k.faults.passages('kmalloc') === 17);
    w.k.faults.count_passages(); // four for the group and the domain, twelve magazines, and the page of the region
    w.plug(dev);
    w.k.faults.ask(null);
    expect(w.k.faults.passages('kmalloc')).to.equal(17);
    expect(dev.dma_ops).to.equal(null);
  });

  it('fails when the addresses do not suffice', () => {
    const w = wire({ driver: { aperture: [0x1000, 0xfffff] } });
    const dev = new_device();
    w.plug(dev);
    expect(dev.dma_ops).to.equal(null);
  });
});

describe('io_buffer_pool_init for a domain that has a pool', () => {
  const { wire } = wiring();
  const again = (w: wired, fields: Parameters<typeof new_device>[0]): number => {
    const domain = w.plug(new_device({ name: 'first', numa_node: 0 }));
    const cookie = to_cookie(domain);
    const dev = new_device(fields);
    return w.io_buffer_pool.io_buffer_pool_init(dev, domain, cookie.iovad, cookie);
  };
  const log = (w: wired): string => w.k.log.lines.at(-1)?.text ?? '';

  it('accepts a device that reaches all of it', () => {
    for (const bits of [32, 48, 64]) {
      const w = wire();
      expect(again(w, { dma_mask: DMA_BIT_MASK(bits), numa_node: 0 })).to.equal(0);
      expect(log(w)).to.match(/Adding to iommu group/);
    }
  });

  it('refuses a device that does not', () => {
    const w = wire();
    expect(again(w, { name: 'old', dma_mask: DMA_BIT_MASK(31) })).to.equal(-EFAULT);
    expect(log(w)).to.equal('io-buffer-pool out of range of old');
  });

  it('looks at the last byte of each class', () => {
    const base = 2 ** 28;
    // Masks with holes: a pool never ends where a mask of ones does.
    for (const [dma_mask, reaches] of [
      [base + 4 * 4096 - 1, true], // all bits of the last byte
      [base + 4096 - 1, false],
    ] as const) {
      const w = wire({
        driver: { aperture: [0x1000, base + 8 * 4096 - 1] },
        params: { num_slots: 4, class_sizes: 1 },
      });
      const domain = w.plug(new_device({ numa_node: 0 }));
      const cookie = to_cookie(domain);
      expect(w.stats(domain)[0]?.iova_base).to.equal(base);
      const dev = new_device({ numa_node: 0, dma_mask });
      const ret = w.io_buffer_pool.io_buffer_pool_init(dev, domain, cookie.iovad, cookie);
      expect(ret).to.equal(reaches ? 0 : -EFAULT);
    }
  });

  it('warns of a device on another node', () => {
    const w = wire();
    expect(again(w, { numa_node: -1 })).to.equal(0);
    expect(log(w)).to.equal('node mismatch: pool=0 dev=-1');
  });
});

describe('the parameters of the pool', () => {
  const { wire } = wiring();

  for (const params of [
    { num_slots: -1 },
    { num_slots: 2 ** 32 },
    { num_slots: 1.5 },
    { class_sizes: 256 },
    { class_sizes: -1 },
    { class_sizes: NaN },
  ])
    it(`refuse ${JSON.stringify(params)}`, () => {
      expect(() => wire({ params })).to.throw(
        RangeError,
        /^io_buffer_pool: (num_slots|class_sizes) is .*: expected a whole number from 0 to /,
      );
    });

  it('are those of the module', () => {
    expect(io_buffer_pool_c.module_param).to.eql({ num_slots: 'uint', class_sizes: 'byte' });
  });
});

describe('the symbols of io-buffer-pool.o', () => {
  it('name functions that exist, here and in dma-iommu.o', () => {
    for (const name of io_buffer_pool_c.symbols)
      expect(io_buffer_pool_c.prototype).to.have.property(name);
    for (const name of io_buffer_pool_c.undefined_symbols)
      expect(dma_iommu_c.symbols).to.include(name);
  });
});
