// SPDX-License-Identifier: GPL-2.0-only
// Tests of the virtio-iommu driver: probing, attaching, mapping, the requests it sends, the statuses it gets.

import { expect } from 'chai';
import sinon from 'sinon';
import {
  EINVAL,
  EIO,
  EFAULT,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOSYS,
  ERANGE,
  PAGE_SIZE,
  deref,
  dma_addr_t,
  list_for_each_entry,
  list_head,
  U32_MAX,
} from '@iommu-bounce/linux-shim';
import {
  catch_oops,
  for_each_failure,
  leak_checked,
  new_device,
} from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_BLOCKED,
  IOMMU_DOMAIN_DMA,
  IOMMU_MMIO,
  IOMMU_RESV_MSI,
  IOMMU_RESV_RESERVED,
  IOMMU_RESV_SW_MSI,
  IOMMU_WRITE,
  VIRTIO_F_VERSION_1,
  VIRTIO_IOMMU_F_MAP_UNMAP,
  VIRTIO_IOMMU_RESV_MEM_T_MSI,
  VIRTIO_IOMMU_RESV_MEM_T_RESERVED,
  VIRTIO_IOMMU_T_PROBE,
  VIRTIO_IOMMU_T_UNMAP,
  iommu_c,
  iommu_iotlb_gather,
  iommu_resv_region,
  new_virtio_iommu,
} from '@iommu-bounce/iommu-core';
import { new_dma_iommu } from './new-iommu';
import { RAM, driver_view, virtio_machine } from './virtio-machine';

const errors = (m: virtio_machine): string[] =>
  m.k.log.lines.filter((l) => l.level === 'err').map((l) => l.text);

describe('viommu_probe', () => {
  const { boot_machine } = leak_checked();

  it('reads the configuration space', () => {
    const m = new virtio_machine(boot_machine(), {
      pageSizeMask: 0x201000,
      inputRange: [0x1000, 2 ** 39 - 1],
      domainRange: [7, 9],
    });
    const domain = m.domain(m.plug(1));
    expect(domain.pgsize_bitmap).to.equal(0x201000);
    expect(domain.id).to.equal(7);
    expect(domain.geometry).to.include({
      aperture_start: 0x1000,
      aperture_end: 2 ** 39 - 1,
      force_aperture: true,
    });
    const log = m.k.log.lines.map((l) => l.text);
    expect(log)
      .to.include('virtio0: input address: 39 bits')
      .and.include('virtio0: page mask: 0x201000');
    m.end();
  });

  it('does without what the device does not offer', () => {
    const m = new virtio_machine(boot_machine(), {
      features: [VIRTIO_F_VERSION_1, VIRTIO_IOMMU_F_MAP_UNMAP],
      domainRange: [0, 9],
      probeSize: 0,
    });
    const domain = m.domain(m.plug(1));
    expect(domain.geometry.aperture_start).to.equal(0);
    expect(domain.geometry.aperture_end).to.equal(Number.MAX_SAFE_INTEGER);
    expect(domain.id).to.equal(0);
    expect(m.v.counters.requests[VIRTIO_IOMMU_T_PROBE]).to.equal(0);
    expect(m.k.log.lines[0]?.text).to.match(/64 bits$/);
    expect(m.map(domain, 0x1000, RAM, PAGE_SIZE, IOMMU_WRITE | IOMMU_MMIO)).to.equal(-EINVAL);
    m.end();
  });

  for (const [what, options, text] of [
    ['too old', { features: [VIRTIO_IOMMU_F_MAP_UNMAP] }, 'viommu_probe: -ENODEV'],
    ['without MAP and UNMAP', { features: [VIRTIO_F_VERSION_1] }, 'viommu_probe: -ENODEV'],
    ['without page sizes', { pageSizeMask: 0 }, 'viommu_probe: -EINVAL'],
  ] as const)
    it(`refuses a device ${what}`, () => {
      const k = boot_machine();
      expect(() => new virtio_machine(k, options)).to.throw(text);
    });

  it('gives back what it got when an allocation fails', () => {
    const k = boot_machine();
    const failures = for_each_failure(
      k,
      'kmalloc',
      () => {
        try {
          return new_virtio_iommu(k, new iommu_c(k), new_dma_iommu());
        } catch (e) {
          return String(e);
        }
      },
      (failed, result) => {
        if (failed) expect(result).to.equal('Error: viommu_probe: -ENOMEM');
        else if (typeof result === 'object') result.remove();
        expect(k.usage().allocations).to.equal(0);
      },
    );
    expect(failures).to.equal(2);
  });

  it('only warns when the configuration changes', () => {
    const m = new virtio_machine(boot_machine());
    m.v.driver.config_changed(m.v.device);
    expect(m.k.log.lines.at(-1)).to.deep.equal({ level: 'warn', text: 'virtio0: config changed' });
    m.end();
  });
});

describe('viommu_probe_device', () => {
  const { boot_machine } = leak_checked();

  it('asks the device for the properties of the endpoint', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(5);
    expect(m.v.counters.requests[VIRTIO_IOMMU_T_PROBE]).to.equal(1);
    sinon.assert.calledOnceWithExactly(
      m.dma_iommu.iommu_setup_dma_ops,
      dev,
      dma_addr_t(0),
      2 ** 48,
    );
    m.end();
  });

  it('knows only devices that firmware has put behind the IOMMU', () => {
    const m = new virtio_machine(boot_machine());
    const dev = new_device({ bus: m.bus });
    expect(m.iommu.iommu_probe_device(dev)).to.equal(-ENODEV);
    m.v.driver.iommu_fwspec_init(dev, {}, [1]);
    expect(m.iommu.iommu_probe_device(dev)).to.equal(-ENODEV);
    m.v.driver.iommu_fwspec_init(dev, m.v.device.fwnode, []);
    expect(m.iommu.iommu_probe_device(dev), 'no IDs').to.equal(-EINVAL);
    m.v.driver.iommu_fwspec_init(dev, m.v.device.fwnode, [99]);
    expect(m.iommu.iommu_probe_device(dev), 'no such endpoint').to.equal(-ENOENT);
    m.end();
  });

  it('has no memory for more properties than 4 MiB hold, however many the device announces', () => {
    for (const probeSize of [4_194_304 - 76, 4_194_304 - 75, U32_MAX]) {
      const k = boot_machine();
      const m = new virtio_machine(k, { probeSize });
      const dev = m.add(1);
      // The copy for the queue is larger by its head of 32 bytes, so the first of the three fails there.
      expect(m.iommu.iommu_probe_device(dev)).to.equal(-ENOMEM);
      expect(k.log.warnings).to.equal(1);
      m.end();
    }
    const m = new virtio_machine(boot_machine(), { probeSize: 4_194_304 - 76 - 32 });
    m.plug(1);
    m.end();
  });

  it('gives back what it got when an allocation fails, or forgets a region', () => {
    const k = boot_machine();
    const m = new virtio_machine(k);
    const region = { start: 0xfee00000, last: 0xfeefffff, subtype: VIRTIO_IOMMU_RESV_MEM_T_MSI };
    const dev = m.add(1, [region]);
    const before = k.usage().allocations;
    for_each_failure(
      k,
      'kmalloc',
      () => m.iommu.iommu_probe_device(dev),
      (_failed, ret) => {
        expect(ret).to.be.oneOf([0, -ENOMEM]);
        if (ret === 0) m.iommu.iommu_release_device(dev);
        expect(k.usage().allocations).to.equal(before);
      },
    );
    m.end();
  });
});

describe('viommu_get_resv_regions', () => {
  const { boot_machine } = leak_checked();

  function regions(m: virtio_machine, dev: ReturnType<typeof m.add>) {
    const list = new list_head<iommu_resv_region>();
    m.iommu.iommu_get_resv_regions(dev, list);
    const all = [...list_for_each_entry(list)].map((r) => [r.start, r.length, r.type]);
    m.iommu.iommu_put_resv_regions(dev, list);
    return all;
  }

  it('adds a window for MSIs that software maps', () => {
    const m = new virtio_machine(boot_machine());
    expect(regions(m, m.plug(1))).to.deep.equal([[0x8000000, 0x100000, IOMMU_RESV_SW_MSI]]);
    m.end();
  });

  it("has the device's regions last first, and its MSI window instead", () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1, [
      { start: 0x1000, last: 0x1fff, subtype: VIRTIO_IOMMU_RESV_MEM_T_RESERVED },
      { start: 0xfee00000, last: 0xfeefffff, subtype: VIRTIO_IOMMU_RESV_MEM_T_MSI },
      { start: 0x5000, last: 0x5fff, subtype: 77 },
    ]);
    expect(regions(m, dev)).to.deep.equal([
      [0x5000, 0x1000, IOMMU_RESV_RESERVED],
      [0xfee00000, 0x100000, IOMMU_RESV_MSI],
      [0x1000, 0x1000, IOMMU_RESV_RESERVED],
    ]);
    expect(m.k.log.lines.map((l) => l.text)).to.include('ep1: unknown resv mem subtype 0x4d');
    m.end();
  });

  it('has them from a device whose properties are no whole words, and its refusals too', () => {
    for (const probeSize of [25, 26, 27]) {
      const m = new virtio_machine(boot_machine(), { probeSize });
      const region = { start: 0x1000, last: 0x1fff, subtype: VIRTIO_IOMMU_RESV_MEM_T_MSI };
      expect(regions(m, m.plug(1, [region]))).to.deep.equal([[0x1000, 0x1000, IOMMU_RESV_MSI]]);
      const dev = m.add(2, [region, region]); // more than fit
      expect(m.iommu.iommu_probe_device(dev)).to.equal(-EINVAL);
      m.end();
    }
  });

  it('stops short when an allocation fails', () => {
    const k = boot_machine();
    const m = new virtio_machine(k);
    const dev = m.plug(1, [
      { start: 0x1000, last: 0x1fff, subtype: VIRTIO_IOMMU_RESV_MEM_T_RESERVED },
    ]);
    const lengths: number[] = [];
    for_each_failure(
      k,
      'kmalloc',
      () => regions(m, dev).length,
      (_failed, length) => lengths.push(length),
    );
    expect(lengths).to.deep.equal([0, 1, 2]);
    m.end();
  });

  it('takes a region whose end lies just below its start for an error, forgotten after the next good one', () => {
    const m = new virtio_machine(boot_machine());
    const wrong = { start: 0x2000, last: 0x1fff, subtype: 0 };
    const good = { start: 0x1000, last: 0x1fff, subtype: 0 };
    const dev = m.add(1, [good, wrong]);
    expect(m.iommu.iommu_probe_device(dev)).to.equal(-75); // -EOVERFLOW
    expect(errors(m)).to.deep.equal(['ep1: failed to parse viommu prop 0x1']);
    m.plug(2, [wrong, good]);
    m.end();
  });
});

describe('viommu_domain_alloc', () => {
  const { boot_machine } = leak_checked();

  it('knows domains for users and for the DMA API', () => {
    const m = new virtio_machine(boot_machine());
    expect(m.v.driver.domain_alloc(IOMMU_DOMAIN_BLOCKED)).to.equal(null);
    const domain = m.new_domain();
    sinon.assert.notCalled(m.dma_iommu.iommu_get_dma_cookie);
    m.iommu.iommu_domain_free(domain);
    m.end();
  });

  it('fails with the cookie', () => {
    const m = new virtio_machine(boot_machine());
    m.dma_iommu.iommu_get_dma_cookie = sinon.fake.returns(-ENOMEM);
    expect(m.v.driver.domain_alloc(IOMMU_DOMAIN_DMA)).to.equal(null);
    m.end();
  });
});

describe('viommu_attach_dev', () => {
  const { boot_machine, write_off } = leak_checked();

  it('numbers domains from the lowest free number on, until there is none', () => {
    const m = new virtio_machine(boot_machine(), { domainRange: [3, 4] });
    const [a, b, c] = [m.plug(1), m.plug(2), m.add(3)];
    expect([m.domain(a).id, m.domain(b).id]).to.deep.equal([3, 4]);
    expect(m.iommu.iommu_probe_device(c)).to.equal(-ENOSPC);
    m.unplug(a);
    expect(m.iommu.iommu_probe_device(c)).to.equal(0);
    expect(m.domain(c).id).to.equal(3);
    m.end();
  });

  it('replays the mappings to a device that had dropped them', () => {
    const m = new virtio_machine(boot_machine());
    const [dev, other] = [m.plug(1), m.plug(2)];
    const own = m.domain(dev);
    expect(m.map(own, 0x10000, RAM, 3 * PAGE_SIZE)).to.equal(0);
    const mapped = driver_view(own);

    const domain = m.new_domain();
    expect(m.iommu.iommu_attach_device(domain, dev)).to.equal(0);
    expect(m.vmm_view(own.id), 'gone at the device').to.deep.equal([]);
    expect(driver_view(own), 'kept by the driver').to.deep.equal(mapped);
    expect(m.reaches(dev, 0x10000)).to.equal(false);
    expect(m.v.vfio.pages.total).to.equal(0);
    expect(m.map(own, 0x20000, RAM), 'while nobody is attached').to.equal(0);

    m.iommu.iommu_detach_device(domain, dev);
    m.expect_agreement(own, [dev]);
    expect(m.reaches(dev, 0x10000, 3 * PAGE_SIZE) && m.reaches(dev, 0x20000)).to.equal(true);
    expect(m.reaches(other, 0x10000)).to.equal(false);
    m.iommu.iommu_domain_free(domain);
    m.end();
  });

  it('gives every device of a domain the same mappings, each pinned for each', () => {
    const m = new virtio_machine(boot_machine());
    const [a, b] = [m.plug(1), m.plug(2)];
    const domain = m.new_domain();
    expect(m.iommu.iommu_attach_device(domain, a)).to.equal(0);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    expect(m.iommu.iommu_attach_device(domain, b)).to.equal(0);
    expect(m.map(domain, 0x11000, RAM)).to.equal(0);
    m.expect_agreement(domain, [a, b]);
    expect(m.v.vfio.pages.total).to.equal(4);
    m.iommu.iommu_detach_device(domain, a);
    m.expect_agreement(domain, [b]);
    expect(m.unmap(domain, 0x10000, 2 * PAGE_SIZE)).to.equal(2 * PAGE_SIZE);
    m.iommu.iommu_detach_device(domain, b);
    expect(m.v.vfio.pages.total).to.equal(0);
    m.iommu.iommu_domain_free(domain);
    m.end();
  });

  it('refuses a domain of another IOMMU, and one with pages larger than the system has', () => {
    const k = boot_machine();
    const m = new virtio_machine(k);
    const dev = m.plug(1);
    const other = new virtio_machine(k);
    const foreign = other.plug(1);
    expect(m.v.driver.attach_dev(other.domain(foreign), dev)).to.equal(-18); // -EXDEV
    expect(errors(m).at(-1)).to.equal('ep1: cannot attach to foreign vIOMMU');
    const large = new virtio_machine(k, { pageSizeMask: 2 ** 16 });
    const huge = large.add(1);
    expect(large.iommu.iommu_probe_device(huge)).to.equal(-EINVAL);
    expect(errors(m).at(-1)).to.equal('ep1: granule 0x10000 larger than system page size 0x1000');
    for (const x of [m, other, large]) x.end();
  });

  it('attaches the second device of a group twice, as the core asks: the device starts afresh, and so does the count', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    expect(m.v.driver.attach_dev(domain, dev)).to.equal(0);
    expect(domain.nr_endpoints).to.equal(1);
    m.expect_agreement(domain, [dev]);
    expect(m.v.vfio.pages.total).to.equal(1);
    m.end();
  });

  it('counts an endpoint out of its old domain even if the new one does not get it', () => {
    const k = boot_machine();
    write_off(k); // the old domain's count is wrong for good
    const m = new virtio_machine(k);
    const dev = m.plug(1);
    const own = m.domain(dev);
    expect(m.map(own, 0x10000, RAM)).to.equal(0);
    const domain = m.new_domain();
    k.faults.fail('vmm_nomem', 1);
    expect(m.iommu.iommu_attach_device(domain, dev)).to.equal(-ENOMEM);
    expect(own.nr_endpoints).to.equal(0);
    expect(m.reaches(dev, 0x10000), 'the device was not detached').to.equal(true);
    expect(m.unmap(own, 0x10000), 'and unmapping does not reach it').to.equal(PAGE_SIZE);
    expect(m.reaches(dev, 0x10000)).to.equal(true);
  });
});

describe('viommu_map', () => {
  const { boot_machine, write_off } = leak_checked();

  it('sends one request per page size, and each is real before it returns', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    const size = 7 * PAGE_SIZE;
    expect(m.map(domain, 0x10000, RAM, size)).to.equal(0);
    expect(driver_view(domain)).to.deep.equal([
      '10000-13fff -> 10000 3',
      '14000-15fff -> 14000 3',
      '16000-16fff -> 16000 3',
    ]);
    m.expect_agreement(domain, [dev]);
    expect(m.v.counters).to.include({ ioctlMaps: 3, pins: 7, refused: 0 });
    expect(m.reaches(dev, 0x10000, size)).to.equal(true);
    expect(m.reaches(dev, 0x10000 + size)).to.equal(false);
    expect(m.unmap(domain, 0x10000, size)).to.equal(size);
    expect(m.v.vfio.pages.total).to.equal(0);
    m.end();
  });

  it('gives the device no more than was asked for', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM, PAGE_SIZE, IOMMU_WRITE)).to.equal(0);
    const dma = m.dma(dev);
    expect(dma.write(0x10ffe, Uint8Array.of(1, 2))).to.equal(true);
    expect(m.k.mm.ram.subarray(RAM + 0xffe, RAM + 0x1000)).to.deep.equal(Uint8Array.of(1, 2));
    expect(dma.write(0x10fff, Uint8Array.of(3, 4)), 'over the end: nothing').to.equal(false);
    expect(m.k.mm.ram[RAM + 0xfff]).to.equal(2);
    expect(dma.read(0x10000, new Uint8Array(1))).to.equal(false);
    expect(m.map(domain, 0x10000, RAM, PAGE_SIZE, 0), 'an overlap').to.equal(-EINVAL);
    expect(m.map(domain, 0x20000, RAM, PAGE_SIZE, 0), 'no permission at all').to.equal(-EINVAL);
    m.end();
  });

  it('maps registers without pinning, where there is no memory, if told that they are', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    const doorbell = 0xfee00000;
    expect(m.map(domain, 0x10000, doorbell)).to.equal(-EFAULT);
    expect(m.map(domain, 0x10000, doorbell, PAGE_SIZE, IOMMU_WRITE | IOMMU_MMIO)).to.equal(0);
    expect(m.v.vfio.pages.total).to.equal(0);
    expect(m.dma(dev).write(0x10000, Uint8Array.of(1))).to.equal(true);
    expect(m.unmap(domain, 0x10000)).to.equal(PAGE_SIZE);
    m.end();
  });

  for (const [what, iova, phys, errno] of [
    ['beyond the input range', 2 ** 48, RAM, ERANGE],
    ['in a region that the host keeps', 0xfee00000, RAM, EINVAL],
    ['to no memory', 0x10000, 2 ** 40, EFAULT],
  ] as const)
    it(`fails ${what}, and leaves nothing`, () => {
      const m = new virtio_machine(boot_machine());
      const dev = m.plug(1, [{ start: 0xfee00000, last: 0xfeefffff, subtype: 1 }]);
      expect(m.map(m.domain(dev), iova, phys)).to.equal(-errno);
      m.expect_agreement(m.domain(dev), [dev]);
      m.end();
    });

  it('undoes the beginning of a range whose end fails, whatever fails', () => {
    const k = boot_machine();
    const m = new virtio_machine(k);
    const dev = m.plug(1);
    const domain = m.domain(dev);
    for (const [site, passages] of [
      ['kmalloc', 6], // a mapping and a request for each of the three
      ['vmm_nomem', 3],
      ['vfio_pin', 7],
    ] as const) {
      const failures = for_each_failure(
        k,
        site,
        () => m.map(domain, 0x10000, RAM, 7 * PAGE_SIZE),
        (failed, ret, n) => {
          const what = `${site} ${String(n)}`;
          expect(ret, what).to.equal(failed ? -ENOMEM : 0);
          m.expect_agreement(domain, [dev], what);
          expect(m.v.vfio.pages.total, what).to.equal(failed ? 0 : 7);
          if (!failed) m.unmap(domain, 0x10000, 7 * PAGE_SIZE);
        },
      );
      expect(failures, site).to.equal(passages);
    }
    m.end();
  });

  it('fails at the limit of VFIO, and works again once there is room', () => {
    const m = new virtio_machine(boot_machine(), { dmaEntryLimit: 2 });
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM, 7 * PAGE_SIZE)).to.equal(-ENOMEM);
    m.expect_agreement(domain, [dev]);
    expect(m.map(domain, 0x10000, RAM, 6 * PAGE_SIZE)).to.equal(0);
    expect(m.map(domain, 0x20000, RAM)).to.equal(-ENOMEM);
    expect(m.unmap(domain, 0x10000, 4 * PAGE_SIZE)).to.equal(4 * PAGE_SIZE);
    expect(m.map(domain, 0x20000, RAM)).to.equal(0);
    m.expect_agreement(domain, [dev]);
    m.end();
  });

  it('finding: loses an older mapping when an overlapping one is refused: the device keeps it', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    expect(m.map(domain, 0x10000, RAM)).to.equal(-EINVAL);
    expect(m.phys(domain, 0x10000)).to.equal(0);
    expect(m.reaches(dev, 0x10000)).to.equal(true);
    expect(m.unmap(domain, 0x10000), 'nobody can take it away any more').to.equal(0);
    m.end();
  });

  it('keeps a mapping that was refused when an older one begins before it', () => {
    const m = new virtio_machine(boot_machine());
    const domain = m.domain(m.plug(1));
    expect(m.map(domain, 0x10000, RAM, 2 * PAGE_SIZE)).to.equal(0);
    expect(m.map(domain, 0x11000, RAM)).to.equal(-EINVAL);
    expect(driver_view(domain)).to.deep.equal(['10000-11fff -> 10000 3', '11000-11fff -> 10000 3']);
    m.end();
  });

  it('finding: oopses in a domain that was never attached: the error path syncs an IOMMU that is not there', () => {
    const k = boot_machine();
    write_off(k);
    const m = new virtio_machine(k);
    m.plug(1);
    const domain = m.new_domain();
    expect(catch_oops(() => m.map(domain, 0x10000, RAM)).kind).to.equal('bad-access');
  });
});

describe('viommu_unmap', () => {
  const { boot_machine } = leak_checked();

  it('queues the request; the sync waits for it', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    const gather = new iommu_iotlb_gather();
    expect(m.iommu.iommu_unmap_fast(domain, dma_addr_t(0x10000), PAGE_SIZE, gather)).to.equal(
      PAGE_SIZE,
    );
    expect(m.v.queue.waiting()).to.equal(1);
    expect(m.reaches(dev, 0x10000), 'still mapped').to.equal(true);
    m.v.driver.iotlb_sync(domain, gather);
    expect(m.reaches(dev, 0x10000)).to.equal(false);
    m.end();
  });

  it('syncs by itself when the queue is full', () => {
    const m = new virtio_machine(boot_machine(), { queues: { size: 4 } });
    const dev = m.plug(1);
    const domain = m.domain(dev);
    for (let i = 0; i < 6; i++) m.map(domain, 0x10000 + i * 0x1000, RAM);
    m.v.counters.reset();
    expect(m.unmap(domain, 0x10000, 2 * PAGE_SIZE)).to.equal(2 * PAGE_SIZE);
    expect(m.v.counters.vmexits).to.equal(1);
    const gather = new iommu_iotlb_gather();
    for (let i = 0; i < 6; i++) m.map(domain, 0x20000 + i * 0x2000, RAM);
    m.v.counters.reset();
    for (let i = 0; i < 6; i++)
      m.iommu.iommu_unmap_fast(domain, dma_addr_t(0x20000 + i * 0x2000), PAGE_SIZE, gather);
    expect(m.v.counters.vmexits, 'the queue that is full says so').to.equal(1);
    expect(m.v.queue.waiting()).to.equal(2);
    m.v.driver.iotlb_sync(domain, gather);
    m.expect_agreement(domain, [dev]);
    m.end();
  });

  it('takes several mappings with one request', () => {
    const m = new virtio_machine(boot_machine());
    const domain = m.domain(m.plug(1));
    for (let i = 0; i < 4; i++) m.map(domain, 0x10000 + i * PAGE_SIZE, RAM);
    expect(m.unmap(domain, 0x10000, 4 * PAGE_SIZE)).to.equal(4 * PAGE_SIZE);
    expect(m.v.counters.requests[VIRTIO_IOMMU_T_UNMAP]).to.equal(1);
    expect(m.v.counters).to.include({ ioctlUnmaps: 1, flushes: 4, unpins: 4 });
    m.end();
  });

  it('takes a larger mapping whole, but not from its middle', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM, 4 * PAGE_SIZE)).to.equal(0);
    expect(m.unmap(domain, 0x11000)).to.equal(0);
    m.expect_agreement(domain, [dev]);
    expect(m.unmap(domain, 0x10000)).to.equal(4 * PAGE_SIZE);
    m.expect_agreement(domain, [dev]);
    m.end();
  });

  it('finding: forgets what it found in a range with a hole, and does not tell the device', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    expect(m.unmap(domain, 0x10000, 2 * PAGE_SIZE)).to.equal(0);
    expect(driver_view(domain)).to.deep.equal([]);
    expect(m.reaches(dev, 0x10000)).to.equal(true);
    expect(m.map(domain, 0x10000, RAM), 'the address is lost').to.equal(-EINVAL);
    m.end();
  });

  it('finding: leaves the device its mapping when there is no memory for the request', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    m.k.faults.fail('kmalloc', 1);
    expect(m.unmap(domain, 0x10000)).to.equal(0);
    expect(driver_view(domain)).to.deep.equal([]);
    expect(m.reaches(dev, 0x10000)).to.equal(true);
    expect(m.v.vfio.pages.total).to.equal(1);
    m.end();
  });

  it('finding: does not hear of a request that the device refused', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    m.k.faults.fail('vmm_nomem', 1);
    expect(m.unmap(domain, 0x10000)).to.equal(PAGE_SIZE);
    expect(m.reaches(dev, 0x10000)).to.equal(true);
    m.end();
  });
});

describe('viommu_release_device, viommu_domain_free', () => {
  const { boot_machine } = leak_checked();

  it('tell the device nothing: what was mapped stays mapped until the device is unplugged', () => {
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    expect(m.map(m.domain(dev), 0x10000, RAM)).to.equal(0);
    m.iommu.iommu_release_device(dev);
    expect(m.reaches(dev, 0x10000)).to.equal(true);
    expect(m.v.vfio.pages.total).to.equal(1);

    const other = m.plug(2);
    expect(
      m.domain(other).id,
      "the number of the freed domain, with the old device's pages",
    ).to.equal(0);
    expect(driver_view(m.domain(other))).to.deep.equal([]);
    expect(m.reaches(other, 0x10000)).to.equal(true);

    m.v.remove_endpoint(dev);
    expect(m.v.vfio.pages.total).to.equal(1);
    m.end();
    expect(m.v.vfio.pages.total).to.equal(0);
  });
});

describe('viommu_attach_dev', () => {
  const { boot_machine } = leak_checked();

  it('finding: replays nothing where a device of the group was released, which is still counted', () => {
    const m = new virtio_machine(boot_machine());
    const first = m.plug(1);
    const group = deref(m.iommu.iommu_group_get(first));
    m.v.driver.device_group = () => m.iommu.iommu_group_ref_get(group);
    const second = m.plug(2);
    m.iommu.iommu_group_put(group);
    const domain = m.domain(second);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    expect(domain.nr_endpoints).to.equal(2);
    m.unplug(first);
    expect(domain.nr_endpoints).to.equal(2);
    const users = deref(m.iommu.iommu_domain_alloc(m.bus));
    expect(m.iommu.iommu_attach_device(users, second)).to.equal(0);
    m.iommu.iommu_detach_device(users, second);
    expect(driver_view(domain)).to.have.length(1);
    expect(m.reaches(second, 0x10000)).to.equal(false);
    m.iommu.iommu_domain_free(users);
    m.end();
  });
});

describe('viommu_send_req_sync', () => {
  const { boot_machine, write_off } = leak_checked();

  it('holds the request lock, with interrupts off, while the device works', () => {
    const seen: [number, boolean][] = [];
    const k = boot_machine();
    const request = () => {
      seen.push([k.locks.held, k.context.irqs_disabled()]);
    };
    const m = new virtio_machine(k, { hooks: { request } });
    const domain = m.domain(m.plug(1));
    seen.length = 0;
    m.map(domain, 0x10000, RAM);
    m.unmap(domain, 0x10000);
    expect(seen).to.deep.equal([
      [1, true],
      [1, true],
    ]);
    m.end();
  });

  it('goes through kick, exit, request, ioctl, pin, in this order', () => {
    const steps: string[] = [];
    const say = (what: string) => (): void => void steps.push(what);
    const m = new virtio_machine(boot_machine(), {
      hooks: {
        kick: say('kick'),
        vmexit: say('vmexit'),
        request: (type, about) => steps.push(`request ${String(type)} of ${String(about)}`),
        reply: say('reply'),
        ioctlMap: say('map'),
        ioctlUnmap: say('unmap'),
        mutexLock: say('lock'),
        mutexUnlock: say('unlock'),
        pin: say('pin'),
        unpin: say('unpin'),
        flush: say('flush'),
      },
    });
    m.plug(1);
    steps.length = 0;
    const domain = m.domain(m.plug(2));
    expect(steps.join(' ')).to.equal(
      'kick vmexit request 5 of -1 reply kick vmexit request 1 of 1 reply',
    );
    steps.length = 0;
    m.map(domain, 0x10000, RAM);
    expect(steps.join(' ')).to.equal('kick vmexit request 3 of 1 map lock pin unlock reply');
    steps.length = 0;
    m.unmap(domain, 0x10000);
    expect(steps.join(' ')).to.equal(
      'kick vmexit request 4 of 1 unmap lock flush unpin unlock reply',
    );
    m.end();
  });

  for (const [status, errno] of [
    [1, EIO],
    [2, ENOSYS],
    [3, EIO],
    [4, EINVAL],
    [5, ERANGE],
    [6, ENOENT],
    [7, EFAULT],
    [8, ENOMEM],
    [99, EIO],
  ] as const)
    it(`makes -${String(errno)} of status ${String(status)}`, () => {
      const m = new virtio_machine(boot_machine());
      const domain = m.domain(m.plug(1));
      sinon.stub(m.v.vmm.state, 'map').returns(status);
      expect(m.map(domain, 0x10000, RAM)).to.equal(-errno);
      m.end();
    });

  it('takes a request that the device gives back unanswered for a success', () => {
    const m = new virtio_machine(boot_machine());
    const domain = m.domain(m.plug(1));
    const process = sinon.stub(m.v.vmm, 'process').callsFake((queue) => {
      for (let chain = queue.pop(); chain; chain = queue.pop()) queue.push(chain, 0);
      return true;
    });
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    expect(m.vmm_view(domain.id)).to.deep.equal([]);
    process.restore();
    m.end();
  });

  it('spins for ever, lock held, for a device that hangs', () => {
    const k = boot_machine();
    write_off(k);
    const m = new virtio_machine(k);
    const domain = m.domain(m.plug(1));
    m.v.vmm.stopped = true;
    expect(catch_oops(() => m.map(domain, 0x10000, RAM)).kind).to.equal('lockup');
    expect(k.context.irqs_disabled()).to.equal(true);
  });
});

describe('viommu_event_handler', () => {
  const { boot_machine } = leak_checked();

  it('logs what a device tried, in the interrupt', () => {
    const m = new virtio_machine(boot_machine());
    const [dev, bare] = [m.plug(7), m.add(8)];
    expect(m.map(m.domain(dev), 0x10000, RAM, PAGE_SIZE, IOMMU_WRITE)).to.equal(0);
    m.dma(dev).read(0x10010, new Uint8Array(1));
    m.dma(dev).write(0x10fff, new Uint8Array(2));
    m.dma(bare).write(0x5000, new Uint8Array(1));
    expect(errors(m)).to.deep.equal([
      'virtio0: page fault from EP 7 at 0x10010 [R]',
      'virtio0: page fault from EP 7 at 0x11000 [W]',
      'virtio0: domain fault from EP 8 at 0x5000 [W]',
    ]);
    expect(m.v.counters).to.include({ faults: 3, interrupts: 3 });
    m.end();
  });

  it('gives each buffer back, so that faults never end', () => {
    const m = new virtio_machine(boot_machine(), { queues: { size: 2 } });
    const dev = m.plug(1);
    for (let i = 0; i < 10; i++) m.dma(dev).read(i * PAGE_SIZE, new Uint8Array(1));
    expect(errors(m)).to.have.length(10);
    expect(m.v.vmm.lostFaults).to.equal(0);
    m.v.vmm.stopped = true;
    m.dma(dev).read(0, new Uint8Array(1));
    expect(m.v.vmm.lostFaults).to.equal(1);
    m.v.vmm.stopped = false;
    m.end();
  });
});
