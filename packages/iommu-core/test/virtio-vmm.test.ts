// SPDX-License-Identifier: GPL-2.0-only
// Tests of the device's answers to requests written byte by byte, without the driver.

import { expect } from 'chai';
import { PAGE_SIZE, deref, type machine } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  type ResvRegion,
  VIRTIO_IOMMU_S_FAULT,
  VIRTIO_IOMMU_S_INVAL,
  VIRTIO_IOMMU_S_NOENT,
  VIRTIO_IOMMU_S_NOMEM,
  VIRTIO_IOMMU_S_OK,
  VIRTIO_IOMMU_S_RANGE,
  VIRTIO_IOMMU_S_UNSUPP,
  Vfio,
  VirtioEvents,
  VirtioIommuDevice,
  Vmm,
  type VmmConfig,
  VmmDomains,
  get_le64,
  get_le64_mask,
  put_le64,
  virtio_buf,
  virtio_iommu_c,
  type virtqueue,
} from '@iommu-bounce/iommu-core';
import { RAM } from './virtio-machine';

const [ATTACH, DETACH, MAP, UNMAP, PROBE] = [1, 2, 3, 4, 5] as const;
const READ = 1;

/** A device without a driver, spoken to in 32-bit words. */
class bare_device {
  readonly vfio: Vfio;
  readonly state: VmmDomains;
  private readonly queue: virtqueue;

  constructor(k: machine, config: Partial<VmmConfig> = {}, limit = 65535) {
    const events = new VirtioEvents();
    this.vfio = new Vfio(k.mm, k.faults, events, { dmaEntryLimit: limit });
    this.state = new VmmDomains(
      {
        pageSizeMask: 0x1000,
        inputRange: [0x1000, 2 ** 32 - 1],
        domainRange: [1, 5],
        probeSize: 64,
        mmio: false,
        ...config,
      },
      this.vfio,
    );
    const vmm = new Vmm(this.state, k.faults, events);
    const device = new VirtioIommuDevice(k, vmm, virtio_iommu_c.features, events);
    const vqs: (virtqueue | null)[] = [];
    device.virtio_find_vqs(vqs, [null, null]);
    device.virtio_device_ready();
    this.queue = deref(vqs[0]);
  }

  /** The device's part after `readable`: [bytes written, the part]. */
  raw(bytes: Uint8Array, readable: number): [number, Uint8Array] {
    const buf = new virtio_buf(bytes.length);
    buf.bytes.set(bytes);
    expect(this.queue.virtqueue_add_sgs(buf, readable, bytes.length - readable, buf, 0)).to.equal(
      0,
    );
    this.queue.virtqueue_kick();
    expect(this.queue.virtqueue_get_buf()).to.equal(buf);
    return [this.queue.len, buf.bytes.slice(readable)];
  }

  /** The status of a request of 32-bit words, to which the tail is added. */
  words(...words: number[]): number {
    const view = new DataView(new ArrayBuffer(words.length * 4 + 4));
    words.forEach((w, i) => {
      view.setUint32(i * 4, w, true);
    });
    view.setUint32(words.length * 4, 0xffffffff, true);
    const [written, answer] = this.raw(new Uint8Array(view.buffer), words.length * 4);
    expect(written).to.equal(4);
    expect([...answer.slice(1)], 'reserved').to.deep.equal([0, 0, 0]);
    return answer[0] ?? -1;
  }

  attach(domain: number, endpoint: number): number {
    return this.words(ATTACH, domain, endpoint, 0, 0);
  }

  detach(domain: number, endpoint: number): number {
    return this.words(DETACH, domain, endpoint, 0, 0);
  }

  map(domain: number, start: number, size: number, phys: number, flags = READ): number {
    return this.words(MAP, domain, start, 0, start + size - 1, 0, phys, 0, flags);
  }

  unmap(domain: number, start: number, size: number): number {
    return this.words(UNMAP, domain, start, 0, start + size - 1, 0, 0);
  }

  probe(endpoint: number, probe_size: number): [number, Uint8Array] {
    const request = new Uint8Array(72 + probe_size + 4).fill(0xee);
    request.set([PROBE, 0, 0, 0, endpoint, 0, 0, 0]);
    return this.raw(request, 72);
  }

  ranges(domain: number): number[][] {
    return [...deref(this.state.domains.get(domain)).mappings].map((m) => [m.start, m.last]);
  }
}

describe('le64', () => {
  it('is little-endian, and all ones on both sides', () => {
    const view = new DataView(new ArrayBuffer(8));
    put_le64(view, 0, 0x123456789abc);
    expect(view.getBigUint64(0, true)).to.equal(0x123456789abcn);
    expect(get_le64(view, 0)).to.equal(0x123456789abc);
    put_le64(view, 0, Number.MAX_SAFE_INTEGER);
    expect(view.getBigUint64(0, true)).to.equal(2n ** 64n - 1n);
    for (const all_ones of [2n ** 64n - 1n, 2n ** 63n, 2n ** 53n]) {
      view.setBigUint64(0, all_ones, true);
      expect(get_le64(view, 0)).to.equal(Number.MAX_SAFE_INTEGER);
    }
  });

  it('drops page sizes from 2^53 on', () => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, 2n ** 64n - 4096n, true);
    expect(get_le64_mask(view, 0)).to.equal(2 ** 53 - 4096);
  });
});

describe('Vmm', () => {
  const { boot_machine } = leak_checked();

  it('answers ATTACH and DETACH', () => {
    const d = new bare_device(boot_machine());
    d.state.addEndpoint(9);
    expect(() => d.state.addEndpoint(9)).to.throw('there is an endpoint 9 already');
    expect(d.attach(1, 8)).to.equal(VIRTIO_IOMMU_S_NOENT);
    expect(d.attach(0, 9)).to.equal(VIRTIO_IOMMU_S_RANGE);
    expect(d.attach(6, 9)).to.equal(VIRTIO_IOMMU_S_RANGE);
    expect(d.words(ATTACH, 1, 9, 0, 1), 'reserved bytes').to.equal(VIRTIO_IOMMU_S_INVAL);
    expect(d.attach(1, 9)).to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.attach(2, 9)).to.equal(VIRTIO_IOMMU_S_OK);
    expect([...d.state.domains.keys()]).to.deep.equal([2]);
    expect(d.detach(2, 8)).to.equal(VIRTIO_IOMMU_S_NOENT);
    expect(d.detach(1, 9)).to.equal(VIRTIO_IOMMU_S_INVAL);
    expect(d.words(DETACH, 2, 9, 1, 0), 'reserved bytes').to.equal(VIRTIO_IOMMU_S_INVAL);
    expect(d.detach(2, 9)).to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.state.domains.size).to.equal(0);
  });

  it('answers MAP', () => {
    const d = new bare_device(boot_machine(), {}, 2);
    d.state.addEndpoint(9);
    expect(d.map(1, 0x10000, 0x1000, RAM)).to.equal(VIRTIO_IOMMU_S_NOENT);
    d.attach(1, 9);
    expect(d.map(1, 0x10000, 0x2000, RAM)).to.equal(VIRTIO_IOMMU_S_OK);
    for (const [start, size] of [
      [0x10000, 0x1000],
      [0x11000, 0x1000],
      [0xf000, 0x4000],
    ] as const)
      expect(d.map(1, start, size, RAM), 'overlap').to.equal(VIRTIO_IOMMU_S_INVAL);
    for (const [start, size, phys] of [
      [0x0, 0x1000, RAM],
      [0x20800, 0x1000, RAM],
      [0x20000, 0x800, RAM],
      [0x20000, 0x1000, RAM + 8],
      [0x20000, -0x1000, RAM],
    ] as const)
      expect(d.map(1, start, size, phys), 'out of range').to.equal(VIRTIO_IOMMU_S_RANGE);
    expect(d.map(1, 0x20000, 0x1000, RAM, 8), 'unknown flag').to.equal(VIRTIO_IOMMU_S_INVAL);
    expect(d.map(1, 0x20000, 0x1000, RAM, 5), 'MMIO not offered').to.equal(VIRTIO_IOMMU_S_INVAL);
    expect(d.map(1, 0x20000, 0x1000, RAM, 0), 'no permission').to.equal(VIRTIO_IOMMU_S_INVAL);
    expect(d.map(1, 0x20000, 0x1000, 0xf0000000), 'no memory').to.equal(VIRTIO_IOMMU_S_FAULT);
    expect(d.map(1, 0x20000, 0x1000, RAM)).to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.map(1, 0x30000, 0x1000, RAM), 'VFIO is full').to.equal(VIRTIO_IOMMU_S_NOMEM);
    expect(d.ranges(1)).to.deep.equal([
      [0x10000, 0x11fff],
      [0x20000, 0x20fff],
    ]);
  });

  it('knows half memory, half nothing as a fault, MMIO or not', () => {
    const k = boot_machine();
    const d = new bare_device(k, { mmio: true });
    d.state.addEndpoint(9);
    d.attach(1, 9);
    const end = (k.mm.max_pfn - 1) * PAGE_SIZE;
    for (const flags of [READ, READ | 4])
      expect(d.map(1, 0x10000, 0x2000, end, flags)).to.equal(VIRTIO_IOMMU_S_FAULT);
    expect(d.vfio.pages.total).to.equal(0);
  });

  it('answers UNMAP: whole mappings, or nothing at all', () => {
    const d = new bare_device(boot_machine());
    d.state.addEndpoint(9);
    expect(d.unmap(1, 0x10000, 0x1000)).to.equal(VIRTIO_IOMMU_S_NOENT);
    d.attach(1, 9);
    for (const start of [0x10000, 0x12000, 0x18000]) d.map(1, start, 0x2000, RAM);
    expect(d.unmap(1, 0x11000, 0x3000)).to.equal(VIRTIO_IOMMU_S_RANGE);
    expect(d.unmap(1, 0x10000, 0x3000)).to.equal(VIRTIO_IOMMU_S_RANGE);
    expect(d.unmap(1, 0x10000, -1)).to.equal(VIRTIO_IOMMU_S_RANGE);
    expect(d.ranges(1)).to.have.length(3);
    expect(d.unmap(1, 0x14000, 0x1000), 'nothing there').to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.unmap(1, 0x20000, 0x1000), 'nothing beyond').to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.unmap(1, 0x8000, 0xc000), 'with holes').to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.ranges(1)).to.deep.equal([[0x18000, 0x19fff]]);
    expect(d.words(UNMAP, 1, 0, 0, 0xffffffff, 0xffffffff, 0), 'everything').to.equal(0);
    expect(d.vfio.pages.total).to.equal(0);
  });

  it('answers PROBE with the regions, or that they do not fit', () => {
    const d = new bare_device(boot_machine());
    const regions: ResvRegion[] = [
      { start: 0xfee00000, last: 0xfeefffff, subtype: 1 },
      { start: 2 ** 40, last: Number.MAX_SAFE_INTEGER, subtype: 0 },
    ];
    d.state.addEndpoint(9, regions);
    d.state.addEndpoint(10, [...regions, ...regions]);
    const [written, answer] = d.probe(9, 64);
    expect(written).to.equal(68);
    const expected = new Uint8Array(68);
    expected.set([1, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0xe0, 0xfe, 0, 0, 0, 0, 0xff, 0xff, 0xef, 0xfe]);
    expected.set([1, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 24);
    expected.fill(0xff, 40, 48);
    expect(answer).to.deep.equal(expected);
    expect(d.probe(10, 64)[1].at(-4)).to.equal(VIRTIO_IOMMU_S_INVAL);
    expect(d.probe(77, 64)[1].at(-4)).to.equal(VIRTIO_IOMMU_S_NOENT);
    expect(d.probe(9, 32)[1].at(-4), 'wrong length').to.equal(VIRTIO_IOMMU_S_INVAL);
    const without = new bare_device(boot_machine(), { probeSize: 0 });
    expect(without.probe(9, 0)[1].at(-4)).to.equal(VIRTIO_IOMMU_S_UNSUPP);
  });

  it('refuses what it does not know, and leaves alone what is no request', () => {
    const k = boot_machine();
    const d = new bare_device(k);
    for (const type of [0, 6, 255]) expect(d.words(type, 1)).to.equal(VIRTIO_IOMMU_S_UNSUPP);
    for (const type of [ATTACH, DETACH, MAP, UNMAP])
      expect(d.words(type, 1), 'too short').to.equal(VIRTIO_IOMMU_S_INVAL);
    const [written, rest] = d.raw(new Uint8Array(6).fill(7), 3);
    expect([written, ...rest]).to.deep.equal([0, 7, 7, 7]);
    k.faults.fail('vmm_nomem', 1);
    expect(d.attach(1, 9)).to.equal(VIRTIO_IOMMU_S_NOMEM);
  });

  it('undoes what it did for the first endpoints of a domain when a later one fails', () => {
    const k = boot_machine();
    const d = new bare_device(k);
    for (const id of [7, 8]) {
      d.state.addEndpoint(id);
      d.attach(1, id);
    }
    k.faults.fail('vfio_pin', 1, 1);
    expect(d.map(1, 0x10000, 0x1000, RAM)).to.equal(VIRTIO_IOMMU_S_NOMEM);
    expect(d.vfio.pages.total).to.equal(0);
    expect(d.map(1, 0x10000, 0x1000, RAM)).to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.map(1, 0x20000, 0x1000, RAM)).to.equal(VIRTIO_IOMMU_S_OK);

    d.state.addEndpoint(9);
    k.faults.fail('vfio_pin', 1, 1);
    expect(d.attach(1, 9), 'half of the mappings').to.equal(VIRTIO_IOMMU_S_NOMEM);
    expect(d.vfio.pages.total).to.equal(4);
    expect(d.attach(1, 9)).to.equal(VIRTIO_IOMMU_S_OK);
    expect(d.vfio.pages.total).to.equal(6);
    d.state.removeEndpoint(9);
    d.state.removeEndpoint(9);
    expect(d.vfio.pages.total).to.equal(4);
    expect(d.vfio.containers.size).to.equal(2);
    d.state.reset();
    expect(d.vfio.pages.total).to.equal(0);
    expect(d.state.domains.size).to.equal(0);
  });
});
