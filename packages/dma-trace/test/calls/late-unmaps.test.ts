// SPDX-License-Identifier: GPL-2.0-only
// The line of an unmap comes after its address was mapped again: by another CPU, or by an interrupt.

import { expect } from 'chai';
import {
  type CaptureAccount,
  LineParser,
  type LintResult,
  Linter,
  type Step,
  newCounters,
  newHeader,
} from '../../src';
import { Capture, NIC } from './account-of';

const A = 0xfff00000;
const PAGE = 4096;
/** The memory that is mapped second. */
const other = { phys: 0x9_0000_0000 };

/** `map 1` is that of line 1, `unmap 1 at 4` ends it, and `!`: no line says so. */
function shown(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'map') return [`map ${String(step.mapping?.place.line)}`];
    if (step.kind !== 'unmap') return [];
    const { mapping, place, implied } = step;
    return [`unmap ${String(mapping?.place.line)} at ${String(place.line)}${implied ? '!' : ''}`];
  });
}

function lint(capture: Capture): LintResult {
  const parser = new LineParser();
  const linter = new Linter();
  linter.beginFile('lines');
  for (const event of capture.events) linter.add([event]);
  return linter.finish([
    { counters: newCounters(), header: newHeader(), format: parser.format?.name ?? null },
  ]);
}

/** Without what is only in force at the end. */
const ruled = (capture: Capture): string[] =>
  lint(capture)
    .findings.filter(({ rule }) => rule.id !== 'still-mapped')
    .map(({ rule, first }) => `${rule.id} ${String(first.line)}`);

function expectNothingWrong(account: CaptureAccount): void {
  expect(account.unmaps).to.include({ different: 0, second: 0, notMapped: 0 });
  expect(account.neverUnmapped.sorted()).to.have.lengthOf(0);
}

/** Two mappings of one address; lines 1 to 5, of which 3 is the first one's iommu:unmap. */
const raced = (): Capture =>
  new Capture()
    .in('one-1')
    .iommuMap(A)
    .map(A)
    .iommuUnmap(A)
    .in('two-2')
    .iommuMap(A, PAGE, other.phys)
    .map(A, PAGE, other);

/** The same without iommu:* events; lines 1 and 2, and the next comes a microsecond later. */
const racedAlone = (size = PAGE): Capture =>
  new Capture().in('one-1').map(A).in('two-2').map(A, size, other).wait(-0.999);

describe('Assembler: unmaps that are logged late', () => {
  it('end the mapping that the iommu:unmap of their task was for', () => {
    const capture = raced().wait(2000).in('one-1').unmap(A).in('two-2').iommuUnmap(A).unmap(A);
    const { steps, assembler } = capture.read();
    expect(shown(steps)).to.deep.equal(['map 2', 'unmap 2 at 5', 'map 5', 'unmap 5 at 8']);
    expect(assembler.counts).to.include({
      ...{ superseded: 0, unpairedUnmaps: 0, unmapCalls: 2, matchedUnmaps: 2 },
    });
    expectNothingWrong(capture.account());
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('end no mapping that is younger than their iommu:unmap, if theirs was mapped before the capture', () => {
    for (const [at, size, dir] of [
      [A, PAGE, 'FROM_DEVICE'],
      [A, 100, 'FROM_DEVICE'],
      [A, PAGE, 'TO_DEVICE'],
      [A + PAGE, PAGE, 'FROM_DEVICE'],
    ] as const) {
      const line = `dma_unmap_page: ${NIC} dir=${dir} dma_addr=${at.toString(16)} size=${String(size)} attrs=`;
      const capture = new Capture()
        .in('one-1')
        .iommuUnmap(at)
        .in('two-2')
        .iommuMap(A, 2 * PAGE)
        .map(A, 2 * PAGE)
        .in('one-1')
        .line(line)
        .in('two-2')
        .iommuUnmap(A, 2 * PAGE)
        .unmap(A, 2 * PAGE);
      expect(ruled(capture), line).to.deep.equal([]);
      const { steps, assembler } = capture.read();
      expect(shown(steps)).to.deep.equal(['map 3', 'unmap 3 at 6']);
      expect(assembler.counts).to.include({ unpairedUnmaps: 1, unmapCalls: 2 });
    }
  });

  it('are told from an unmap of what lies before a buffer in its page', () => {
    const offset = 0x200;
    const inPage = (capture: Capture): Capture =>
      capture
        .in('two-2')
        .iommuMap(A)
        .map(A + offset, 512, { phys: 0x9_0000_0200 });
    const late = inPage(new Capture().in('one-1').iommuUnmap(A)).in('one-1').unmap(A);
    expect(ruled(late)).to.deep.equal([]);
    const wrong = inPage(new Capture()).iommuUnmap(A).unmap(A, 512);
    expect(ruled(wrong)).to.deep.equal(['unmap-address 4']);
    expect(wrong.account().unmaps).to.include({ different: 1, notMapped: 0 });
    // Without a translation two buffers may share the page.
    const slots = new Capture()
      .in('two-2')
      .map(A + offset, 512, { phys: 0x9_0000_0200 })
      .unmap(A, 512);
    expect(ruled(slots)).to.deep.equal([]);
  });

  it('may come after the second mapping was unmapped, too', () => {
    const capture = raced().iommuUnmap(A).unmap(A).in('one-1').unmap(A);
    expect(shown(capture.read().steps).slice(-1)).to.deep.equal(['unmap 5 at 7']);
    expectNothingWrong(capture.account());
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('are told by the time where there are no iommu:* events', () => {
    const capture = racedAlone().in('one-1').unmap(A).in('<idle>-0').wait(900).unmap(A);
    const { steps, assembler } = capture.read();
    expect(shown(steps)).to.deep.equal(['map 1', 'unmap 1 at 2!', 'map 2', 'unmap 2 at 4']);
    expect(assembler.counts).to.include({ superseded: 0, unpairedUnmaps: 0 });
    expectNothingWrong(capture.account());
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('accuse nobody where they are too late for that', () => {
    const capture = racedAlone().wait(30).in('one-1').unmap(A).in('<idle>-0').wait(3000).unmap(A);
    expectNothingWrong(capture.account());
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('are told by their size where it differs', () => {
    const capture = racedAlone(2048).wait(30).in('one-1').unmap(A).in('two-2').unmap(A, 2048);
    expect(shown(capture.read().steps).slice(-1)).to.deep.equal(['unmap 2 at 4']);
    expectNothingWrong(capture.account());
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('are not of the task that mapped the address again', () => {
    const capture = racedAlone().unmap(A);
    expect(shown(capture.read().steps).slice(-1)).to.deep.equal(['unmap 2 at 3']);
    expect(capture.read().assembler.counts).to.include({ superseded: 1, stillMapped: 0 });
    expect(ruled(capture)).to.deep.equal(['mapped-again 2']);
  });

  it('are not of lists, which are logged before the address is free', () => {
    const capture = new Capture()
      .in('one-1')
      .list('map', A, [0x5000])
      .in('two-2')
      .map(A, PAGE, other)
      .wait(-0.999)
      .in('one-1')
      .unmap(A);
    expect(capture.read().assembler.counts).to.include({ superseded: 1, stillMapped: 0 });
  });

  it('come once: one more is a double unmap', () => {
    for (const capture of [
      raced().in('one-1').unmap(A).in('two-2').iommuUnmap(A).unmap(A).unmap(A),
      racedAlone().in('one-1').unmap(A).in('<idle>-0').unmap(A).unmap(A),
    ]) {
      expect(capture.account().unmaps.second).to.equal(1);
      const last = String(capture.lines.length);
      expect(ruled(capture)).to.deep.equal([`double-unmap ${last}`]);
    }
  });

  it('are held against their own mapping', () => {
    const capture = raced().in('one-1').unmap(A, 512).in('two-2').iommuUnmap(A).unmap(A);
    const [found] = lint(capture).findings;
    expect(found?.message).to.equal(
      'unmapped with 512 bytes, mapped with 4,096 bytes (mapped at line 2)',
    );
  });

  it('do not come after a gap, nor a second later to an address that was mapped once more', () => {
    const gap = racedAlone();
    gap.lines.push('CPU:0 [LOST 7 EVENTS]');
    gap.in('one-1').unmap(A).unmap(A);
    expect(gap.read().assembler.counts).to.include({ superseded: 1, unpairedUnmaps: 1 });
    const late = racedAlone().unmap(A).wait(2000).map(A).unmap(A).in('one-1').unmap(A);
    expect(late.read().assembler.counts).to.include({ superseded: 1, unpairedUnmaps: 1 });
    expect(ruled(late)).to.include('double-unmap 6');
  });

  it('shift no later mapping where one is lost', () => {
    // The unmap of the first mapping is not in the capture; that of the second is taken for it.
    const capture = racedAlone().in('<idle>-0').unmap(A);
    for (let i = 0; i < 3; i++) capture.in('job-7').map(A).wait(-0.999).in('<idle>-0').unmap(A);
    const { steps, assembler } = capture.read();
    expect(shown(steps).slice(-4)).to.deep.equal([
      'map 6',
      'unmap 6 at 7',
      'map 8',
      'unmap 8 at 9',
    ]);
    expect(assembler.counts).to.include({ superseded: 1, unpairedUnmaps: 0, stillMapped: 0 });
    expect(ruled(capture)).to.deep.equal(['mapped-again 4']);
  });

  it('may be the one of a mapping whose line seemed to be there, where they fit it alone', () => {
    // The first line fits both mappings; the second is that of the other, and not of the third.
    const from = { dir: 'FROM_DEVICE' } as const;
    const capture = new Capture()
      .in('one-1')
      .map(A, PAGE, from)
      .in('two-2')
      .map(A, PAGE, { ...other, ...from })
      .wait(-0.999)
      .in('one-1')
      .unmap(A, PAGE, from)
      .map(A, PAGE, { dir: 'TO_DEVICE' })
      .wait(-0.999)
      .in('two-2')
      .unmap(A, PAGE, from)
      .in('one-1')
      .unmap(A, PAGE, { dir: 'TO_DEVICE' });
    expect(shown(capture.read().steps).slice(-1)).to.deep.equal(['unmap 4 at 6']);
    expectNothingWrong(capture.account());
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('are told by what fits best where two are late', () => {
    const capture = racedAlone(2048)
      .in('job-7')
      .map(A, 512, { ...other, dir: 'TO_DEVICE' })
      .wait(-0.999)
      .in('two-2')
      .unmap(A, 2048)
      .in('one-1')
      .unmap(A)
      .in('job-7')
      .unmap(A, 512, { dir: 'TO_DEVICE' });
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('end their mapping, not one that had another place in the same page before or since', () => {
    const B = A + 64;
    const one = (c: Capture): Capture => c.in('one-1').iommuMap(A).map(A).iommuUnmap(A);
    const two = (c: Capture): Capture => c.in('two-2').iommuMap(A).map(B, 512, other).iommuUnmap(A);
    for (const [first, second] of [
      [one, two],
      [two, one],
    ] as const) {
      // The other task is known first, in the order of lines and of contexts.
      const capture = new Capture().in('two-2').map(0xff000000, PAGE, { phys: 0x5000 });
      second(first(capture));
      capture.in('job-7').iommuMap(A).map(A, 512, { phys: 0x9000 });
      capture.in('one-1').unmap(A).in('two-2').unmap(B, 512);
      capture.in('job-7').iommuUnmap(A).unmap(A, 512).in('two-2').unmap(0xff000000);
      expect(ruled(capture)).to.deep.equal([]);
      expect(capture.read().assembler.counts).to.include({ matchedUnmaps: 3, unpairedUnmaps: 0 });
    }
  });

  it('are held against their own mapping after the address was unmapped again, too', () => {
    const capture = raced().iommuUnmap(A).unmap(A).in('one-1').unmap(A, 512);
    expect(ruled(capture)).to.deep.equal(['unmap-size 8']);
  });

  it('accuse nobody where events were lost shortly before', () => {
    for (const [ms, severity] of [
      [0.5, 'note'],
      [1.5, 'error'],
    ] as const) {
      const capture = racedAlone();
      capture.lines.push('CPU:0 [LOST 7 EVENTS]');
      capture.wait(ms).in('two-2').unmap(A).in('one-1').unmap(A);
      const found = lint(capture).findings.find(({ rule }) => rule.id === 'double-unmap');
      expect(found?.severity, String(ms)).to.equal(severity);
    }
  });

  it('belong to what swiotlb bounces as well, whose slots are mapped again', () => {
    const device = NIC;
    const capture = new Capture()
      .in('one-1')
      .map(0x6000_0000, 512, { device, phys: 0x7_0000_0000, call: 'phys' })
      .in('two-2')
      .map(0x6000_0000, 512, { device, phys: 0x8_0000_0000, call: 'phys' })
      .wait(-0.999)
      .in('one-1')
      .unmap(0x6000_0000, 512, { call: 'phys' })
      .in('two-2')
      .unmap(0x6000_0000, 512, { call: 'phys' });
    expectNothingWrong(capture.account());
    expect(ruled(capture)).to.deep.equal([]);
  });
});
