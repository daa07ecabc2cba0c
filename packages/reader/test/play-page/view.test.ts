// SPDX-License-Identifier: GPL-2.0-only
// What the play page says and draws of frames, apart from the drawing.

import { expect } from 'chai';
import fc from 'fast-check';
import { changes } from '../../src/play/changes';
import { addressBars, clusters } from '../../src/play/view/address-map';
import { announcement } from '../../src/play/view/announce';
import { bytesView, mappingOfStep } from '../../src/play/view/bytes-view';
import { codeWindow } from '../../src/play/view/code-window';
import { linkFault, placeFromHash, placeToHash } from '../../src/play/view/link';
import { Reach } from '../../src/play/view/reach';
import { classView, indexText, slotParts } from '../../src/play/view/slot-cells';
import { visible, visibleLine } from '../../src/syntax/hidden';
import { grouped, sizeText, timeText } from '../../src/words';
import { IOVA_BASE, frame, klass, mapping, pool, range } from './hand-frames';

const READ = { state: 'in-use', access: 'RO' } as const;
const CACHED = { state: 'cached', access: 'RO' } as const;

describe('slotParts', () => {
  it('tells each state by a code that needs no colour', () => {
    const [part] = slotParts(
      klass(16, {
        0: READ,
        1: { ...CACHED, access: 'WO' },
        2: { ...CACHED, access: 'RW', old: true },
        3: { state: 'lost', access: 'RO' },
      }),
    );
    if (part?.kind !== 'cells') throw new Error('no cells');
    expect(part.cells.slice(0, 5).map(({ code }) => code)).to.deep.equal([
      'RO',
      'wo',
      'rw°',
      '✕',
      '·',
    ]);
    expect(part.cells[2]?.label).to.equal('slot 2: cached, old, RW');
  });

  it('leaves out what is empty of 1,024 slots, and says so', () => {
    const parts = slotParts(klass(1024, { 3: READ, 700: CACHED }));
    expect(
      parts.map((part) => (part.kind === 'cells' ? part.cells.length : part.text)),
    ).to.deep.equal([16, 'slots 16 to 695: empty', 8, 'slots 704 to 1,023: empty']);
  });

  it('draws at most 192 cells, and the rest as runs of one state', () => {
    const all = Object.fromEntries(
      Array.from({ length: 1024 }, (_, i) => [i, i < 1000 ? READ : CACHED]),
    );
    const parts = slotParts(klass(1024, all));
    expect(
      parts.map((part) => (part.kind === 'cells' ? part.cells.length : part.text)),
    ).to.deep.equal([192, 'slots 192 to 999: in use RO', 'slots 1,000 to 1,023: cached, young RO']);
  });

  it('shows each slot once, in a cell or in a run', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(999), { maxLength: 300 }), (used) => {
        const parts = slotParts(klass(1000, Object.fromEntries(used.map((i) => [i, READ]))));
        const shown = parts.flatMap((part) =>
          part.kind === 'cells'
            ? part.cells.map(({ index }) => index)
            : Array.from({ length: part.last - part.first + 1 }, (_, i) => part.first + i),
        );
        expect(shown).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i));
      }),
    );
  });

  it('marks what the step changed', () => {
    const [part] = slotParts(klass(8, { 2: READ }), klass(8));
    if (part?.kind !== 'cells') throw new Error('no cells');
    expect(part.cells.filter(({ changed }) => changed).map(({ index }) => index)).to.deep.equal([
      2,
    ]);
  });
});

describe('classView', () => {
  it('sums a class up', () => {
    const view = classView(klass(1024, { 0: READ, 1: CACHED, 2: { ...CACHED, old: true } }));
    expect(view.title).to.equal('4 KiB class');
    expect(view.summary).to.equal('1 in use; 1 cached, young; 1 cached, old; 1,021 empty');
    expect(view.lists.map(({ name, text }) => [name, text])).to.deep.equal([
      ['empty', '3 … 1,023'],
      ['cached RO', '1, 2'],
      ['cached WO', ''],
      ['cached RW', ''],
    ]);
  });

  it('writes lists in their order', () => {
    expect(indexText([7, 2, 1, 0, 4, 5, 6])).to.equal('7, 2, 1, 0, 4 … 6');
    expect(indexText([5, 3, 1, 9], 2)).to.equal('5, 3, and 2 more');
  });
});

describe('announcement', () => {
  const before = frame(0, { pools: [pool(klass(1024))] });
  const mapped = frame(1, {
    call: 'dma_map_page(dev 0, buf 1, 4096, DMA_TO_DEVICE)',
    pools: [pool(klass(1024, { 0: READ }))],
    mappings: [mapping(0)],
    counts: { requests: 1, exits: 1, copiedBytes: 0 },
  });

  it('says which slot a mapping takes, from which list, and what it costs', () => {
    expect(announcement(before, mapped, 'request')).to.equal(
      'dma_map_page of 4 KiB, to device: slot 0 of the 4 KiB class, taken from the empty list; 1 request',
    );
  });

  it('says where an unmapped slot goes, and what was copied', () => {
    const unmapped = frame(2, {
      call: 'dma_unmap_page(mapping 0)',
      pools: [pool(klass(1024, { 0: CACHED }))],
      ended: [mapping(0, { direction: 'both' })],
      copies: [{ from: 'bounce', bytes: 4096 }],
      counts: mapped.counts,
    });
    expect(announcement(mapped, unmapped, 'request')).to.equal(
      "dma_unmap_page of 4 KiB, both ways: 4 KiB copied back to the driver's memory; slot 0 of the 4 KiB class, " +
        'put first into the cached RO list; no request',
    );
  });

  it('says that a mapping falls back', () => {
    const direct = frame(1, {
      call: 'dma_map_page(dev 0, buf 1, 4096, DMA_TO_DEVICE)',
      pools: before.pools,
      mappings: [mapping(0, { dmaAddress: 0xff000000, bounced: false, slot: null })],
      counts: { requests: 1, exits: 1, copiedBytes: 0 },
    });
    expect(announcement(before, direct, 'driver call')).to.include(
      'mapped without a bounce buffer at 0xff000000; 1 driver call',
    );
  });

  it('says what a device did, without a word on requests', () => {
    const read = frame(2, {
      call: 'the device reads 4 bytes',
      result: '"old "',
      counts: mapped.counts,
    });
    expect(announcement(mapped, { ...read, mappings: mapped.mappings }, 'request')).to.equal(
      'the device reads 4 bytes: "old "',
    );
  });

  it('says what time does', () => {
    const [young, old] = [{ 0: CACHED, 1: CACHED }, { 0: { ...CACHED, old: true } }];
    const from = frame(1, { pools: [pool(klass(4, young))] });
    const to = frame(2, {
      call: '5000 ms pass',
      timeMs: 5000,
      pools: [pool(klass(4, old))],
      counts: { requests: 1, exits: 1, copiedBytes: 0 },
    });
    expect(announcement(from, to, 'request')).to.equal(
      '5000 ms pass: slot 0 of the 4 KiB class marked old; slot 1 of the 4 KiB class evicted; 1 request',
    );
    expect(changes(from, to).elapsedMs).to.equal(5000);
  });
});

describe('reachView', () => {
  const unwanted = range(IOVA_BASE, 4096, { wanted: false });
  const frames = [
    frame(0, { ranges: [range(IOVA_BASE, 4096)] }),
    frame(1, { timeMs: 100, ranges: [unwanted] }),
    frame(2, { timeMs: 350, ranges: [unwanted] }),
    frame(3, { timeMs: 400, ranges: [range(IOVA_BASE, 8192, { wanted: false })] }),
    frame(4, { timeMs: 400, ranges: [range(IOVA_BASE, 4096)] }),
    frame(5, { timeMs: 500, ranges: [unwanted] }),
  ];
  const at = (step: number) => new Reach((i) => frames[i] ?? frame(i)).view(step);

  it('says since when a range is reachable that no mapping wants', () => {
    expect(at(0).rows[0]?.unwanted).to.equal(null);
    expect(at(1).rows[0]?.text).to.equal(
      'reachable, but no driver mapping uses it, since this step',
    );
    expect(at(2).rows[0]?.text).to.equal('reachable, but no driver mapping uses it, for 250 ms');
  });

  it('knows the age of a part of a range that grew', () => {
    expect(at(3).rows[0]?.unwanted).to.deep.equal({ wholeMs: 0, oldestMs: 300, atLeast: false });
    expect(at(3).rows[0]?.fresh).to.equal(true);
  });

  it('begins anew after a mapping wanted it', () => {
    expect(at(5).rows[0]?.unwanted?.oldestMs).to.equal(0);
  });

  it('sums both up', () => {
    expect(at(0).summary).to.equal('The device can reach 4 KiB, and should.');
    expect(at(3)).to.include({ wantedBytes: 0, unwantedBytes: 8192 });
  });

  it('says "at least" where it stopped looking', () => {
    const long = (i: number) => frame(i, { timeMs: i, ranges: [unwanted] });
    expect(new Reach(long).view(300).rows[0]?.text).to.match(/for at least 100 ms$/);
    expect(new Reach(long).view(60).rows[0]?.text).to.match(/for 60 ms$/);
  });
});

describe('addressBars', () => {
  it('draws the whole space, then the pool, then what is mapped, each to scale', () => {
    const bars = addressBars(
      frame(1, { pools: [pool(klass(16))], ranges: [range(IOVA_BASE, 4096), range(0x1000, 4096)] }),
      'dev 0',
    );
    expect(bars[0]).to.include({ start: 0, end: 2 ** 32, from: 0, to: 1 });
    for (const bar of bars)
      for (const { x, width, region } of bar.marks) {
        const size = bar.end - bar.start;
        expect(x * size + bar.start).to.be.closeTo(Math.max(region.start, bar.start), 1);
        expect(width * size).to.be.closeTo(
          Math.min(region.end, bar.end) - Math.max(region.start, bar.start),
          1,
        );
      }
    expect(bars.slice(1).map((bar) => bar.marks.length)).to.deep.equal([2, 1, 2]);
  });

  it('shows nothing of another domain', () => {
    const other = frame(1, { ranges: [range(0x1000, 4096, { domain: 'dev 1' })] });
    expect(addressBars(other, 'dev 0').flatMap(({ marks }) => marks)).to.deep.equal([]);
  });

  it('has at most the bars asked for, in order, and each span in one of them', () => {
    const spans = fc.array(fc.tuple(fc.nat(2 ** 30), fc.integer({ min: 1, max: 2 ** 20 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 6 }), (all, most) => {
        const list = all.map(([start, size]) => ({ start, end: start + size }));
        const found = clusters(list, most);
        expect(found.length).to.be.within(1, most);
        for (const span of list)
          expect(
            found.filter((one) => one.start <= span.start && one.end >= span.end),
          ).to.have.length(1);
        for (const [i, one] of found.slice(1).entries())
          expect(one.start).to.be.above(found[i]?.end ?? 0);
      }),
    );
  });
});

describe('bytesView', () => {
  const before = frame(1, { mappings: [mapping(0, { original: [1, 2], reached: [0xaa, 0xaa] })] });
  const mapped = mapping(0, { original: [1, 2], reached: [1, 0xaa] });
  const after = frame(2, { mappings: [mapped], copies: [{ from: 'original', bytes: 1 }] });

  it('marks bytes that the step changed, and those that differ', () => {
    const view = bytesView(mapped, after, before);
    expect(view.reached).to.deep.equal([
      { text: '01', changed: true, differs: false },
      { text: 'aa', changed: false, differs: true },
    ]);
    expect(view).to.include({ copy: 'to-bounce', summary: 'Of the first 2 bytes, 1 differ.' });
  });

  it('turns to the mapping that a step is about', () => {
    const [one, two] = [mapping(1), mapping(2)];
    const old = frame(1, { mappings: [one] });
    expect(mappingOfStep(frame(2, { mappings: [one, two] }), old, one)?.id).to.equal(2);
    expect(mappingOfStep(frame(2, { mappings: [], ended: [one] }), old, null)?.id).to.equal(1);
    expect(mappingOfStep(after, before, null)?.id).to.equal(0);
    expect(mappingOfStep(frame(3), after, mapped)).to.equal(null);
  });
});

describe('codeWindow', () => {
  const text = [
    'export class pool_c {',
    '  private map_buffer(size: number): number {',
    ...Array.from({ length: 40 }, (_, i) => `    step${String(i)}();`),
    '  }',
    '}',
  ];
  const texts = new Map([['pool.ts', text]]);

  it('marks the present line and those that ran, and names the function', () => {
    const at = { path: 'pool.ts', line: 12 };
    const window = codeWindow(texts, at, [
      at,
      { path: 'pool.ts', line: 10 },
      { path: 'x', line: 11 },
    ]);
    expect(window.inside).to.equal('map_buffer');
    const marked = window.lines.filter(({ state }) => state !== 'other');
    expect(marked.map(({ number, state }) => [number, state])).to.deep.equal([
      [10, 'executed'],
      [12, 'present'],
    ]);
    expect(window.lines.find(({ number }) => number === 12)?.text).to.equal('step9();');
  });

  it('is without lines where the page lacks the file', () => {
    expect(codeWindow(texts, { path: 'other.ts', line: 3 }, []).lines).to.deep.equal([]);
  });
});

describe('the link to a step', () => {
  const places = fc.record({
    scenario: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
    step: fc.nat(2 ** 31),
    statement: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: null }),
    predict: fc.constant(true),
    seed: fc.nat(2 ** 32 - 1),
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(places, (place) => {
        const { statement, ...rest } = place;
        const told = statement === null ? rest : { ...rest, statement };
        expect(placeFromHash(`#${placeToHash(place)}`)).to.deep.equal(told);
      }),
    );
  });

  it('is left out where it is wrong', () => {
    expect(
      placeFromHash('#scenario=&step=-1&statement=0&seed=4294967296&predict=yes'),
    ).to.deep.equal({});
    expect(placeFromHash('#step=1e3&seed=x')).to.deep.equal({});
  });
});

describe('a wrong link', () => {
  it('is told field by field', () => {
    expect(linkFault('#scenario=nope&step=999&seed=x', 8, false)).to.equal(
      "This link is wrong: there is no scenario 'nope'; seed 'x': expected 0 to 4294967295.",
    );
    expect(linkFault('#scenario=reuse&step=9&statement=0', 8, true)).to.equal(
      "This link is wrong: step '9': expected 0 to 8; statement '0': expected a whole number from 1.",
    );
    expect(linkFault('#scenario=a\u202eb', 8, false)).to.include("'a[U+202E]b'");
  });

  it('is none where nothing is wrong', () => {
    for (const hash of ['', '#scenario=reuse&step=8&statement=3&predict=1&seed=7'])
      expect(linkFault(hash, 8, true)).to.equal('');
  });
});

describe('words', () => {
  it('keep sizes exact where they are small', () => {
    expect([0, 1, 4096, 4097, 135168, 2 ** 32].map(sizeText)).to.deep.equal([
      ...['0 bytes', '1 byte', '4 KiB', '4,097 bytes', '132 KiB', '4 GiB'],
    ]);
    expect([999, 5000, 5100, 10_600].map(timeText)).to.deep.equal([
      '999 ms',
      '5.0 s',
      '5.1 s',
      '10.6 s',
    ]);
    expect([1, 1024, 1048576].map(grouped)).to.deep.equal(['1', '1,024', '1,048,576']);
  });

  it('show what would turn the writing direction', () => {
    expect(visibleLine('a\u202eb\nc\td')).to.equal('a[U+202E]b[U+000A]c[U+0009]d');
    expect(visible('a\u202eb\nc\td')).to.equal('a[U+202E]b\nc\td');
    expect(visibleLine('\u{e0041}\ud800x')).to.equal('[U+E0041][U+D800]x');
  });
});
