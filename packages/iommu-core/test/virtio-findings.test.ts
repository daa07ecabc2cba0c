// SPDX-License-Identifier: GPL-2.0-only
// Findings: what virtio-iommu's driver makes of answers that it does not expect.

import { expect } from 'chai';
import sinon from 'sinon';
import {
  EINVAL,
  U64_MAX,
  type device,
  list_for_each_entry,
  list_head,
  type machine,
} from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  type Chain,
  type iommu_resv_region,
  VIRTIO_IOMMU_PROBE_T_RESV_MEM,
  VIRTIO_IOMMU_RESV_MEM_T_RESERVED,
  VIRTIO_IOMMU_S_INVAL,
} from '@iommu-bounce/iommu-core';
import { RAM, driver_view, virtio_machine } from './virtio-machine';

const EOVERFLOW = 75;

describe('an answer of the device', () => {
  const { boot_machine } = leak_checked();

  /** Has the device hand its answers to `change`, which returns the used length. */
  function answers(m: virtio_machine, change: (chain: Chain, written: number) => number): void {
    const push = m.v.queue.push.bind(m.v.queue);
    sinon.stub(m.v.queue, 'push').callsFake((chain, written) => {
      push(chain, change(chain, written));
    });
  }

  it('finding: a refused map counts as mapped when the used length is not 4', () => {
    // 0: a device that drops requests; 40: one that counts the bytes it has read, too.
    for (const used of [0, 1, 3, 4, 5, 40]) {
      const m = new virtio_machine(boot_machine());
      const dev = m.plug(1);
      const domain = m.domain(dev);
      sinon.stub(m.v.vmm.state, 'map').returns(VIRTIO_IOMMU_S_INVAL);
      answers(m, () => used);
      const ret = m.map(domain, 0x10000, RAM);
      expect(ret, String(used)).to.equal(used === 4 ? -EINVAL : 0);
      expect(driver_view(domain)).to.have.length(used === 4 ? 0 : 1);
      expect(m.reaches(dev, 0x10000)).to.equal(false);
      m.end();
    }
  });

  function regions_of(m: virtio_machine, dev: device): [number, number][] {
    const list = new list_head<iommu_resv_region>();
    m.iommu.iommu_get_resv_regions(dev, list);
    const regions = [...list_for_each_entry(list)].map((r): [number, number] => [
      r.start,
      r.length,
    ]);
    m.iommu.iommu_put_resv_regions(dev, list);
    return regions;
  }

  /** Probes an endpoint with the given property bytes; the return value, the regions and what the log says. */
  function probe(
    k: machine,
    probeSize: number,
    bytes: readonly number[],
  ): { ret: number; regions: [number, number][]; log: string[] } {
    const m = new virtio_machine(k, { probeSize });
    answers(m, (chain, written) => {
      if (chain.inLen > 4) chain.write(0, Uint8Array.from(bytes));
      return written;
    });
    const dev = m.add(1);
    const ret = m.iommu.iommu_probe_device(dev);
    const regions = ret === 0 ? regions_of(m, dev) : [];
    const log = k.log.lines.filter(({ level }) => level === 'err').map(({ text }) => text);
    m.end();
    return { ret, regions, log };
  }

  /** The head of a RESV_MEM property that says `length` bytes follow. */
  const head = (length: number): number[] => [VIRTIO_IOMMU_PROBE_T_RESV_MEM, 0, length, 0];

  it('finding: a property is read before its length is checked: bytes that are not its own decide', () => {
    const failed = ['ep1: failed to parse viommu prop 0x1'];
    // 4 bytes, and nothing but zeros after: too short.
    expect(probe(boot_machine(), 64, head(0))).to.deep.include({ ret: -EINVAL, log: failed });
    // The same, and bytes after it that would be an end just below the start, if they belonged to it.
    const start = [...head(0), ...new Array<number>(4).fill(0), 1];
    expect(probe(boot_machine(), 64, start)).to.deep.include({ ret: -EOVERFLOW, log: failed });
  });

  it('finding: a reserved region that ends below its start is accepted', () => {
    for (const [start, last, length] of [
      [0x2000, 0x1fff, 0],
      [0x2000, 0x1ffe, U64_MAX],
      [0x2000, 0, U64_MAX - 0x1ffe],
      [0, U64_MAX, 0],
    ] as const) {
      const m = new virtio_machine(boot_machine());
      const dev = m.add(1, [{ start, last, subtype: VIRTIO_IOMMU_RESV_MEM_T_RESERVED }]);
      const ret = m.iommu.iommu_probe_device(dev);
      expect(ret, `${String(start)}..${String(last)}`).to.equal(length === 0 ? -EOVERFLOW : 0);
      if (ret === 0) expect(regions_of(m, dev)[0]).to.deep.equal([start, length]);
      m.end();
    }
  });

  it('finding: a property is read before its length is checked, and beyond the buffer', () => {
    // The device has room for 8 bytes of properties; the property says that it has 24.
    const { ret, regions } = probe(boot_machine(), 8, [...head(20), 0, 0, 0, 0]);
    expect(ret).to.equal(0);
    expect(regions[0]).to.deep.equal([0, 1]);
  });
});
