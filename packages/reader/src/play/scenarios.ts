// SPDX-License-Identifier: GPL-2.0-only
// Ten prepared programs: each shows one thing that a pool does. Only the calls are written here; what they do, the port says.

import type { PlayProgram } from './calls';
import {
  NVME,
  NIC,
  TO_DEVICE,
  FROM_DEVICE,
  BOTH,
  KIB,
  machine,
  map,
  unmap,
  cpuWrite,
  cpuRead,
  deviceWrite,
  deviceRead,
  wait,
  list,
} from './scenario-calls';

export interface Scenario extends PlayProgram {
  /** For `--scenario` and links. */
  readonly name: string;
  readonly title: string;
  /** What to watch. */
  readonly about: string;
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'first-map',
    title: 'First map',
    about:
      'A driver maps a page that its device will fill. The pool has no buffer yet, so it takes an empty slot, gets a page for it and asks the IOMMU once. Watch the slot, the MAP request, and the copy at the unmap: the data arrive in the bounce page and reach the driver only then.',
    machine: machine(),
    calls: [
      cpuWrite(0, 4 * KIB, 'old. ', "The driver's page has some old content."),
      map(
        1,
        0,
        4 * KIB,
        FROM_DEVICE,
        'Slot 0 leaves the empty list, gets a page and is mapped: one MAP request. Nothing is copied, since the device only writes.',
      ),
      deviceWrite(
        1,
        4 * KIB,
        'disk ',
        "The device writes. The bytes are in the bounce page; the driver's page still has the old ones.",
      ),
      cpuRead(0, 20, 'A driver that reads too early sees the old content.'),
      unmap(
        1,
        'The bounce page is copied to the driver. The slot goes to the cache of WO buffers and stays mapped: no UNMAP request.',
      ),
      cpuRead(0, 20, 'Now the driver has the data.'),
      deviceWrite(
        1,
        4 * KIB,
        'late ',
        "The device can still write to the bounce page, but not to the driver's.",
      ),
      cpuRead(0, 20, 'The late write did not reach the driver.'),
    ],
  },
  {
    name: 'reuse',
    title: 'Reuse',
    about:
      'The pool pays when the same buffers are used again. Compare the requests with those of the machine without the pool: there, each map and each unmap leaves the guest. The buffer that came back last is taken first.',
    machine: machine(),
    calls: [
      map(1, 0, 4 * KIB, FROM_DEVICE, 'The first map asks the IOMMU on both machines.'),
      unmap(1, 'Only the machine without the pool asks to unmap.'),
      map(
        2,
        1,
        4 * KIB,
        FROM_DEVICE,
        'A hit: slot 0 is taken from the cache, no request. The page is another one, the buffer is the same.',
      ),
      map(3, 2, 4 * KIB, FROM_DEVICE, 'Slot 0 is in use, so an empty slot is filled: a request.'),
      unmap(2, 'Slot 0 goes to the front of the cache.'),
      unmap(3, 'Slot 1 goes in front of it: the cache is a stack.'),
      map(
        4,
        3,
        4 * KIB,
        FROM_DEVICE,
        'The slot that came back last is taken first: its page is the most likely one to be in the CPU cache.',
      ),
      unmap(4, 'Back to the front.'),
      map(5, 4, 512, FROM_DEVICE, 'A smaller mapping takes a buffer of the same class.'),
      unmap(5, 'All of it without a request. Compare the two counts.'),
    ],
  },
  {
    name: 'three-permissions',
    title: 'Three permissions',
    about:
      'A buffer stays mapped with the permission of its first use, so each class has three caches: RO, WO and RW. A buffer from one of them never serves a mapping that needs another. Watch from which list each slot comes, and what the device may do with it.',
    machine: machine(),
    calls: [
      cpuWrite(0, 4 * KIB, 'to the disk ', 'Data that the device will read.'),
      map(
        1,
        0,
        4 * KIB,
        TO_DEVICE,
        'DMA_TO_DEVICE: the device may read (RO). The data are copied to the bounce page at the map.',
      ),
      map(2, 1, 4 * KIB, FROM_DEVICE, 'DMA_FROM_DEVICE: the device may write (WO).'),
      map(3, 2, 4 * KIB, BOTH, 'DMA_BIDIRECTIONAL: both (RW); copied at the map and at the unmap.'),
      deviceRead(1, 24, 'Reading is what the first mapping allows.'),
      deviceWrite(1, 24, 'x', 'Writing there is a fault.'),
      unmap(1, 'Into the RO cache, without a copy: the device has written nothing.'),
      unmap(2, 'Into the WO cache.'),
      unmap(3, 'Into the RW cache.'),
      map(4, 3, 4 * KIB, TO_DEVICE, 'Only the RO buffer fits, although three are cached.'),
      map(
        5,
        4,
        4 * KIB,
        TO_DEVICE,
        'The RO cache is empty now: a new slot is filled, while WO and RW buffers stay unused.',
      ),
      unmap(4, 'Back into the RO cache.'),
      unmap(5, 'And the other one.'),
    ],
  },
  {
    name: 'class-sizes',
    title: 'Class sizes',
    about:
      'There are three classes: buffers of 4, 16 and 128 KiB. The pool takes the smallest class that holds the offset in the page and the bytes together. What is larger than the largest class is mapped without the pool. Watch which class a slot is of, and how much of it is wanted.',
    machine: machine(),
    calls: [
      map(
        1,
        0,
        512,
        FROM_DEVICE,
        '512 bytes take a buffer of 4 KiB: the device reaches eight times what it should.',
      ),
      map(2, 1, 4 * KIB, FROM_DEVICE, 'A whole page fits exactly.'),
      map(
        3,
        2,
        4 * KIB,
        FROM_DEVICE,
        'The same bytes from offset 0x200 on need 4,608: the class of 16 KiB.',
        { offset: 512 },
      ),
      map(
        4,
        4,
        16 * KIB,
        FROM_DEVICE,
        '16 KiB fill a buffer of the next class: four pages, one MAP request.',
      ),
      map(
        5,
        8,
        20 * KIB,
        FROM_DEVICE,
        '20 KiB take a buffer of 128 KiB: 32 pages of memory, mapped at once.',
      ),
      map(6, 32, 128 * KIB, FROM_DEVICE, '128 KiB fit exactly.'),
      map(
        7,
        64,
        132 * KIB,
        FROM_DEVICE,
        '132 KiB are too large for every class: the original pages are mapped, as without the pool.',
      ),
      unmap(7, 'This one is unmapped in the IOMMU.'),
      unmap(6, 'The others go to the caches of their classes.'),
      unmap(5, 'Its whole mapping is copied, 20 KiB, not the buffer.'),
      unmap(4, ''),
      unmap(3, ''),
      unmap(2, ''),
      unmap(1, 'Every buffer stays mapped.'),
    ],
  },
  {
    name: 'exhaustion',
    title: 'Exhaustion and fallback',
    about:
      'This pool has two slots in each class. When both are in use, the next mapping falls back to the path without the pool: the original page is mapped, and unmapped again. Nothing fails, but the fallback costs two requests each time. Watch the address: it lies outside the pool.',
    machine: machine({ params: 'io_buffer_pool.num_slots=2' }),
    calls: [
      map(1, 0, 4 * KIB, FROM_DEVICE, 'The first slot.'),
      map(2, 1, 4 * KIB, FROM_DEVICE, 'The second slot: the class has no more.'),
      map(
        3,
        2,
        4 * KIB,
        FROM_DEVICE,
        "No slot is left: the driver's own page is mapped. The device reaches it directly, nothing will be copied.",
      ),
      deviceWrite(3, 16, 'direct ', "The device writes straight into the driver's page."),
      unmap(3, 'Unmapped in the IOMMU: a request that the pool would have saved.'),
      map(4, 3, 4 * KIB, TO_DEVICE, 'Another permission does not help: the slots are all in use.'),
      unmap(4, 'The same two requests again.'),
      unmap(1, 'A slot comes back, as a WO buffer.'),
      map(
        5,
        4,
        4 * KIB,
        TO_DEVICE,
        'It does not fit: it is mapped for writing, and no slot is empty. A buffer that nobody uses blocks this mapping until it is evicted.',
      ),
      map(6, 5, 4 * KIB, FROM_DEVICE, 'A WO mapping takes it at once.'),
      unmap(6, ''),
      unmap(5, 'The fallback is unmapped.'),
      unmap(2, 'Both slots are cached.'),
    ],
  },
  {
    name: 'eviction',
    title: 'Eviction after 5 to 10 seconds',
    about:
      'Buffers that nobody uses are given back by a worker that runs about every 5 seconds. The first time it sees a buffer unused it marks it old, the second time it unmaps it and frees its pages. So a buffer stays mapped for 5 to 10 seconds after its last use, and the device can reach it that long.',
    machine: machine(),
    calls: [
      map(1, 0, 4 * KIB, FROM_DEVICE, 'Two buffers are filled.'),
      map(2, 1, 4 * KIB, FROM_DEVICE, ''),
      unmap(
        1,
        'The first buffer comes back to an empty cache: that arms the worker, for 5 seconds later.',
      ),
      unmap(2, 'The worker is armed already.'),
      wait(4000, 'Four seconds: nothing happens.'),
      map(3, 2, 4 * KIB, FROM_DEVICE, 'One of the two is used again.'),
      wait(1500, 'The worker has run: the buffer in the cache is old now. It is still mapped.'),
      unmap(3, 'The other one comes back and is young.'),
      deviceWrite(1, 8, 'late ', 'The device can still write to the old buffer.'),
      wait(
        5500,
        'The second run: the old buffer is unmapped, its slot is empty again. The young one is old now.',
      ),
      deviceWrite(1, 8, 'late ', 'It was the buffer of mapping 1: the device gets a fault.'),
      wait(
        5500,
        'The third run: the last buffer goes. The cache is empty, so the worker does not run again.',
      ),
      wait(6000, 'Nothing is armed, nothing happens.'),
    ],
  },
  {
    name: 'second-device',
    title: 'Second device',
    about:
      'A pool belongs to a domain, that is, to an IOMMU group. A second device in a group of its own gets a pool of its own, with the same addresses and other pages. A device in the group of the first shares its pool, and reaches what the first one does.',
    machine: machine(),
    calls: [
      cpuWrite(0, 4 * KIB, 'nvme data ', ''),
      map(1, 0, 4 * KIB, TO_DEVICE, 'The first device has a buffer.'),
      {
        call: 'plug',
        device: NIC,
        caption:
          'A second device, in a group of its own: another domain, another pool. All its slots are empty.',
      },
      cpuWrite(1, 4 * KIB, 'packet ', ''),
      map(
        2,
        1,
        4 * KIB,
        TO_DEVICE,
        'It takes slot 0 of its own pool: the same address, in another IOVA space.',
        { device: NIC.name },
      ),
      deviceRead(2, 21, 'It reads its own data there.'),
      {
        call: 'device_read',
        id: 1,
        device: NIC.name,
        offset: 0,
        length: 20,
        caption: "At the address of the first device's mapping it finds its own data.",
      },
      {
        call: 'plug',
        device: { name: 'nvme1', groupOf: NVME.name },
        caption: 'A third device, in the group of the first: the same domain and the same pool.',
      },
      {
        call: 'device_read',
        id: 1,
        device: 'nvme1',
        offset: 0,
        length: 20,
        caption: "It reaches the first device's buffer.",
      },
      unmap(1, 'The buffer of the first device is cached.'),
      map(3, 2, 4 * KIB, TO_DEVICE, 'The third device takes that very buffer.', {
        device: 'nvme1',
      }),
      unmap(3, ''),
      unmap(2, "The second device's buffer is in the second pool's cache."),
    ],
  },
  {
    name: 'untrusted-list',
    title: "An untrusted device's list",
    about:
      "The map of a list asks the pool first, the unmap of an untrusted device's list asks swiotlb first. So the slot is unmapped in the IOMMU, but it comes back to no list, and its pages are lost (findings 8 and 9). Its address is freed too, although it belongs to the pool. When that address is given out again, the pool takes the new mapping for its own, and the kernel dies.",
    machine: machine({
      devices: [{ name: 'usb4-nic', untrusted: true }],
      params: 'io_buffer_pool.num_slots=2',
      swiotlbSlabs: 1024,
    }),
    calls: [
      cpuWrite(0, 8 * KIB, 'packet ', 'Two pages of data.'),
      list(
        1,
        0,
        'A list of two parts takes one slot of 4 KiB: the pool is asked before swiotlb. Both parts are copied.',
      ),
      deviceRead(1, 14, 'The device reads the bounce page.'),
      unmap(
        1,
        "The unmap takes swiotlb's path: the page is unmapped in the IOMMU and its address is freed. The slot is in no list now: lost.",
      ),
      deviceRead(1, 14, 'At least the device cannot reach it.'),
      wait(12000, 'The eviction worker looks at the caches only: the lost slot stays lost.'),
      list(2, 2, 'The second slot.'),
      unmap(2, 'Lost as well: this class has no slot left.'),
      list(
        3,
        4,
        'Now swiotlb serves the list, and its parts get addresses that were freed: those of the lost slots. The pool finds its slot there, and copies through a list that is gone: a wild pointer.',
      ),
      unmap(3, 'The machine is dead. Without the pool it lives on.'),
    ],
  },
  {
    name: 'short-transfer',
    title: 'Short transfer',
    about:
      "A device may write less than was mapped. The unmap copies the whole mapping back all the same, with whatever the bounce page had before. Without the pool the rest of the driver's page would be as it was. Watch the driver's bytes after those that the device wrote.",
    machine: machine(),
    calls: [
      map(1, 0, 4 * KIB, FROM_DEVICE, 'Somebody reads a block first.'),
      deviceWrite(1, 4 * KIB, 'private! ', 'The device fills the whole bounce page.'),
      unmap(1, 'Copied back; the bounce page keeps its content.'),
      cpuWrite(
        1,
        4 * KIB,
        'mine ',
        'Another driver has data in its page, and expects a few bytes in front of them.',
      ),
      map(
        2,
        1,
        4 * KIB,
        FROM_DEVICE,
        'It maps the page and gets the same buffer. Nothing is copied at the map, since the device only writes.',
      ),
      deviceWrite(2, 10, 'ten bytes ', 'The device writes 10 bytes of 4,096.'),
      unmap(2, 'All 4,096 are copied back: the 10 new ones and 4,086 of the transfer before.'),
      cpuRead(1, 30, "The driver's own bytes are gone, and it has those of somebody else."),
    ],
  },
  {
    name: 'stale-contents',
    title: 'Stale contents',
    about:
      'A bounce page is not cleared when its slot changes hands. The device can read it after the unmap until it is evicted, and after the bytes of the next, shorter mapping. Without the pool the unmap ends the access at once. Watch what the device reads.',
    machine: machine(),
    calls: [
      cpuWrite(0, 4 * KIB, 'secret key ', 'A page that one device transfer needs.'),
      map(1, 0, 4 * KIB, TO_DEVICE, 'Copied to the bounce page, as it should be.'),
      deviceRead(1, 22, 'The device reads it: this is what the driver wants.'),
      unmap(1, 'The driver is done. The buffer stays mapped for reading.'),
      deviceRead(1, 22, 'The device reads the secret after the unmap.'),
      cpuWrite(
        1,
        64,
        'public. ',
        'The driver overwrites its own memory; the bounce page does not know.',
      ),
      map(
        2,
        1,
        64,
        TO_DEVICE,
        'A mapping of 64 bytes takes the same buffer: only 64 bytes are copied.',
      ),
      deviceRead(2, 64, 'The first 64 bytes are the new ones.'),
      deviceRead(2, 22, 'Behind them the device reads the old secret.', 64),
      unmap(2, ''),
      wait(5500, 'Marked old, and still mapped.'),
      deviceRead(1, 22, 'The secret can still be read.', 66),
      wait(5500, 'Evicted: the slot is empty.'),
      deviceRead(1, 22, 'Now the access is a fault.', 66),
    ],
  },
];

/** A list of two parts of 1 KiB, on two pages. */
