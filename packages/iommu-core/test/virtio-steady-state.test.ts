// SPDX-License-Identifier: GPL-2.0-only
// virtio-iommu over a long time: what is unmapped is gone, in the driver, the VMM and VFIO, and nothing piles up.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import {
  VIRTIO_IOMMU_T_ATTACH,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
} from '@iommu-bounce/iommu-core';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import { RAM, driver_view, virtio_machine } from './virtio-machine';

const LONG = process.env['TEST_LONG'] === '1';

/** Bytes that are really held, typed arrays included. */
function memory_in_use(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('map and unmap, again and again on virtio-iommu @long', () => {
  const { boot_machine } = leak_checked();

  const times = LONG ? 1_000_000 : 30_000;

  it('leave no mapping, no pinned page and no memory behind after many pairs', function () {
    this.timeout(LONG ? 120_000 : 20_000);
    const m = new virtio_machine(boot_machine());
    const dev = m.plug(1);
    const domain = m.domain(dev);
    const pairs = (n: number): void => {
      for (let i = 0; i < n; i++) {
        const iova = 2 ** 40 + (i % 977) * 0x3000;
        if (m.map(domain, iova, RAM + (i % 16) * PAGE_SIZE) !== 0) throw new Error('map');
        if (m.unmap(domain, iova) !== PAGE_SIZE) throw new Error('unmap');
      }
    };
    pairs(10_000); // compiles the code, and makes the objects that are used again
    m.v.counters.reset();
    const before = { usage: m.k.usage(), bytes: memory_in_use() };

    pairs(times);

    expect(m.k.usage()).to.deep.equal(before.usage);
    expect(driver_view(domain)).to.deep.equal([]);
    m.expect_agreement(domain, [dev]);
    expect(m.dma(dev).endpoint.container.entries()).to.equal(0);
    expect(m.v.vfio.pages.total).to.equal(0);
    const { requests, pins, unpins, refused, vmexits } = m.v.counters;
    expect({ pins, unpins, refused, vmexits }).to.deep.equal({
      pins: times,
      unpins: times,
      refused: 0,
      vmexits: 2 * times,
    });
    expect(requests[VIRTIO_IOMMU_T_MAP]).to.equal(times);
    expect(requests[VIRTIO_IOMMU_T_UNMAP]).to.equal(times);
    expect(requests[VIRTIO_IOMMU_T_ATTACH]).to.equal(0);
    // One object that stayed of each pair takes 16 bytes or more; the collector is exact to some 160 KiB.
    expect(memory_in_use() - before.bytes).to.be.below((LONG ? 128 : 384) * 1024);
    m.end();
  });
});
