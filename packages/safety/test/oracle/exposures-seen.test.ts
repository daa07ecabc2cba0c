// SPDX-License-Identifier: GPL-2.0-only
// Each kind of exposure in a scenario where it is there, and one where it is not.

import { expect } from 'chai';
import type { BufferKind, Direction, Operation } from '@iommu-bounce/safety';
import { Seen, seen, start } from './scenario';

const PAGE = 4096;
const PAUSE: Operation = { op: 'idle', ns: 50e6 };

function map(
  id: number,
  buffer: BufferKind,
  bytes: number,
  direction: Direction,
  device = 0,
): Operation {
  return { op: 'map', id, device, buffer, bytes, direction };
}

function unmap(id: number): Operation {
  return { op: 'unmap', id };
}

/** One mapping that the device uses for a while and that is given back; then a pause. */
function once(buffer: BufferKind, bytes: number, direction: Direction, moved = bytes): Operation[] {
  return [
    map(1, buffer, bytes, direction),
    { op: 'transfer', id: 1, bytes: moved },
    PAUSE,
    unmap(1),
    PAUSE,
  ];
}

function reads({ row }: Seen): number {
  return row.columns.read_secrets.bytes;
}

describe('access outside a live mapping', () => {
  for (const preset of ['laptop-virtio', 'bare-metal-vtd'] as const) {
    it(`lasts under lazy on ${preset} until the flush timer: 10 ms, and a tick of 4 ms`, () => {
      const lazy = seen('lazy', once('disk', PAGE, 'from'), preset);
      const { bytes, byte_ns, longest_ns } = lazy.cell('write', 'stale', 'driver_data');
      expect(bytes).to.equal(PAGE);
      expect(longest_ns).to.be.within(8e6, 18e6);
      expect(byte_ns).to.be.closeTo(PAGE * longest_ns, 1);
      expect(lazy.row.columns.write_after_unmap.bytes).to.equal(PAGE);
    });

    it(`does not occur under strict on ${preset}`, () => {
      const strict = seen('strict', once('disk', PAGE, 'from'), preset);
      expect(strict.row.columns.write_harm.bytes).to.equal(0);
      expect(strict.row.columns.read_outside.bytes).to.equal(0);
    });
  }

  it('is what a device really reaches: its write after the unmap changes the bytes that the driver has', () => {
    for (const [policy, reaches] of [
      ['lazy', true],
      ['strict', false],
    ] as const) {
      const run = start(policy);
      run.run(once('disk', PAGE, 'from').slice(0, 2));
      const [domain] = run.domains;
      const { translate } = run.machine.recorded.domains[0]?.plugged ?? {};
      if (!domain || !translate) throw new Error('no domain');
      const [frame = 0] = [...domain.reach.frames()];
      const [page = 0] = domain.reach.addressesOf(frame);
      expect(translate(page * PAGE, true)).to.equal(frame * PAGE);
      run.step(unmap(1));
      expect(translate(page * PAGE, true), policy).to.equal(reaches ? frame * PAGE : -1);
      expect(domain.writes.now(), policy).to.equal(reaches ? PAGE : 0);
      run.finish();
    }
  });

  it('is all the time without an IOMMU', () => {
    const none = seen('none', once('disk', PAGE, 'from'));
    expect(none.row.columns.read_any.longest_ns).to.equal(none.row.virtual_ns);
    expect(none.row.columns.write_any.bytes).to.be.at.least(PAGE);
  });

  it('is a byte of a buffer that the kernel has used again for something else', () => {
    const again: Operation[] = [
      map(1, 'disk', PAGE, 'to'),
      unmap(1),
      // The same page, for another device.
      map(2, 'disk', PAGE, 'to', 1),
      PAUSE,
      unmap(2),
    ];
    expect(seen('lazy', again).bytes('read', 'stale', 'other_domain')).to.equal(PAGE);
    expect(seen('strict', again).bytes('read', 'stale', 'other_domain')).to.equal(0);
  });
});

describe('slack behind a short buffer', () => {
  const short = once('disk', 512, 'to');

  it("lies on the same page of the driver's memory under strict", () => {
    expect(seen('strict', short).bytes('read', 'page', 'private')).to.equal(PAGE - 512);
    expect(seen('pool', short).row.columns.read_page.bytes).to.equal(0);
  });

  it('lies in the same buffer of the pool, with old kernel memory in it unless that is cleared', () => {
    expect(seen('pool', short).bytes('read', 'slot', 'uninitialised')).to.equal(PAGE - 512);
    for (const fix of ['zero-slack', 'zero-fill']) {
      const fixed = seen(`pool+${fix}`, short);
      expect(fixed.bytes('read', 'slot', 'uninitialised'), fix).to.equal(0);
      expect(fixed.bytes('read', 'slot', 'nothing'), fix).to.equal(PAGE - 512);
    }
  });
});

describe('residue of an earlier mapping', () => {
  it('stays in a buffer of the pool for 5 to 11 seconds', () => {
    const pool = seen('pool', once('disk', PAGE, 'to'));
    const { bytes, longest_ns } = pool.cell('read', 'idle', 'residue');
    expect(bytes).to.equal(PAGE);
    expect(longest_ns).to.be.within(5e9, 11e9);
    expect(reads(seen('strict', once('disk', PAGE, 'to')))).to.equal(0);
  });

  it('lies behind the next, shorter mapping, unless the slack is cleared', () => {
    const two = [...once('disk', PAGE, 'to'), map(2, 'disk', 512, 'to'), PAUSE, unmap(2)];
    expect(seen('pool', two).bytes('read', 'slot', 'residue')).to.equal(PAGE - 512);
    expect(seen('pool+zero-slack', two).bytes('read', 'slot', 'residue')).to.equal(0);
  });
});

describe('uninitialised kernel memory', () => {
  it('shows in a buffer of the pool that has never been full', () => {
    const short = once('disk', 512, 'to');
    expect(seen('pool', short).row.columns.read_uninitialised.bytes).to.be.greaterThan(0);
    expect(seen('pool+zero-fill', short).row.columns.read_uninitialised.bytes).to.equal(0);
    expect(seen('strict', short).row.columns.read_uninitialised.bytes).to.equal(0);
  });
});

describe('kernel metadata on the same page', () => {
  const cases = [
    ['struct', 'driver_metadata', 1024 - 512],
    ['packet', 'os_metadata', 320],
    ['jumbo', 'os_metadata', 320],
    ['kmalloc', 'colocated', 4 * 512],
  ] as const;
  for (const [buffer, content, bytes] of cases)
    it(`is ${content} beside a buffer of kind ${buffer}: read and written under strict, out of reach under pool`, () => {
      const length = buffer === 'jumbo' ? 9000 : 512;
      for (const [access, direction] of [
        ['read', 'to'],
        ['write', 'from'],
      ] as const) {
        const steps = once(buffer, length, direction);
        expect(seen('strict', steps).bytes(access, 'page', content), access).to.equal(bytes);
        expect(seen('pool', steps).bytes(access, 'page', content), access).to.equal(0);
      }
      const { row } = seen('strict', once(buffer, length, 'from'));
      expect(row.attributes.callbacks.bytes).to.be.at.least(bytes);
      expect(row.attributes.window_ns).to.be.at.least(50e6);
    });
});

describe("another domain's data", () => {
  const neighbours: Operation[] = [
    map(1, 'kmalloc', 512, 'both', 0),
    map(2, 'kmalloc', 512, 'both', 1),
    PAUSE,
    unmap(1),
    unmap(2),
  ];

  it('lies on the same page as the buffer of a device', () => {
    const strict = seen('strict', neighbours);
    expect(strict.bytes('read', 'page', 'other_domain')).to.equal(2 * 512);
    expect(strict.bytes('write', 'page', 'other_domain')).to.equal(2 * 512);
    const pool = seen('pool', neighbours);
    expect(pool.row.columns.read_other_domain.bytes).to.equal(0);
    expect(pool.row.columns.write_other_domain.bytes).to.equal(0);
  });

  it('lies in the bounce buffers of all devices where no IOMMU is', () => {
    const steps = once('disk', PAGE, 'to');
    const force = seen('swiotlb-force', steps);
    expect(force.row.columns.read_other_domain.bytes).to.be.at.least(2 * PAGE);
  });
});

describe('stale bytes that reach the caller', () => {
  const short = once('disk', PAGE, 'from', 100);

  it('are those that the device did not write, where the pool copies its whole buffer back', () => {
    const { caller } = seen('pool', short).row;
    expect(caller.short_bytes).to.equal(PAGE - 100);
    expect(caller.changed_by_content).to.deep.equal([
      { content: 'uninitialised', bytes: PAGE - 100 },
    ]);
  });

  it('are none where the mapping copied towards the device first, or where nothing is copied', () => {
    for (const policy of ['pool+copy-in', 'strict', 'none', 'swiotlb-dynamic']) {
      const { caller } = seen(policy, short).row;
      expect(caller.short_bytes, policy).to.equal(PAGE - 100);
      expect(caller.changed_bytes, policy).to.equal(0);
    }
  });

  it('are none of a transfer that is complete', () => {
    const { caller } = seen('pool', once('disk', PAGE, 'from')).row;
    expect(caller.short_bytes).to.equal(0);
    expect(caller.changed_bytes).to.equal(0);
  });
});

describe('a write with the wrong permission', () => {
  it('changes what the device may only read, where nothing checks', () => {
    const steps = once('disk', PAGE, 'to');
    expect(seen('none', steps).bytes('write', 'direction', 'driver_data')).to.equal(PAGE);
    expect(seen('strict', steps).row.columns.write_read_only.bytes).to.equal(0);
    expect(seen('swiotlb-force', steps).row.columns.write_read_only.bytes).to.equal(0);
  });

  it('goes through a stale mapping of the same page that allowed it', () => {
    const again: Operation[] = [
      map(1, 'disk', PAGE, 'from'),
      unmap(1),
      map(2, 'disk', PAGE, 'to'),
      PAUSE,
      unmap(2),
    ];
    const bytes = (policy: string): number =>
      seen(policy, again, 'bare-metal-vtd').bytes('write', 'direction', 'driver_data');
    expect(bytes('lazy')).to.equal(PAGE);
    expect(bytes('strict')).to.equal(0);
  });

  it('ends on virtio-iommu with the next map: its request sends those that wait before it', () => {
    const next: Operation[] = [
      map(1, 'disk', PAGE, 'from'),
      unmap(1),
      map(2, 'disk', PAGE, 'to', 1),
      PAUSE,
    ];
    const { longest_ns } = seen('lazy', next).row.columns.write_after_unmap;
    expect(longest_ns).to.be.within(1, 1e6);
    expect(
      seen('lazy', next, 'bare-metal-vtd').row.columns.write_after_unmap.longest_ns,
    ).to.be.within(8e6, 18e6);
  });

  it('goes through the other mapping of a page that two buffers share', () => {
    const two: Operation[] = [
      map(1, 'packet', 1500, 'to', 1),
      map(2, 'packet', 1500, 'from', 1),
      PAUSE,
      unmap(1),
      PAUSE,
      unmap(2),
    ];
    const strict = seen('strict', two);
    // While it is mapped, and after its unmap: the other address stays.
    expect(strict.bytes('write', 'direction', 'driver_data')).to.equal(1500);
    expect(strict.bytes('write', 'page', 'driver_data')).to.equal(1500);
    expect(strict.row.sub_page?.multiple_iova.write.bytes).to.equal(1500);
    expect(seen('pool', two).row.sub_page?.multiple_iova.write.bytes).to.equal(0);
  });
});

describe('a change of data that the driver owns', () => {
  const look: Operation[] = [
    map(1, 'disk', PAGE, 'from'),
    { op: 'transfer', id: 1, bytes: PAGE },
    { op: 'sync_for_cpu', id: 1, offset: 1000, bytes: 96 },
    PAUSE,
    { op: 'sync_for_device', id: 1, offset: 1000, bytes: 96 },
    PAUSE,
    unmap(1),
  ];

  it("happens between the two syncs in the driver's own memory, to the bytes that were synced", () => {
    const { bytes, longest_ns } = seen('strict', look).cell('write', 'cpu', 'driver_data');
    expect(bytes).to.equal(96);
    expect(longest_ns).to.be.within(50e6, 51e6);
  });

  it('does not reach the driver through a bounce buffer that it hands back with a sync', () => {
    const pool = seen('pool', look);
    expect(pool.row.columns.write_during_cpu.bytes).to.equal(0);
    expect(pool.bytes('write', 'cpu', 'bounce')).to.equal(96);
  });

  const unmapped = look.filter(({ op }) => op !== 'sync_for_device');
  for (const policy of ['pool', 'pool+copy-in,zero-slack,zero-fill,scrub', 'swiotlb-force'])
    it(`reaches the driver under ${policy} when the unmap copies all of the buffer again`, () => {
      const { bytes, longest_ns, byte_ns } = seen(policy, unmapped).cell(
        ...(['write', 'cpu', 'driver_data'] as const),
      );
      expect(bytes).to.equal(96);
      expect(longest_ns).to.be.within(100e6, 101e6);
      expect(byte_ns).to.be.closeTo(96 * longest_ns, 1);
      expect(seen(policy, unmapped).bytes('write', 'cpu', 'bounce')).to.equal(0);
    });

  it('is as long in the buffer, from the sync to the unmap, as in place', () => {
    const of = (policy: string): number =>
      seen(policy, unmapped).row.columns.write_during_cpu.longest_ns;
    expect(of('pool')).to.be.closeTo(of('strict'), 1e5);
  });

  it('does not come of the unmap of another mapping', () => {
    const other = [...unmapped.slice(0, -1), map(2, 'disk', PAGE, 'from'), unmap(2), PAUSE];
    const pool = seen('pool', [
      ...other,
      { op: 'sync_for_device', id: 1, offset: 1000, bytes: 96 },
      unmap(1),
    ]);
    expect(pool.row.columns.write_during_cpu.bytes).to.equal(0);
  });
});

describe('swiotlb for untrusted devices', () => {
  it('leaves no secret beside a buffer, and none after the unmap', () => {
    const steps = [...once('disk', 512, 'to'), ...once('struct', 300, 'both')];
    const { row } = seen('swiotlb-untrusted', steps);
    expect(row.columns.read_secrets.bytes).to.equal(0);
    expect(row.columns.write_harm.bytes).to.equal(0);
    expect(row.columns.read_slot.bytes).to.be.greaterThan(0);
  });
});
