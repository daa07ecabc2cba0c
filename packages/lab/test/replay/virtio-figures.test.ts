// SPDX-License-Identifier: GPL-2.0-only
// What a replay counts at virtio-iommu's device and behind it.

import { expect } from 'chai';
import type { ReplayDocument } from '../../src/compare';
import type { LaneCounts } from '../../src/drive/lane-figures';
import type { VirtioCounts } from '../../src/drive/virtio-counts';
import { tables } from '../../src/tables/replay';
import { TraceWriter, describeOnEach, replayText } from './helpers';
import { ModelMachine } from './model-machine';

const LONG = process.env['TEST_LONG'] === '1';
const DMA = 0xfff00000;
const [ONE, TWO] = ['0000:01:00.0', '0000:02:00.0'];
/** The three pages of 64 KiB aligned memory need two requests, 4 and 8 KiB. */
const TEXT = new TraceWriter()
  .mapPage(DMA, 0x1000, 4096, ONE)
  .mapPage(DMA, 0x10000, 12288, TWO)
  .unmapPage(DMA, 12288, TWO)
  .unmapPage(DMA, 4096, ONE).text;

function virtioOf(counts: LaneCounts | undefined): VirtioCounts {
  if (!counts?.virtio) throw new Error('no figures of virtio-iommu');
  return counts.virtio;
}

function inGroups(...groups: readonly string[]): object {
  return {
    iommu: 'virtio-iommu',
    iommu_groups: groups
      .map((devices, i) => `/sys/kernel/iommu_groups/${String(i)} type=DMA ${devices}`)
      .join('\n'),
  };
}

describe('the figures of virtio-iommu', function () {
  this.timeout(60_000);

  it('say what each device cost: requests, kicks, exits, ioctls, pages', async () => {
    const { states, driver } = await replayText(TEXT);
    expect(driver).to.equal('virtio');
    const [one, two] = states[0]?.devices ?? [];
    expect(virtioOf(one)).to.deep.equal({
      map_requests: 1,
      unmap_requests: 1,
      refused_requests: 0,
      kicks: 2,
      vmexits: 2,
      ioctl_maps: 1,
      ioctl_unmaps: 1,
      pins: 1,
      unpins: 1,
      peak_pinned_pages: 1,
      peak_mappings: 1,
    });
    // Two requests to map, each waited for; the two to unmap are waited for together.
    expect(virtioOf(two)).to.deep.equal({
      map_requests: 2,
      unmap_requests: 2,
      refused_requests: 0,
      kicks: 3,
      vmexits: 3,
      ioctl_maps: 2,
      ioctl_unmaps: 2,
      pins: 3,
      unpins: 3,
      peak_pinned_pages: 3,
      peak_mappings: 2,
    });
    expect(virtioOf(states[0])).to.include({ map_requests: 3, pins: 4, peak_pinned_pages: 4 });
    // A page and a buffer of 16 KiB, which the pool keeps.
    expect(virtioOf(states[1])).to.include({
      map_requests: 2,
      unmap_requests: 0,
      pins: 5,
      unpins: 0,
      peak_pinned_pages: 5,
    });
  });

  it('are null on the table, and have no rows there', async () => {
    const document = await replayText(TEXT, { driver: 'table' });
    expect(document.driver).to.equal('table');
    for (const state of document.states)
      for (const counts of [state, ...state.devices]) expect(counts.virtio).to.equal(null);
    expect(tables(document)).not.to.match(/virtio|VFIO/);
    expect(tables(await replayText(TEXT))).to.match(
      /virtio-iommu: MAP requests +│ +2 │ +1 │ +-50\.0 %/,
    );
  });

  it('have no pages for registers', async () => {
    const { states } = await replayText(
      new TraceWriter()
        .iommuMap(DMA, 0xfe000000, 0x1000)
        .line(
          'dma_map_resource: 0000:00:05.0 dir=BIDIRECTIONAL dma_addr=fff00004 size=4 phys_addr=fe000004 attrs=',
        ).text,
    );
    for (const state of states)
      expect(virtioOf(state)).to.include({ map_requests: 1, ioctl_maps: 1, pins: 0 });
  });

  it('count a page once for each device of a group', async () => {
    const apart = await replayText(TEXT, { facts: inGroups(ONE, TWO) });
    const together = await replayText(TEXT, { facts: inGroups(`${ONE} ${TWO}`) });
    const plain = (document: ReplayDocument): VirtioCounts => virtioOf(document.states[0]);
    expect(plain(apart)).to.include({ map_requests: 3, ioctl_maps: 3, pins: 4, unpins: 4 });
    expect(plain(together)).to.include({ map_requests: 3, ioctl_maps: 6, pins: 8, unpins: 8 });
  });

  it('begin with what is pinned already where pools were in use before the recording', async () => {
    const options = { numSlots: 8, classes: [4096], depth: 8 };
    const machine = new ModelMachine({ seed: 5, ...options, bursts: [{ calls: 400, idleMs: 1 }] });
    const params = 'io_buffer_pool.num_slots=8 io_buffer_pool.class_sizes=1';
    const { states, pool_agreement: pool } = await replayText(machine.run().text(900), { params });
    expect(pool?.in_use_before).to.have.length(1);
    const { pins, unpins, peak_pinned_pages: peak } = virtioOf(states[1]);
    expect(peak).to.be.at.least(pool?.in_use_before[0]?.slots_in_use ?? Infinity);
    expect(peak).to.be.above(pins - unpins);
  });

  it('have one kick for many unmaps where they are flushed lazily, by the driver of v6.8', async () => {
    const trace = new TraceWriter();
    for (let i = 0; i < 100; i++) trace.mapPage(DMA, 0x1000).unmapPage(DMA);
    const at = async (params: string): Promise<ReplayDocument> =>
      replayText(trace.text, { params });
    const strict = await at('iommu.strict=1');
    expect(virtioOf(strict.states[0])).to.include({ unmap_requests: 100, vmexits: 200 });
    expect(strict.notes.join()).not.to.include('v6.8');
    const lazy = await at('iommu.strict=0');
    expect(virtioOf(lazy.states[0]).vmexits).to.be.below(110);
    expect(lazy.notes.join()).to.include('deferred_flush_6_8');
  });

  if (LONG)
    it('know no limit of VFIO, and say where it would have been @long', async () => {
      const trace = new TraceWriter();
      for (let i = 0; i < 65_540; i++) trace.mapPage(DMA + i * 4096, 0x1000 + i * 8192);
      const { states, notes } = await replayText(trace.text, { patches: [0] });
      expect(virtioOf(states[0])).to.include({ peak_mappings: 65_540, refused_requests: 0 });
      expect(notes.join()).to.match(/65540 mappings at once.*65535/);
    });

  it('come with a note where the recorded IOMMU was another, and where passthrough is not', async () => {
    const facts = { iommu: 'intel-iommu (emulated VT-d)' };
    const says = async (options: object, what: string): Promise<boolean> =>
      (await replayText(TEXT, options)).notes.some((note) => note.includes(what));
    expect(await says({ facts, driver: 'virtio' }, 'had intel-iommu (emulated VT-d)')).to.equal(
      true,
    );
    expect(await says({ facts }, 'had intel')).to.equal(false);
    expect(await says({ facts, driver: 'table' }, 'intel')).to.equal(false);
    expect(await says({ facts: { iommu: 'virtio-iommu' } }, 'recorded machine had')).to.equal(
      false,
    );
    const params = 'iommu.passthrough=1';
    expect(await says({ params }, 'no identity domains')).to.equal(true);
    expect(await says({ params, driver: 'table' }, 'identity')).to.equal(false);
  });
});

describeOnEach('recorded groups', ({ replayText: replay }) => {
  it('share a domain, and one pool', async () => {
    const together = await replay(TEXT, { facts: inGroups(`${ONE} ${TWO}`) });
    // Whatever either does is told of the first.
    const [one, two] = together.states[0]?.devices ?? [];
    expect([one?.iommu_maps, two?.iommu_maps]).to.deep.equal([2, 0]);
    expect([one?.map_calls, two?.map_calls]).to.deep.equal([1, 1]);
    const apart = await replay(TEXT, { facts: inGroups(ONE, TWO) });
    expect(apart.states[0]?.devices.map((device) => device.iommu_maps)).to.deep.equal([1, 1]);
    for (const { agreement } of [together, apart]) expect(agreement.mappings_equal).to.equal(2);
  });
});
