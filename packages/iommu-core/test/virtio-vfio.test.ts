// SPDX-License-Identifier: GPL-2.0-only
// Tests of VFIO's containers: what can be mapped and unmapped, what is pinned, the limit.

import { expect } from 'chai';
import { EEXIST, EFAULT, EINVAL, ENOMEM, ENOSPC, PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';
import { DMA_ENTRY_LIMIT, Vfio, VirtioEvents } from '@iommu-bounce/iommu-core';
import { RAM } from './virtio-machine';

const RW = 3;

describe('VfioContainer', () => {
  const { boot_machine } = leak_checked();

  function new_vfio(options = {}) {
    const k = boot_machine();
    const events = new VirtioEvents();
    const vfio = new Vfio(k.mm, k.faults, events, options);
    return { k, vfio, container: vfio.openContainer(), counters: events.counters };
  }

  it('pins page by page, and unpins what it unmaps', () => {
    const { vfio, container, counters } = new_vfio();
    expect(container.map(0x10000, RAM, 3 * PAGE_SIZE, RW)).to.equal(0);
    expect(container.map(0x20000, RAM, PAGE_SIZE, RW), 'a page twice').to.equal(0);
    expect(vfio.pages.total).to.equal(4);
    expect(container.unmap(0x10000, 3 * PAGE_SIZE)).to.equal(3 * PAGE_SIZE);
    expect(vfio.pages.isPinned(RAM / PAGE_SIZE), 'still pinned once').to.equal(true);
    expect(container.unmap(0x20000, PAGE_SIZE)).to.equal(PAGE_SIZE);
    expect(vfio.pages.isPinned(RAM / PAGE_SIZE)).to.equal(false);
    expect(counters).to.include({ pins: 4, unpins: 4, flushes: 2, mutexLocks: 4, ioctlMaps: 2 });
  });

  it('maps nothing over what is mapped', () => {
    const { container } = new_vfio();
    expect(container.map(0x10000, RAM, 2 * PAGE_SIZE, RW)).to.equal(0);
    for (const [iova, size] of [
      [0x10000, 0x1000],
      [0x11000, 0x1000],
      [0xf000, 0x8000],
    ] as const)
      expect(container.map(iova, RAM, size, RW)).to.equal(-EEXIST);
    expect(container.map(0x12000, RAM, 0x1000, RW)).to.equal(0);
    expect(container.map(0xf000, RAM, 0x1000, RW)).to.equal(0);
  });

  it('refuses what is no range of pages, has no permission, or is forbidden', () => {
    const { container } = new_vfio();
    container.forbid(0xfee00000, 0xfeefffff);
    for (const [iova, vaddr, size, flags] of [
      [0x800, RAM, 0x1000, RW],
      [0x1000, RAM + 4, 0x1000, RW],
      [0x1000, RAM, 0x800, RW],
      [0x1000, RAM, 0, RW],
      [0x1000, RAM, 0x1000, 0],
      [0xfee00000, RAM, 0x1000, RW],
      [0xfedff000, RAM, 0x2000, RW],
    ] as const)
      expect(container.map(iova, vaddr, size, flags)).to.equal(-EINVAL);
    for (const [iova, size] of [
      [0x800, 0x1000],
      [0x1000, 0x800],
      [0x1000, 0],
    ] as const)
      expect(container.unmap(iova, size)).to.equal(-EINVAL);
    expect(container.entries()).to.equal(0);
  });

  it('splits no mapping, takes several, and finds none without complaint', () => {
    const { vfio, container, counters } = new_vfio();
    for (const iova of [0x10000, 0x12000, 0x20000]) container.map(iova, RAM, 2 * PAGE_SIZE, RW);
    expect(container.unmap(0x11000, 0x1000)).to.equal(-EINVAL);
    expect(container.unmap(0x10000, 0x1000)).to.equal(-EINVAL);
    expect(container.unmap(0x10000, 0x3000)).to.equal(-EINVAL);
    expect(container.unmap(0xf000, 0x4000)).to.equal(-EINVAL);
    expect(vfio.pages.total).to.equal(6);
    expect(container.unmap(0x14000, 0x1000)).to.equal(0);
    expect(container.unmap(0x8000, 0x10000)).to.equal(4 * PAGE_SIZE);
    expect(vfio.pages.total).to.equal(2);
    expect(counters.flushes).to.equal(2);
  });

  it('maps as many ranges as the limit says, however small', function () {
    const { container, vfio } = new_vfio();
    for (let i = 0; i < DMA_ENTRY_LIMIT; i++)
      if (container.map(i * 0x2000, RAM, PAGE_SIZE, RW) !== 0) throw new Error(String(i));
    const beyond = DMA_ENTRY_LIMIT * 0x2000;
    expect(container.map(beyond, RAM, PAGE_SIZE, RW)).to.equal(-ENOSPC);
    expect(vfio.openContainer().map(beyond, RAM, PAGE_SIZE, RW), 'each has its own').to.equal(0);
    expect(container.unmap(0x2000, PAGE_SIZE)).to.equal(PAGE_SIZE);
    expect(container.map(beyond, RAM, PAGE_SIZE, RW)).to.equal(0);
    expect(container.dmaAvail).to.equal(0);
    vfio.closeContainer(container);
    expect(vfio.pages.total).to.equal(1);
  });

  it('unpins what it pinned when the host runs out of memory in between', () => {
    const { k, container, vfio, counters } = new_vfio();
    k.faults.fail('vfio_pin', 1, 2);
    expect(container.map(0x10000, RAM, 4 * PAGE_SIZE, RW)).to.equal(-ENOMEM);
    expect(vfio.pages.total).to.equal(0);
    expect(counters).to.include({ pins: 2, unpins: 2 });
    expect(container.dmaAvail).to.equal(DMA_ENTRY_LIMIT);
  });

  it('maps registers unpinned, and nothing that is half memory', () => {
    const { k, container, vfio } = new_vfio();
    const end = k.mm.max_pfn * PAGE_SIZE;
    expect(container.map(0x10000, end, PAGE_SIZE, RW)).to.equal(0);
    expect(container.map(0x20000, end - PAGE_SIZE, 2 * PAGE_SIZE, RW)).to.equal(-EFAULT);
    expect(vfio.pages.total).to.equal(0);
    expect(container.unmap(0x10000, PAGE_SIZE)).to.equal(PAGE_SIZE);
  });

  it('translates what it maps, for the permission that it has', () => {
    const { container } = new_vfio();
    container.map(0x10000, RAM, 2 * PAGE_SIZE, 1);
    expect(container.translate(0x11fff, 1)).to.equal(RAM + 0x1fff);
    for (const [iova, need] of [
      [0x11000, 2],
      [0x11000, 3],
      [0x12000, 1],
      [0xffff, 1],
    ] as const)
      expect(container.translate(iova, need)).to.equal(-1);
  });

  it('dies of an unpin too many', () => {
    const { vfio } = new_vfio();
    expect(
      catch_oops(() => {
        vfio.pages.unpin(16, 1);
      }).message,
    ).to.match(/16 is not pinned/);
  });

  it('dies of an ioctl within an ioctl: there is one mutex', () => {
    const k = boot_machine();
    const events = new VirtioEvents({ pin: () => void container.unmap(0, PAGE_SIZE) });
    const container = new Vfio(k.mm, k.faults, events).openContainer();
    expect(catch_oops(() => container.map(0, RAM, PAGE_SIZE, RW)).message).to.match(/within/);
  });

  it('dies of a page that it maps and that is not pinned', () => {
    const { vfio, container } = new_vfio();
    container.map(0x10000, RAM, PAGE_SIZE, RW);
    vfio.pages.unpin(RAM / PAGE_SIZE, 1);
    expect(catch_oops(() => container.translate(0x10000, 1)).message).to.match(/not pinned it/);
  });
});
