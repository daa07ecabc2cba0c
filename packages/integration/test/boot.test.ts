// SPDX-License-Identifier: GPL-2.0-only
// A machine in any state of the series: what a configuration links, what a command line sets.

import { expect } from 'chai';
import { KconfigError } from '@iommu-bounce/kconfig-options';
import {
  DMA_TO_DEVICE,
  INITIAL_JIFFIES,
  bus_type,
  device,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DRIVERS,
  IO_BUFFER_Y,
  NotTranslatedError,
  boot,
  link,
  objects_of,
  plug,
  pool_of,
  runSeries,
  series,
  unresolved,
} from '@iommu-bounce/integration';

const machine = { memory: { nodes: [{ lowmem_pages: 64 }] } };

function new_device(): device {
  const dev = new device('test');
  dev.bus = new bus_type('platform');
  return dev;
}

describe('boot', () => {
  const { watch } = leak_checked();

  it('has no pool by default, as the option has no default', () => {
    const m = boot();
    expect(m.io_buffer_pool).to.equal(null);
    expect(m.config.value('IOMMU_DMA')).to.equal('y');
    expect(pool_of(plug(m, new_device()))).to.equal(null);
  });

  it('links the pool when the option is set, with the parameters of the command line', () => {
    const m = boot({
      machine,
      config: IO_BUFFER_Y,
      params: 'io_buffer_pool.num_slots=7 io_buffer_pool.class_sizes=3',
    });
    const pool = pool_of(plug(m, new_device()));
    expect(pool?.classes.map((c) => [c.buffer_size, c.slots.length])).to.deep.equal([
      [4096, 7],
      [8192, 7],
    ]);
  });

  it('knows no such option before patch 4', () => {
    const m = boot({ patches: 3, config: IO_BUFFER_Y, machine });
    expect(m.config.value('IOMMU_IO_BUFFER')).to.equal(undefined);
    expect(m.io_buffer_pool).to.equal(null);
  });

  it('drops the option when its dependency is off, and says so', () => {
    const config = '# CONFIG_VIRTIO_IOMMU is not set\nCONFIG_IOMMU_IO_BUFFER=y\n';
    const m = boot({ config, machine });
    expect(m.config.value('IOMMU_DMA')).to.equal('n');
    expect(m.io_buffer_pool).to.equal(null);
  });

  it('leaves a passthrough device its platform ops', () => {
    const m = boot({ params: 'iommu.passthrough=1', machine });
    const dev = new_device();
    plug(m, dev);
    expect(dev.dma_ops).to.equal(null);
  });

  it('refuses a device that a failed pool leaves without translation, with what the kernel says', () => {
    const m = boot({ config: IO_BUFFER_Y, params: 'io_buffer_pool.num_slots=200000', machine });
    expect(() => plug(m, new_device())).to.throw(
      NotTranslatedError,
      "test keeps its platform DMA ops, so it would not be translated; expected options under which the kernel sets up its IOMMU. The kernel's log ends with: WARNING: page allocation of order 11; Failed to set up IOMMU for device test; retaining platform DMA ops",
    );
  });

  it('collects command line words that nobody wants, and refuses a bad value', () => {
    expect(boot({ params: 'quiet iommu.strict=1', machine }).notes).to.deep.equal([
      'unknown kernel parameter: quiet',
    ]);
    expect(() => boot({ params: 'io_buffer_pool.class_sizes=256' })).to.throw(
      KconfigError,
      'class_sizes',
    );
  });

  it('gives back everything when the device and its domain go', () => {
    const m = boot({ config: IO_BUFFER_Y, machine });
    const dev = new_device();
    watch(m.k);
    const domain = plug(m, dev);
    const addr = m.k.dma.dma_map_single(dev, virt_addr_t(4096), 100, DMA_TO_DEVICE);
    m.k.dma.dma_unmap_single(dev, addr, 100, DMA_TO_DEVICE);
    m.iommu.iommu_release_device(dev);
    expect(domain.iova_cookie).to.equal(null);
  });

  it('keeps machines apart', () => {
    const [a, b] = [boot({ machine }), boot({ machine })];
    a.k.log.pr_warn('only here');
    a.k.timers.advance(5);
    expect(a.k.timers.jiffies()).to.equal(INITIAL_JIFFIES(1000) + 5);
    expect(b.k.log.lines.filter((l) => l.text === 'only here')).to.have.length(0);
    expect(b.k.timers.jiffies()).to.equal(INITIAL_JIFFIES(1000));
  });
});

describe('link', () => {
  const pool_on = { value: (name: string) => (name.startsWith('IOMMU') ? 'y' : undefined) };

  it('takes the objects that the Makefile names for a configuration', () => {
    expect(objects_of(pool_on, 4).map((o) => o.name)).to.deep.equal([
      'iommu.o',
      'dma-iommu.o',
      'io-buffer-pool.o',
      'iova.o',
    ]);
  });

  it('names every symbol that is missing', () => {
    const objects = objects_of(pool_on, 2);
    expect(unresolved(objects).map((u) => u.symbol)).to.have.length(4);
    expect(() => {
      link(objects);
    }).to.throw("io-buffer-pool.o: undefined reference to `__iommu_dma_alloc_iova'");
  });
});

for (const driver of IOMMU_DRIVERS)
  describe(`the series on ${driver}`, () => {
    it('shows each probe misbehave before its patch and behave from it on', () => {
      expect(runSeries({ driver }).map((p) => p.states.map((s) => s.behaves))).to.deep.equal([
        [false, true, true, true, true],
        [false, false, true, true, true],
        [false, false, false, true, true],
        [false, false, false, false, true],
      ]);
    });

    it('says what was seen: the sleeping report, the oops, the symbols, what the IOMMU heard', () => {
      const runs = runSeries({ driver });
      const [sleep, oops, symbols, calls] = runs.map((p) => p.states[0]?.seen);
      expect(sleep).to.match(
        /sleeping function called from invalid context at __iommu_dma_alloc_pages/,
      );
      expect(oops).to.match(/NULL pointer dereference/);
      expect(symbols).to.match(/^4 unresolved/);
      const [once, never] =
        driver === 'virtio'
          ? ['sent the VMM 1 MAP or UNMAP request', 'sent the VMM 0 MAP or UNMAP requests']
          : ['asked the IOMMU driver 1 time', 'asked the IOMMU driver 0 times'];
      expect(calls).to.equal(`the second map ${once}`);
      expect(runs[3]?.states[4]?.seen).to.equal(`the second map ${never} and is bounced`);
    });
  });

describe('the series', () => {
  it('has the patches in order, with the files they touch', () => {
    expect(series.map((p) => p.patch)).to.deep.equal([1, 2, 3, 4]);
    for (const p of series) expect(p.files).to.include('drivers/iommu/dma-iommu.c');
  });

  it('runs on virtio-iommu if nothing else is said', () => {
    expect(runSeries()).to.deep.equal(runSeries({ driver: 'virtio' }));
  });
});
