// SPDX-License-Identifier: GPL-2.0-only
// The buffers of a recorded trace, mapped with the ported code: exactly the ranges that the real kernel mapped.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readTrace } from '@iommu-bounce/dma-trace';
import { recordedBuffers, recordedLayout } from '../../src/jobs';
import { mappingMachine } from './map-buffers';

const TRACES = join(__dirname, '../../../../test-fixtures/traces');
const NVME = '0000:00:05.0';

/** iommu:map events and calls of a trace, from the facts beside it. */
function facts(name: string): { maps: number; calls: number } {
  const text = readFileSync(join(TRACES, `${name}.json`), 'utf8');
  const { event_counts: events } = JSON.parse(text) as { event_counts: Record<string, number> };
  const { map = 0, dma_map_page = 0, dma_map_sg = 0 } = events;
  return { maps: map, calls: dma_map_page + dma_map_sg };
}

describe('recordedLayout', function () {
  this.timeout(30_000);

  // The sequential jobs used each of their 64 buffers equally often; the random one 23 to 27 times.
  for (const [name, bytes, tolerance] of [
    ['virtio.nvme-read-4k', 4096, 0],
    ['virtio.nvme-read-64k', 65536, 0],
    ['virtio-frag.nvme-randread-64k', 65536, 0.001],
  ] as const)
    it(`${name}: as many iommu:map events as the kernel recorded`, async () => {
      const trace = join(TRACES, `${name}.trace.txt.gz`);
      const layout = recordedLayout(await recordedBuffers(readTrace(trace), NVME));
      const { maps, calls } = facts(name);
      const machine = mappingMachine(layout.framesNeeded(64, bytes));
      const { iommuMaps } = machine.count(layout.buffers(64, bytes, machine.arena));
      expect((iommuMaps * calls) / 64).to.be.within(maps * (1 - tolerance), maps * (1 + tolerance));
    });

  it('keeps alignment: half a huge page at 2 modulo 4 pages costs 8 requests a buffer', async () => {
    const all = await recordedBuffers(
      readTrace(join(TRACES, 'virtio.nvme-read-64k.trace.txt.gz')),
      NVME,
    );
    const whole = all.filter((runs) => runs.length === 1);
    expect(whole).to.have.length(31);
    const layout = recordedLayout(whole);
    const machine = mappingMachine(layout.framesNeeded(31, 65536));
    expect(machine.count(layout.buffers(31, 65536, machine.arena))).to.deep.equal({
      iommuMaps: 31,
      mapRequests: 31 * 8,
      unmapRequests: 31,
    });
  });

  it('goes round where more buffers are asked for, and refuses a size that was not recorded', async () => {
    const layout = recordedLayout(
      await recordedBuffers(readTrace(join(TRACES, 'virtio.nvme-read-4k.trace.txt.gz')), NVME),
    );
    const arena = { firstPfn: 5, frames: layout.framesNeeded(200, 4096) };
    const frames = new Set(layout.buffers(200, 4096, arena).map((pfns) => pfns[0]));
    expect(frames.size).to.equal(200);
    for (const pfn of frames) expect(pfn).to.be.within(5, 4 + arena.frames);
    expect(() => layout.framesNeeded(1, 65536)).to.throw(RangeError, 'no buffer of 16 pages');
    expect(() => layout.buffers(200, 4096, { firstPfn: 5, frames: 200 })).to.throw(RangeError);
  });

  it('refuses a trace without such mappings', async () => {
    const failure = await recordedBuffers(
      readTrace(join(TRACES, 'virtio.net-rx.trace.txt.gz')),
      NVME,
    ).catch((error: unknown) => error);
    expect(failure)
      .to.be.an('error')
      .with.property('message')
      .that.includes('expected the trace of a disk');
  });
});
