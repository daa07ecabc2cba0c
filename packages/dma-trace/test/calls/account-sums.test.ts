// SPDX-License-Identifier: GPL-2.0-only
// Whatever a capture holds, its account adds up to the counts of the calls: nothing is counted twice, nothing vanishes.
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  Assembler,
  CaptureAccount,
  type LineCounts,
  type TraceEvent,
  parseLine,
  readTrace,
} from '../../src';
import { Capture, DISK, NIC } from './account-of';

function sumsAgree(account: CaptureAccount, counts: LineCounts): void {
  const { iommu, unmaps, neverUnmapped, devices, straySyncs } = account;
  const sum = (all: readonly { count: number }[]): number =>
    all.reduce((total, one) => total + one.count, 0);
  const left = sum(neverUnmapped.sorted()) + neverUnmapped.others.count;
  expect(iommu.maps).to.include({
    events: counts.iommuMaps,
    withoutCall: counts.iommuMaps - counts.matchedMaps,
  });
  expect(iommu.unmaps).to.include({
    events: counts.iommuUnmaps,
    withoutCall: counts.iommuUnmaps - counts.matchedUnmaps,
  });
  expect(left).to.equal(counts.stillMapped + counts.superseded);
  const { address, entries } = unmaps.differentIn;
  expect(unmaps.second + unmaps.notMapped + address + entries).to.equal(counts.unpairedUnmaps);
  expect(straySyncs.count).to.equal(counts.unpairedSyncs);
  let [maps, paired, failed] = [0, 0, 0];
  for (const one of devices.all()) {
    maps += one.maps;
    paired += one.unmaps;
    failed += one.failed;
    expect(
      one.withEvents + one.inPool + one.sameAddress + one.otherAddress + one.unknownAddress,
    ).to.equal(one.maps);
  }
  expect(failed).to.equal(counts.failedCalls);
  expect(paired).to.equal(counts.unmapCalls - counts.unpairedUnmaps);
  expect(maps - paired).to.equal(left);
}

const DEVICES = [NIC, DISK, 'direct'] as const;
const TASKS = ['a-1', 'b-2'] as const;

/** Calls and events at a few addresses, in any order. */
const steps = fc.array(
  fc.record({
    what: fc.integer({ min: 0, max: 13 }),
    page: fc.integer({ min: 1, max: 6 }),
    device: fc.constantFrom(...DEVICES),
    task: fc.constantFrom(...TASKS),
    pages: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 60 },
);

type StepOf<T> = T extends fc.Arbitrary<(infer S)[]> ? S : never;

function write(capture: Capture, { what, page, device, task, pages }: StepOf<typeof steps>): void {
  capture.in(task);
  const at = page * 4096;
  const size = pages * 4096;
  const list = Array.from({ length: pages }, (_, i) => 0x90000 + (page + i * 3) * 4096);
  const words = { device, ...(device === 'direct' ? { phys: at } : {}) };
  const lines: readonly (() => unknown)[] = [
    () => capture.iommuMap(at, size),
    () => capture.iommuUnmap(at, size),
    () => capture.map(at, size, words),
    () => capture.unmap(at, size, words),
    () => capture.unmap(at + 512, 512, words),
    () => capture.list('map', at, list),
    () => capture.list('unmap', at, list),
    () => capture.list('unmap', at, list.slice(0, 1)),
    () => capture.coherent('alloc', at, size, device),
    () => capture.coherent('free', at, size, device),
    () => capture.fault(at + 4, 1, device),
    () =>
      capture.line(
        `dma_sync_single_for_cpu: ${device} dir=FROM_DEVICE dma_addr=${at.toString(16)} size=64`,
      ),
    () => capture.line(`dma_map_sg_err: ${device} dir=TO_DEVICE dma_addrs={0x1000} err=-5 attrs=`),
    () =>
      capture.iommuMap(at, size).map(at, size, words).iommuUnmap(at, size).unmap(at, size, words),
  ];
  lines[what]?.();
}

describe('the sums of an account', () => {
  it('are those of the calls, whatever comes in which order', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 40 }), (all, history) => {
        const capture = new Capture();
        for (const step of all) write(capture, step);
        const account = new CaptureAccount(history);
        const assembler = new Assembler(null, undefined, account);
        assembler.beginFile('x');
        const events = capture.lines.map((text, i) => parseLine(text, i + 1) as TraceEvent);
        assembler.add(events);
        assembler.finish();
        sumsAgree(account, assembler.counts);
        const { byState, count } = account.faults;
        expect(byState.mapped + byState.freed + byState.never + byState.unknown).to.equal(count);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);

  for (const name of ['virtio.net-rx', 'series/iobuf-def.bursts', 'series/iobuf-def.randrw-1m'])
    it(`are those of the calls of a recorded machine: ${name}`, async () => {
      const account = new CaptureAccount();
      const assembler = new Assembler(null, undefined, account);
      const file = join(__dirname, '../../../../test-fixtures/traces', `${name}.trace.txt.gz`);
      for await (const batch of readTrace(file).batches()) assembler.add(batch);
      assembler.finish();
      sumsAgree(account, assembler.counts);
    }).timeout(60_000);
});
