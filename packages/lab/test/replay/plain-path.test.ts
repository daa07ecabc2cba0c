// SPDX-License-Identifier: GPL-2.0-only
// Traces of an unmodified kernel, written here: pairing, driving, and what a comparison finds.

import { expect } from 'chai';
import { agrees } from '../../src/compare';
import { TraceWriter, describeOnEach } from './helpers';

const DMA = 0xfff00000;

describeOnEach('a trace of an unmodified kernel', ({ driver, replayText }) => {
  it('is driven call by call, and agrees with its events', async () => {
    const entries = [
      [0x5000, 0x1000],
      [0x6000, 0x2000],
      [0x20000, 0x1000],
    ] as const;
    const trace = new TraceWriter()
      .mapPage(DMA, 0x1234000)
      .mapPage(DMA + 0x2e00, 0x99e00, 1536)
      .mapSg(0xffe00000, entries)
      .unmapPage(DMA)
      .unmapSg(0xffe00000, entries)
      .unmapPage(DMA + 0x2e00, 1536);
    const { trace: counts, recorded, agreement, states } = await replayText(trace.text);
    expect(counts).to.include({
      events: 13,
      unparsed: 0,
      dropped: 0,
      unpaired_unmaps: 0,
      never_unmapped: 0,
    });
    expect(recorded).to.include({
      iommu_maps: 4,
      iommu_unmaps: 3,
      iommu_maps_without_call: 0,
      iommu_unmaps_without_call: 0,
    });
    expect(agreement).to.include({
      mappings_recorded: 3,
      mappings_compared: 3,
      mappings_equal: 3,
    });
    expect(agreement.unmaps).to.deep.equal({ compared: 3, equal: 3 });
    expect(agreement.dependent.interior_lengths).to.deep.equal({ compared: 1, equal: 1 });
    const [before, after] = states;
    expect(before).to.include({ patches: 0, iommu_maps: 4, iommu_unmaps: 3, copied_bytes: 0 });
    // Three fills: one per class and permission. The page and the 1536 bytes at 0xe00 share a class, not a time.
    expect(after).to.include({ patches: 4, iommu_maps: 3, iommu_unmaps: 0, pool_hits: 0 });
    expect(after).to.include({ pool_fills: 3, fallbacks: 0, copied_bytes: 4096 + 1536 + 16384 });
    expect(after?.peak_bounce_bytes).to.equal(4096 + 2 * 16384);
  });

  it('keeps the calls of an interrupt apart from those of the task below it', async () => {
    const trace = new TraceWriter().mapPage(DMA, 0x1000);
    trace
      .iommuMap(DMA + 0x1000, 0x2000, 4096)
      .in('fio-77', 'd.h1.')
      .unmapPage(DMA)
      .in('fio-77')
      .line(
        `dma_map_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=${(DMA + 0x1000).toString(16)} size=4096 phys_addr=2000 attrs=`,
      );
    const { agreement } = await replayText(trace.text);
    expect(agreement.mappings_equal).to.equal(2);
    expect(agreement.unmaps).to.deep.equal({ compared: 1, equal: 1 });
  });

  it('tells lists of the same memory apart by their unmap', async () => {
    const entries = [
      [0x5000, 0x1000],
      [0x9000, 0x1000],
    ] as const;
    const trace = new TraceWriter()
      .mapSg(0xffe00000, entries)
      .mapSg(0xffd00000, entries)
      .unmapSg(0xffd00000, entries)
      .unmapSg(0xffe00000, entries);
    const { agreement, trace: counts } = await replayText(trace.text);
    expect(counts.never_unmapped).to.equal(0);
    expect(agreement.unmaps).to.deep.equal({ compared: 2, equal: 2 });
  });

  it('counts unmaps without a map, and mappings without an unmap', async () => {
    const trace = new TraceWriter()
      .unmapPage(DMA)
      .unmapSg(0xffe00000, [[0x5000, 0x1000]])
      .mapPage(DMA, 0x1000)
      .mapPage(DMA + 0x1000, 0x2000)
      .mapPage(DMA + 0x1000, 0x3000);
    const { trace: counts, states } = await replayText(trace.text);
    expect(counts.unpaired_unmaps).to.equal(2);
    // One whose address was mapped again, and two at the end.
    expect(counts.never_unmapped).to.equal(3);
    expect(states[0]).to.include({ map_calls: 3, unmap_calls: 1 });
  });

  it('gives each device its own address space and its own figures', async () => {
    const trace = new TraceWriter()
      .mapPage(DMA, 0x1000, 4096, '0000:01:00.0')
      .mapPage(DMA, 0x1000, 4096, '0000:02:00.0', 'TO_DEVICE')
      .unmapPage(DMA, 4096, '0000:02:00.0', 'TO_DEVICE');
    const { states, recorded, agreement } = await replayText(trace.text);
    expect(agreement.mappings_equal).to.equal(2);
    expect(states[1]?.devices.map((d) => [d.device, d.pool_fills, d.copied_bytes])).to.deep.equal([
      ['0000:01:00.0', 1, 0],
      ['0000:02:00.0', 1, 4096],
    ]);
    expect(recorded.mappings.map((row) => [row.device, row.direction])).to.deep.equal([
      ['0000:01:00.0', 'FROM_DEVICE'],
      ['0000:02:00.0', 'TO_DEVICE'],
    ]);
  });

  it('syncs single mappings in part and lists whole', async () => {
    const sync = (kind: string, text: string): string =>
      `dma_sync_${kind}: 0000:00:05.0 dir=FROM_DEVICE ${text}`;
    const trace = new TraceWriter()
      .mapPage(DMA, 0x1000, 4096)
      .line(sync('single_for_cpu', `dma_addr=${(DMA + 256).toString(16)} size=512`))
      .line(sync('single_for_device', `dma_addr=${DMA.toString(16)} size=4096`))
      .mapSg(0xffe00000, [
        [0x5000, 0x1000],
        [0x9000, 0x1000],
      ])
      .line(sync('sg_for_cpu', 'dma_addrs={0xffe00000} sizes={0x2000}'))
      .line(sync('single_for_cpu', 'dma_addr=1000 size=64'));
    const { trace: counts, states } = await replayText(trace.text);
    expect(counts).to.include({ sync_calls: 4, unpaired_syncs: 1 });
    // From the device to the CPU 512 bytes and the list, to the device nothing; and the list when it was mapped.
    expect(states[1]).to.include({ sync_calls: 3, copied_bytes: 512 + 8192 + 8192 });
    expect(states[0]).to.include({ sync_calls: 3, copied_bytes: 0 });
  });

  it('allocates coherent memory, of which only the extent is compared', async () => {
    const trace = new TraceWriter()
      .iommuMap(DMA, 0x7000, 0x1000)
      .iommuMap(DMA + 0x1000, 0x3000, 0x1000)
      .line(
        'dma_alloc: 0000:00:05.0 dir=BIDIRECTIONAL dma_addr=fff00000 size=8000 virt_addr=00000000a5633268 flags=GFP_KERNEL attrs=',
      )
      .line(
        'dma_free: 0000:00:05.0 dir=BIDIRECTIONAL dma_addr=0 size=0 virt_addr=0000000000000000 attrs=',
      )
      .iommuUnmap(DMA, 0x2000)
      .line(
        'dma_free: 0000:00:05.0 dir=BIDIRECTIONAL dma_addr=fff00000 size=8000 virt_addr=00000000a5633268 attrs=',
      );
    const { agreement, trace: counts, states } = await replayText(trace.text);
    expect(agreement).to.include({ mappings_compared: 1, mappings_equal: 1 });
    expect(counts.empty_frees).to.equal(1);
    for (const state of states)
      expect(state).to.include({ map_calls: 1, unmap_calls: 1, copied_bytes: 0, pool_fills: 0 });
  });

  it('maps device registers past the pool', async () => {
    const trace = new TraceWriter()
      .iommuMap(DMA, 0xfe000000, 0x1000)
      .line(
        'dma_map_resource: 0000:00:05.0 dir=BIDIRECTIONAL dma_addr=fff00004 size=4 phys_addr=fe000004 attrs=',
      );
    const { agreement, states } = await replayText(trace.text);
    expect(agreement).to.include({ mappings_compared: 1, mappings_equal: 1 });
    expect(states[1]).to.include({ iommu_maps: 1, pool_fills: 0, fallbacks: 0 });
  });

  it('counts calls that failed on the recorded machine, and does not make them', async () => {
    const trace = new TraceWriter()
      .line('dma_map_sg_err: 0000:00:05.0 dir=TO_DEVICE dma_addrs={0x5000} err=-5 attrs=')
      .mapPage(DMA, 0x1000);
    const { trace: counts, states } = await replayText(trace.text);
    expect(counts.failed_calls).to.equal(1);
    expect(states[0]?.map_calls).to.equal(1);
  });

  it('evicts by its own clock, after 5 s and up to a bucket, and 5.12 s more', async () => {
    const early = new TraceWriter().mapPage(DMA, 0x1000).unmapPage(DMA).wait(10_120);
    const late = new TraceWriter().mapPage(DMA, 0x1000).unmapPage(DMA).wait(10_380);
    for (const [trace, evictions] of [
      [early, 0],
      [late, 1],
    ] as const) {
      trace.in('sh-1').line('tracing_mark_write: end');
      const { states } = await replayText(trace.mapPage(DMA + 0x4000, 0x2000).text);
      expect(states[1]?.evictions).to.equal(evictions);
      expect(states[1]?.iommu_unmaps).to.equal(evictions);
    }
  });

  it('runs in the state that is asked for, and still compares', async () => {
    const text = new TraceWriter().mapPage(DMA, 0x1000).unmapPage(DMA).text;
    for (const patches of [0, 1, 2, 3, 4] as const) {
      const document = await replayText(text, { patches: [patches] });
      expect(document.states.map((state) => state.patches)).to.deep.equal([patches]);
      expect(document.agreement.mappings_equal).to.equal(1);
      expect(document.states[0]?.pool_fills).to.equal(patches === 4 ? 1 : 0);
    }
  });

  for (const [params, expected] of [
    ['io_buffer_pool.num_slots=0', { pool_fills: 0, fallbacks: 0 }],
    ['io_buffer_pool.num_slots=1', { pool_fills: 1, fallbacks: 1 }],
    ['io_buffer_pool.class_sizes=0', { pool_fills: 0, fallbacks: 0 }],
    // The virtio-iommu of v5.13 has no identity domains: its devices are translated all the same.
    ['iommu.passthrough=1', driver === 'virtio' ? { pool_fills: 2 } : { iommu_maps: 0 }],
    ['iommu.strict=0', { iommu_unmaps: 0, pool_fills: 2 }],
  ] as const)
    it(`takes ${params}`, async () => {
      const trace = new TraceWriter()
        .mapPage(DMA, 0x1000)
        .mapPage(DMA + 0x1000, 0x2000)
        .unmapPage(DMA);
      const { states } = await replayText(trace.text, { params });
      expect(states[1]).to.include(expected);
    });
});

describeOnEach('a difference', ({ replayText }) => {
  const broken = (from: string, to: string): string => {
    const { text } = new TraceWriter()
      .mapPage(DMA, 0x1000)
      .unmapPage(DMA)
      .mapPage(DMA + 0x8000, 0x4000, 8192)
      .unmapPage(DMA + 0x8000, 8192);
    const changed = text.replace(from, to);
    expect(changed).not.to.equal(text);
    return changed;
  };

  for (const [what, from, to] of [
    ['another physical address', 'paddr=0x0000000000001000', 'paddr=0x0000000000009000'],
    [
      'another place',
      'map: IOMMU: iova=0x00000000fff00000 - 0x00000000fff01000',
      'map: IOMMU: iova=0x00000000fff70000 - 0x00000000fff71000',
    ],
    [
      'another length',
      '0x00000000fff0a000 paddr=0x0000000000004000 size=8192',
      '0x00000000fff0b000 paddr=0x0000000000004000 size=12288',
    ],
    [
      'another unmap',
      'unmap: IOMMU: iova=0x00000000fff08000 - 0x00000000fff0a000 size=8192 unmapped_size=8192',
      'unmap: IOMMU: iova=0x00000000fff08000 - 0x00000000fff0a000 size=8192 unmapped_size=4096',
    ],
  ] as const)
    it(`is found: ${what}`, async () => {
      const document = await replayText(broken(from, to));
      const { agreement } = document;
      expect(agreement.mappings_compared - agreement.mappings_equal).to.equal(1);
      expect(agreement.differences).to.have.length(1);
      expect(agreement.differences[0]?.place).to.match(/x\.trace\.txt:\d+$/);
      expect(agrees(document)).to.equal(false);
    });

  it('is not made of an event that the tracer lost', async () => {
    const entries = [
      [0x5000, 0x1000],
      [0x9000, 0x1000],
    ] as const;
    const { text } = new TraceWriter().mapSg(0xffe00000, entries);
    const lines = text.split('\n');
    lines[1] = 'CPU:0 [LOST 12 EVENTS]';
    const document = await replayText(lines.join('\n'));
    expect(document.trace.dropped).to.equal(12);
    expect(document.agreement.mappings_compared).to.equal(0);
    expect(document.agreement.not_compared).to.deep.equal({
      'the trace begins or has a gap within its events': 1,
    });
    expect(agrees(document)).to.equal(true);
  });

  it('has a reason where nothing can be compared', async () => {
    const lines = new TraceWriter()
      .mapPage(DMA, 0x1000)
      .text.split('\n')
      .filter((line) => !line.includes('map: IOMMU'));
    const document = await replayText(lines.join('\n'));
    expect(document.agreement.not_compared).to.deep.equal({ 'no iommu:map event beside it': 1 });
    expect(document.states[0]?.iommu_maps).to.equal(1);
  });

  for (const [what, size, reasons, differ] of [
    ['has pages of 64 KiB', 0x10000, { 'recorded with pages of 64 KiB': 2 }, 0],
    ['has pages of 16 KiB', 0x4000, { 'recorded with pages of 16 KiB': 2 }, 0],
    ['rounds up to no page', 0x3000, {}, 2],
  ] as const)
    it(`is none where the recorded kernel ${what}`, async () => {
      const writer = new TraceWriter();
      for (const [iova, phys] of [
        [0xfff00000, 0x10000000],
        [0xffe00000, 0x20000000],
      ] as const)
        writer
          .iommuMap(iova, phys, size)
          .line(
            `dma_map_page: 0000:00:05.0 dir=FROM_DEVICE dma_addr=${(iova + 0x1080).toString(16)} size=1536 phys_addr=${(phys + 0x1080).toString(16)} attrs=`,
          );
      const { agreement, notes } = await replayText(writer.text);
      expect(agreement.not_compared).to.deep.equal(reasons);
      expect(agreement.mappings_compared - agreement.mappings_equal).to.equal(differ);
      const said = notes.some((note) =>
        note.includes('the recorded kernel has pages of that size'),
      );
      expect(said).to.equal(differ === 0);
      if (differ > 0) expect(agreement.differences[0]?.recorded).to.match(/^-0x1000 12288 B at /);
    });
});
