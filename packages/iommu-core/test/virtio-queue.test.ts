// SPDX-License-Identifier: GPL-2.0-only
// Tests of the virtqueue: room, order, notifications, and what a device may reach of a buffer.

import { expect } from 'chai';
import { ENOSPC } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  Vfio,
  VirtioEvents,
  VirtioIommuDevice,
  Virtqueue,
  type VirtqueueOptions,
  Vmm,
  VmmDomains,
  virtio_buf,
  type virtqueue,
} from '@iommu-bounce/iommu-core';
import { virtio_machine } from './virtio-machine';

describe('Virtqueue', () => {
  const { boot_machine } = leak_checked();

  /** A device without a driver. */
  function new_device(events: VirtioEvents): VirtioIommuDevice {
    const k = boot_machine();
    const config = {
      pageSizeMask: 4096,
      inputRange: [0, 2 ** 32 - 1] as const,
      domainRange: [0, 9] as const,
      probeSize: 0,
      mmio: false,
    };
    const state = new VmmDomains(config, new Vfio(k.mm, k.faults, events));
    return new VirtioIommuDevice(k, new Vmm(state, k.faults, events), [], events);
  }

  function new_queue(options: VirtqueueOptions = {}, run = (_q: Virtqueue): boolean => false) {
    const events = new VirtioEvents();
    const told: number[] = [];
    const notify = (q: Virtqueue): void => void told.push(q.waiting());
    const queue = new Virtqueue(new_device(events), 3, null, notify, run, events, options);
    const add = (data = {}, out = 4, in_ = 4): number =>
      queue.virtqueue_add_sgs(new virtio_buf(8), out, in_, data, 0);
    return { queue, told, add, counters: events.counters };
  }

  it('has a size that is a power of two', () => {
    for (const size of [0, 3, -1, 0.5, 65536])
      expect(() => new_queue({ size })).to.throw(RangeError, 'size is');
  });

  it('is a lockup for a driver that waits for what it has not told the device', () => {
    const { queue, add } = new_queue({}, () => true);
    expect(add()).to.equal(0);
    const { kind, message } = catch_oops(() => {
      queue.cpu_relax();
    });
    expect([kind, message]).to.deep.equal([
      'lockup',
      'watchdog: LOCKUP: the device was not told of the request',
    ]);
    queue.virtqueue_kick();
    queue.cpu_relax();
  });

  it('gives buffers back in the order in which the device does, over many rounds', () => {
    const { queue, add } = new_queue({ size: 4 });
    for (let round = 0; round < 5; round++) {
      const data = [{}, {}, {}];
      for (const d of data) expect(add(d)).to.equal(0);
      const [a, b, c] = [queue.pop(), queue.pop(), queue.pop()];
      expect(queue.pop()).to.equal(null);
      expect(queue.virtqueue_get_buf()).to.equal(null);
      if (c && a && b) {
        queue.push(c, 3);
        queue.push(a, 1);
        queue.push(b, 2);
      }
      for (const [d, len] of [
        [data[2], 3],
        [data[0], 1],
        [data[1], 2],
      ] as const) {
        expect(queue.virtqueue_get_buf()).to.equal(d);
        expect(queue.len).to.equal(len);
      }
      expect(queue.num_free).to.equal(4);
    }
  });

  it('holds as many requests as descriptors if they are indirect, half as many if not', () => {
    for (const [indirectDesc, room] of [
      [true, 8],
      [false, 4],
    ] as const) {
      const { add, told } = new_queue({ size: 8, indirectDesc });
      for (let i = 0; i < room; i++) expect(add()).to.equal(0);
      expect(told).to.deep.equal([]);
      expect(add()).to.equal(-ENOSPC);
      expect(told, 'the device is told at once').to.deep.equal([room]);
      expect(add({}, 0, 8), 'nothing to read: it is not').to.equal(-ENOSPC);
      expect(told).to.have.length(1);
    }
  });

  it('tells a device what it has not heard of, or everything if it cannot know', () => {
    const quiet = new_queue();
    quiet.queue.virtqueue_kick();
    quiet.add();
    quiet.queue.virtqueue_kick();
    quiet.queue.virtqueue_kick();
    expect(quiet.told).to.deep.equal([1]);
    expect(quiet.counters).to.include({ kicks: 3, vmexits: 1 });
    const loud = new_queue({ eventIdx: false });
    loud.queue.virtqueue_kick();
    loud.queue.virtqueue_kick();
    expect(loud.counters).to.include({ kicks: 2, vmexits: 2 });
  });

  it('shows the device the bytes to read and to write, and no others', () => {
    const { queue } = new_queue();
    const buf = new virtio_buf(16);
    buf.bytes.set([1, 2, 3, 4, 5, 6, 7, 8]);
    queue.virtqueue_add_sgs(buf, 6, 5, buf, 0);
    const chain = queue.pop();
    if (!chain) throw new Error('no buffer');
    expect([chain.outLen, chain.inLen]).to.deep.equal([6, 5]);
    expect(chain.readU8(5)).to.equal(6);
    expect(() => chain.readU8(6)).to.throw('the device reaches for bytes 6..6 of 6');
    expect(() => chain.readable(4, 4)).to.throw(RangeError);
    chain.writeLe32(0, 0x04030201);
    chain.write(4, Uint8Array.of(9));
    expect(() => {
      chain.write(4, Uint8Array.of(1, 2));
    }).to.throw(RangeError);
    expect([...buf.bytes.slice(5, 12)]).to.deep.equal([6, 1, 2, 3, 4, 9, 0]);
    queue.push(chain, 5);
    queue.virtqueue_get_buf();
    expect(() => chain.readU8(0), 'given back').to.throw(RangeError);
  });

  it('lets a device that is slow get on, and dies of one that does not', () => {
    let left = 2;
    const { queue } = new_queue({}, () => left-- > 0);
    queue.cpu_relax();
    queue.cpu_relax();
    expect(
      catch_oops(() => {
        queue.cpu_relax();
      }).message,
    ).to.match(/does not answer/);
  });

  it('is found by its number once the driver has set it up', () => {
    const m = new virtio_machine(boot_machine());
    expect(m.v.device.queue(0)).to.equal(m.v.queue);
    m.v.remove();
    expect(() => m.v.device.queue(0)).to.throw('virtio0 has no queue 0');
  });

  it('is not looked at before the driver is ready', () => {
    const device = new_device(new VirtioEvents());
    const vqs: (virtqueue | null)[] = [];
    device.virtio_find_vqs(vqs, [null]);
    vqs[0]?.virtqueue_add_sgs(new virtio_buf(8), 4, 4, {}, 0);
    vqs[0]?.virtqueue_kick();
    expect(device.queue(0).waiting()).to.equal(1);
    device.virtio_device_ready();
    vqs[0]?.cpu_relax();
    expect(device.queue(0).waiting()).to.equal(0);
  });
});
