// SPDX-License-Identifier: GPL-2.0-only
// Steps that are kept as numbers are the same steps when they are taken again.

import { join } from 'node:path';
import { expect } from 'chai';
import { Assembler, KeptSteps, type Mapping, type Step, readTrace } from '../../src';
import { lineCode, lineOf } from '../../src/calls/numbers';

const FIXTURES = join(__dirname, '../../../../test-fixtures');
const MUCH = 2 ** 30;

async function stepsOf(name: string): Promise<Step[]> {
  const assembler = new Assembler(null);
  const steps: Step[] = [];
  const file = join(FIXTURES, name);
  assembler.beginFile(file);
  for await (const events of readTrace(file).batches()) steps.push(...assembler.add(events));
  steps.push(...assembler.finish());
  return steps;
}

/** What a replay asks a mapping for. */
function mappingOf(mapping: Mapping): object {
  const { place, device, form, call, dir, attrs, dmaAddr, size, segment, phys, offset } = mapping;
  const { entries, entrySource, runs, maySleep, failed } = mapping;
  return {
    ...{ place, device, form, call, dir, attrs, dmaAddr, size, segment, phys, offset },
    ...{ entries: [...entries], entrySource, runs: [...runs], maySleep, failed },
    maps: mapping.maps.map(({ iova, paddr, size: bytes }) => ({ iova, paddr, bytes })),
  };
}

/** A step, with the mapping of an unmap or a sync as the place of its map in the order. */
function texts(steps: readonly Step[]): string[] {
  const maps = new Map<Mapping, number>();
  return steps.map((step, i) => {
    if (step.kind === 'map' && step.mapping) {
      maps.set(step.mapping, i);
      return JSON.stringify({ ...step, mapping: mappingOf(step.mapping) });
    }
    const mapping = 'mapping' in step && step.mapping ? (maps.get(step.mapping) ?? -1) : null;
    const recorded =
      step.kind === 'unmap'
        ? step.recorded.map(({ iova, size, unmapped }) => ({ iova, size, unmapped }))
        : null;
    const { kind, place, timeNs, cpu, flags, ready } = step;
    const own =
      step.kind === 'unmap'
        ? [step.device, step.dir, step.attrs, step.dmaAddr, step.size, step.implied]
        : step.kind === 'sync'
          ? [step.forCpu, step.dir, step.offset, step.size]
          : [];
    return JSON.stringify({ kind, place, timeNs, cpu, flags, ready, mapping, recorded, own });
  });
}

function kept(steps: readonly Step[], most = MUCH): KeptSteps {
  const keeper = new KeptSteps(most);
  // As a reader hands them out: in parts of any size.
  for (let i = 0; i < steps.length; i += 100) keeper.add(steps.slice(i, i + 100));
  return keeper;
}

describe('KeptSteps', () => {
  const captures = [
    ['lists and single buffers', 'traces/virtio.nvme-mixed.trace.txt.gz'],
    ['coherent memory and resources', 'traces/virtio.net-rx.trace.txt.gz'],
    ['syncs', 'traces/virtio.net-tx.trace.txt.gz'],
    ['dma_iova calls', 'captures/dma-iova.trace.txt'],
    ['linked requests', 'captures/linked-requests.trace.txt'],
    ['requests of iommu events alone', 'captures/without-calls.trace.txt'],
    ['untranslated devices', 'captures/not-translated.trace.txt'],
    ['unmaps unlike their map', 'captures/unmap-unlike-map.trace.txt'],
    ['times with nanoseconds', 'formats/k6.17.A.tracecmd331-report-t.txt'],
  ] as const;

  for (const [what, name] of captures)
    it(`gives ${what} again, as often as asked`, async () => {
      const steps = await stepsOf(name);
      expect(steps.length).to.be.above(0);
      const expected = texts(steps);
      const keeper = kept(steps);
      expect([keeper.isWhole, keeper.length]).to.deep.equal([true, steps.length]);
      for (const time of ['first', 'second'])
        expect(texts([...keeper.batches()].flat()), time).to.deep.equal(expected);
    });

  it('takes less than 100 bytes of a map and an unmap', async () => {
    const steps = await stepsOf('traces/virtio.nvme-read-4k.trace.txt.gz');
    expect(kept(steps, steps.length * 50).isWhole).to.equal(true);
    expect(kept(steps, steps.length * 10).isWhole).to.equal(false);
  });

  it('keeps nothing beyond the bytes it may take', async () => {
    const steps = await stepsOf('traces/virtio.nvme-read-4k.trace.txt.gz');
    const keeper = kept(steps, 8192);
    expect(keeper.isWhole).to.equal(false);
    expect([...keeper.batches()]).to.deep.equal([]);
    expect(keeper.add(steps.slice(0, 1))).to.equal(false);
  });

  it('keeps no decisions of a pool', async () => {
    const steps = await stepsOf('traces/series/iobuf-def.read-4k.trace.txt.gz');
    expect(kept(steps).isWhole).to.equal(false);
  });

  it('keeps no unmap of what it was not told of', async () => {
    const steps = await stepsOf('traces/virtio.nvme-read-4k.trace.txt.gz');
    const keeper = new KeptSteps(MUCH);
    expect(keeper.add(steps.filter(({ kind }) => kind === 'unmap'))).to.equal(false);
  });

  it('has distances of either sign as whole numbers', () => {
    for (const distance of [0, 1, -1, 12, -12, 2 ** 31 - 1, 1 - 2 ** 31]) {
      expect(lineCode(distance)).to.be.within(0, 2 ** 32 - 1);
      expect(lineOf(lineCode(distance))).to.equal(distance);
    }
  });
});
