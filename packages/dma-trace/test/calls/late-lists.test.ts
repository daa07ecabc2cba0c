// SPDX-License-Identifier: GPL-2.0-only
// Unmaps that are logged late, where lists take or leave the address.

import { expect } from 'chai';
import { LineParser, Linter, type Step, newCounters, newHeader } from '../../src';
import { Capture, NIC } from './account-of';

const A = 0xfff00000;
const PAGE = 4096;
const other = { phys: 0x9_0000_0000 };
const PAGES = [0x5000, 0x9000, 0xd000];
const SIZE = PAGES.length * PAGE;

/** `map 1` is that of line 1, `unmap 1 at 4` ends it, and `!`: no line says so. */
function shown(capture: Capture): string[] {
  return capture.read().steps.flatMap((step: Step) => {
    if (step.kind === 'map') return [`map ${String(step.mapping?.place.line)}`];
    if (step.kind !== 'unmap') return [];
    const { mapping, place, implied } = step;
    return [`unmap ${String(mapping?.place.line)} at ${String(place.line)}${implied ? '!' : ''}`];
  });
}

function ruled(capture: Capture): string[] {
  const parser = new LineParser();
  const linter = new Linter();
  linter.beginFile('lines');
  capture.lines.forEach((text, i) => {
    const event = parser.parse(text, i + 1);
    if (event !== null && event !== 'unparsed') linter.add([event]);
  });
  const reading = { counters: newCounters(), header: newHeader(), format: 'ftrace' as const };
  return linter
    .finish([reading])
    .findings.filter(({ rule }) => !['still-mapped', 'larger-than-class'].includes(rule.id))
    .map(({ rule, first }) => `${rule.id} ${String(first.line)}`);
}

/** A list of `count` entries of which the tracer prints 128. */
function cutList(capture: Capture, dma: number, count: number): Capture {
  const all = Array.from({ length: count }, (_, i) => `0x${(0x10000 + i * 0x2000).toString(16)}`);
  const printed = all.slice(0, 128).join(',');
  return capture.line(
    `dma_map_sg: ${NIC} dir=TO_DEVICE nents=128/${String(count)} ents=1/1 [TRUNCATED] dma_addrs={0x${dma.toString(16)}} ` +
      `sizes={0x${(count * PAGE).toString(16)}} phys_addrs={${printed}} attrs=`,
  );
}
const unmapCut = (capture: Capture, count: number): Capture => {
  const all = Array.from({ length: count }, (_, i) => `0x${(0x10000 + i * 0x2000).toString(16)}`);
  return capture.line(`dma_unmap_sg: ${NIC} dir=TO_DEVICE phys_addrs={${all.join(',')}} attrs=`);
};

describe('Assembler: late unmaps and lists', () => {
  it('a list takes the address of a page whose unmap is late', () => {
    const withEvents = new Capture()
      .in('one-1')
      .iommuMap(A)
      .map(A)
      .iommuUnmap(A)
      .in('two-2')
      .iommuMap(A, SIZE, 0x5000)
      .list('map', A, PAGES)
      .in('one-1')
      .unmap(A)
      .in('two-2')
      .list('unmap', A, PAGES)
      .iommuUnmap(A, SIZE);
    expect(shown(withEvents)).to.deep.equal(['map 2', 'unmap 2 at 5', 'map 5', 'unmap 5 at 7']);
    expect(ruled(withEvents)).to.deep.equal([]);
    const alone = new Capture()
      .in('one-1')
      .map(A)
      .in('two-2')
      .list('map', A, PAGES)
      .wait(-0.999)
      .in('one-1')
      .unmap(A)
      .in('two-2')
      .list('unmap', A, PAGES);
    expect(shown(alone)).to.deep.equal(['map 1', 'unmap 1 at 2!', 'map 2', 'unmap 2 at 4']);
    expect(ruled(alone)).to.deep.equal([]);
  });

  it('the unmap of the list comes first', () => {
    const capture = new Capture()
      .in('one-1')
      .map(A)
      .in('two-2')
      .list('map', A, PAGES)
      .wait(-0.999)
      .list('unmap', A, PAGES)
      .in('one-1')
      .unmap(A);
    expect(shown(capture).slice(-2)).to.deep.equal(['map 2', 'unmap 2 at 3']);
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('a cut list takes and leaves it', () => {
    const capture = new Capture().in('one-1').map(A).in('two-2');
    cutList(capture, A, 200).wait(-0.999).in('one-1').unmap(A).in('two-2');
    unmapCut(capture, 200);
    expect(shown(capture)).to.deep.equal(['map 1', 'unmap 1 at 2!', 'map 2', 'unmap 2 at 4']);
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('pages whose addresses are inside of the list', () => {
    const capture = new Capture()
      .in('one-1')
      .map(A + PAGE)
      .map(A + 2 * PAGE)
      .in('two-2')
      .list('map', A, PAGES)
      .wait(-0.999)
      .in('one-1')
      .unmap(A + PAGE)
      .unmap(A + 2 * PAGE)
      .in('two-2')
      .list('unmap', A, PAGES);
    expect(shown(capture).slice(-3)).to.deep.equal([
      'unmap 1 at 4',
      'unmap 2 at 5',
      'unmap 3 at 6',
    ]);
    expect(ruled(capture)).to.deep.equal([]);
  });

  for (const [name, map, unmap] of [
    ['a list', (c: Capture) => c.list('map', A, PAGES), (c: Capture) => c.list('unmap', A, PAGES)],
    ['a cut list', (c: Capture) => cutList(c, A, 200), (c: Capture) => unmapCut(c, 200)],
  ] as const)
    it(`the unmap of ${name} is late itself, where the clocks of two CPUs differ`, () => {
      for (const isList of [false, true]) {
        const capture = map(new Capture().in('one-1')).in('two-2').wait(-0.999);
        const next = [0x21000];
        if (isList) capture.list('map', A, next);
        else capture.map(A, PAGE, other);
        unmap(capture.wait(-0.998).in('one-1')).in('two-2');
        if (isList) capture.list('unmap', A, next);
        else capture.unmap(A);
        expect(ruled(capture), String(isList)).to.deep.equal([]);
        expect(shown(capture), String(isList)).to.deep.equal([
          'map 1',
          'unmap 1 at 2!',
          'map 2',
          'unmap 2 at 4',
        ]);
        expect(capture.read().assembler.counts).to.include({ superseded: 0, unpairedUnmaps: 0 });
      }
    });

  it('its iommu:unmap belongs to the list that is late', () => {
    const capture = new Capture()
      .in('one-1')
      .iommuMap(A, SIZE, 0x5000)
      .list('map', A, PAGES)
      .in('two-2')
      .iommuMap(A, PAGE, other.phys)
      .map(A, PAGE, other)
      .wait(-1.998)
      .in('one-1')
      .list('unmap', A, PAGES)
      .iommuUnmap(A, SIZE)
      .in('two-2')
      .iommuUnmap(A)
      .unmap(A);
    expect(ruled(capture)).to.deep.equal([]);
    expect(capture.read().assembler.counts).to.include({
      ...{ matchedMaps: 2, matchedUnmaps: 2, unpairedUnmaps: 0, superseded: 0 },
    });
    const account = capture.account();
    expect(account.unmaps).to.include({ different: 0, second: 0, notMapped: 0 });
    expect(account.neverUnmapped.sorted()).to.have.lengthOf(0);
  });

  it('the same memory is mapped at the same address again', () => {
    const capture = new Capture().in('one-1').list('map', A, PAGES).in('two-2').wait(-0.999);
    capture.list('map', A, PAGES).wait(-0.999).in('one-1').list('unmap', A, PAGES);
    capture.in('two-2').list('unmap', A, PAGES);
    expect(shown(capture)).to.deep.equal(['map 1', 'unmap 1 at 2!', 'map 2', 'unmap 2 at 4']);
    expect(ruled(capture)).to.deep.equal([]);
  });

  it('an unmap with other entries, and a lost one, are told as before', () => {
    const wrong = new Capture().list('map', A, PAGES).list('unmap', A, PAGES.slice(1));
    expect(ruled(wrong)).to.deep.equal([]);
    const lost = new Capture()
      .in('one-1')
      .list('map', A, PAGES)
      .in('two-2')
      .list('map', A, [0x21000]);
    expect(ruled(lost.list('unmap', A, [0x21000]))).to.deep.equal(['mapped-again 2']);
  });
});
