// SPDX-License-Identifier: GPL-2.0-only
// Tests of what decides a device's default domain and how strictly that is flushed.

import { expect } from 'chai';
import { ENODEV, type machine, bus_type } from '@iommu-bounce/linux-shim';
import { leak_checked, new_device, new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_BLOCKED,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_IDENTITY,
  IOMMU_DOMAIN_UNMANAGED,
  iommu_c,
  iommu_domain,
  type iommu_params,
} from '@iommu-bounce/iommu-core';
import { group_of, spied_ops } from './new-iommu';

describe('the default domain', () => {
  const { boot_machine } = leak_checked();

  interface wishes extends iommu_params {
    /** What the driver says of each device. */
    readonly def_domain_type?: number;
    /** Types that the driver has no domain for. */
    readonly lacks?: readonly number[];
  }

  /** Types asked for and the type got, for a PCI device. */
  function types_of(k: machine, untrusted: boolean, wish: wishes) {
    const { passthrough } = wish;
    const iommu = new iommu_c(k, passthrough === undefined ? {} : { passthrough });
    const asked: number[] = [];
    const bus = new bus_type('pci');
    bus.iommu_ops = {
      ...spied_ops(4096),
      domain_alloc: (type: number) => {
        asked.push(type);
        return wish.lacks?.includes(type) ? null : new iommu_domain();
      },
      probe_device: () => 0,
      device_group: () => iommu.iommu_group_alloc(),
      ...(wish.def_domain_type === undefined
        ? {}
        : { def_domain_type: () => wish.def_domain_type ?? 0 }),
    };
    const dev = new_pci_dev({ bus, untrusted });
    expect(iommu.iommu_probe_device(dev)).to.equal(0);
    const got = iommu.iommu_group_default_domain(group_of(dev))?.type ?? null;
    iommu.iommu_release_device(dev);
    return { asked, got };
  }

  const IDENTITY = IOMMU_DOMAIN_IDENTITY;
  const DMA = IOMMU_DOMAIN_DMA;
  for (const [what, untrusted, wish, type] of [
    ['translated', false, {}, DMA],
    ['identity with iommu.passthrough=1', false, { passthrough: true }, IDENTITY],
    ['translated with iommu.passthrough=0', false, { passthrough: false }, DMA],
    ['what the driver needs', false, { def_domain_type: IDENTITY }, IDENTITY],
    [
      'what the driver needs, even against passthrough',
      false,
      { def_domain_type: DMA, passthrough: true },
      DMA,
    ],
    ['the system’s when the driver does not care', false, { def_domain_type: 0 }, DMA],
    ['translated for an untrusted device with passthrough', true, { passthrough: true }, DMA],
    [
      'translated for an untrusted device whatever the driver needs',
      true,
      { def_domain_type: IDENTITY },
      DMA,
    ],
  ] as const)
    it(`is ${what}`, () => {
      expect(types_of(boot_machine(), untrusted, wish)).to.deep.equal({ asked: [type], got: type });
    });

  it('is a translated one when the driver has none of the wanted type, and the log says so', () => {
    const k = boot_machine();
    const wish = { passthrough: true, lacks: [IDENTITY] };
    expect(types_of(k, false, wish)).to.deep.equal({ asked: [IDENTITY, DMA], got: DMA });
    expect(k.log.lines.map((l) => l.text)).to.include(
      'iommu: Failed to allocate default IOMMU domain of type 4 for group (null) - Falling back to IOMMU_DOMAIN_DMA',
    );
  });

  it('is none when the driver has none at all', () => {
    const k = boot_machine();
    expect(types_of(k, false, { lacks: [DMA] })).to.deep.equal({ asked: [DMA], got: null });
    const wish = { passthrough: true, lacks: [IDENTITY, DMA] };
    expect(types_of(k, false, wish)).to.deep.equal({ asked: [IDENTITY, DMA], got: null });
    expect(k.log.lines.filter((l) => l.level === 'warn')).to.deep.equal([]);
  });
});

describe('iommu_domain_alloc', () => {
  const { boot_machine } = leak_checked();

  it('gives an unmanaged domain with all page sizes of the driver', () => {
    const iommu = new iommu_c(boot_machine());
    const bus = new bus_type('platform');
    const ops = spied_ops(0x1000 + 0x200000);
    bus.iommu_ops = ops;
    const domain = iommu.iommu_domain_alloc(bus) ?? expect.fail();
    expect(domain.type).to.equal(IOMMU_DOMAIN_UNMANAGED);
    expect(domain.ops).to.equal(ops);
    expect(domain.pgsize_bitmap).to.equal(0x201000);
    iommu.iommu_domain_free(domain);
    expect(ops.domain_free.args).to.deep.equal([[domain]]);
  });

  it('gives null without a bus or a driver, or when the driver has none', () => {
    const iommu = new iommu_c(boot_machine());
    const bus = new bus_type('platform');
    expect([iommu.iommu_domain_alloc(null), iommu.iommu_domain_alloc(bus)]).to.deep.equal([
      null,
      null,
    ]);
    bus.iommu_ops = { ...spied_ops(4096), domain_alloc: () => null };
    expect(iommu.iommu_domain_alloc(bus)).to.equal(null);
    expect(iommu.iommu_probe_device(new_device())).to.equal(-ENODEV);
  });
});

describe('strictness', () => {
  const { boot_machine } = leak_checked();

  const strict = (params: iommu_params, ...requests: boolean[]): boolean => {
    const iommu = new iommu_c(boot_machine(), params);
    for (const r of requests) iommu.iommu_set_dma_strict(r);
    const domain = new iommu_domain();
    domain.type = IOMMU_DOMAIN_DMA;
    return iommu.iommu_get_dma_strict(domain);
  };

  it('is the default, until a driver asks to relax', () => {
    expect([strict({}), strict({}, false), strict({}, false, true)]).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('of the command line cannot be relaxed by a driver, only tightened', () => {
    expect([strict({ strict: true }, false), strict({ strict: false })]).to.deep.equal([
      true,
      false,
    ]);
    expect(strict({ strict: false }, true)).to.equal(true);
    expect(strict({ strict: false }, true, false)).to.equal(true);
  });

  it('is not for domains outside the DMA API to choose', () => {
    const iommu = new iommu_c(boot_machine(), { strict: false });
    const domain = new iommu_domain();
    for (const type of [IOMMU_DOMAIN_BLOCKED, IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_UNMANAGED]) {
      domain.type = type;
      expect(iommu.iommu_get_dma_strict(domain)).to.equal(true);
    }
  });
});

describe('iommu_default_passthrough', () => {
  const { boot_machine } = leak_checked();

  it('tells what the command line chose', () => {
    const k = boot_machine();
    const passthrough = [{}, { passthrough: false }, { passthrough: true }].map((params) =>
      new iommu_c(k, params).iommu_default_passthrough(),
    );
    expect(passthrough).to.deep.equal([false, false, true]);
  });
});
