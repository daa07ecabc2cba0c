// SPDX-License-Identifier: GPL-2.0-only
// Whatever event a tracer prints, in whichever layout, reads back as that event.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { ALL_ONES, DIRECTIONS, DMA_ATTRS, parseLine, type MapPage, type UnmapPage } from '../src';
import { formatEvent, type Layout, type Printable } from './format-event';

const MMIO = DMA_ATTRS.get('MMIO') ?? 0;

/** A task name: up to 15 bytes of anything, though padding hides its outer spaces. */
const comm = fc
  .string({ minLength: 1, maxLength: 15, unit: 'grapheme-ascii' })
  .filter((name) => name.trim() === name && name !== '');
const head = {
  line: fc.nat(),
  comm,
  pid: fc.nat(4_194_304),
  cpu: fc.nat(8191),
  flags: fc.constantFrom('.....', 'd.h1.', 'dNH..', 'bN.1.', '....', 'd.s1', 'dNh.'),
  timeNs: fc.oneof(
    fc.maxSafeNat(),
    fc.nat(2 ** 31 - 1).map((us) => us * 1000),
  ),
};
const address = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(ALL_ONES));
const size = fc.nat();
const device = fc.constantFrom('0000:00:05.0', 'virtio0', 'fe000000.usb-phy', '3f980000.usb');
const dir = fc.constantFrom(...DIRECTIONS);
const attrs = fc.subarray([...DMA_ATTRS.values()]).map((bits) => bits.reduce((a, b) => a | b, 0));
const call = fc.constantFrom('page', 'phys', 'resource');
const prot = fc.nat(7);
const classSize = fc.constantFrom(4096, 16384, 131072);
const slot = fc.nat(1023);

/** Far enough from the top that the end of a printed range is below 2^53. */
const iova = fc.nat({ max: 2 ** 52 });

interface Sample {
  event: Printable;
  newer: boolean;
}

const as = <T extends Printable['kind']>(kind: T): fc.Arbitrary<T> => fc.constant(kind);
const either = <T extends Printable>(event: fc.Arbitrary<T>): fc.Arbitrary<Sample> =>
  fc.record({ event, newer: fc.boolean() });

const samples: Record<string, fc.Arbitrary<Sample>> = {
  iommuMap: either(fc.record({ ...head, kind: as('iommuMap'), iova, paddr: address, size })),
  iommuUnmap: either(fc.record({ ...head, kind: as('iommuUnmap'), iova, size, unmapped: size })),
  mapPage: fc
    .record({
      ...head,
      kind: as('mapPage'),
      call,
      device,
      dir,
      dmaAddr: address,
      size,
      phys: address,
      attrs,
      otherAttrs: fc.constant(''),
    })
    .map((event) => withResource(event)),
  unmapPage: fc
    .record({
      ...head,
      kind: as('unmapPage'),
      call,
      device,
      dir,
      dmaAddr: address,
      size,
      attrs,
      otherAttrs: fc.constant(''),
    })
    .map((event) => withResource(event)),
  mapSg: fc
    .record({
      ...head,
      kind: as('mapSg'),
      device,
      dir,
      segments: fc.array(fc.tuple(address, size), { maxLength: 128 }),
      physAddrs: fc.array(address, { maxLength: 128 }),
      more: fc.nat(500),
      attrs,
      otherAttrs: fc.constant(''),
      newer: fc.boolean(),
    })
    .map(({ segments, more, newer, ...rest }) => {
      const untraced = newer ? more : 0;
      const event = {
        ...rest,
        nents: rest.physAddrs.length + untraced,
        ents: segments.length,
        truncated: untraced > 0,
        dmaAddrs: segments.map(([dmaAddr]) => dmaAddr),
        sizes: segments.map(([, length]) => length),
      };
      return { event, newer };
    }),
  unmapSg: either(
    fc.record({
      ...head,
      kind: as('unmapSg'),
      device,
      dir,
      physAddrs: fc.array(address),
      attrs,
      otherAttrs: fc.constant(''),
    }),
  ),
  obsMapPage: either(
    fc.record({
      ...head,
      kind: as('obsMapPage'),
      device,
      dir,
      phys: address,
      size,
      attrs: fc.nat(),
      dmaAddr: address,
    }),
  ),
  obsUnmapPage: either(
    fc.record({
      ...head,
      kind: as('obsUnmapPage'),
      device,
      dir,
      dmaAddr: address,
      size,
      attrs: fc.nat(),
    }),
  ),
  obsMapSg: either(
    fc.record({
      ...head,
      kind: as('obsMapSg'),
      device,
      dir,
      sgl: fc.constant('ffff888000a52000'),
      nents: fc.nat(),
      total: size,
      attrs: fc.nat(),
      ret: fc.integer(),
      dmaAddr: address,
      dmaLength: size,
    }),
  ),
  obsPoolTake: either(
    fc.record({
      ...head,
      kind: as('obsPoolTake'),
      from: fc.constantFrom('cache' as const, 'empty' as const),
      classSize,
      slot,
      prot,
    }),
  ),
  obsPoolMap: either(
    fc.record({
      ...head,
      kind: as('obsPoolMap'),
      classIndex: fc.nat(5),
      classSize,
      slot,
      size,
      prot,
      iova: address,
    }),
  ),
  obsPoolUnmap: either(
    fc.record({ ...head, kind: as('obsPoolUnmap'), classSize, slot, prot, dmaAddr: address }),
  ),
};

/** The name of the event says `resource`, or an attribute. */
function withResource<T extends Omit<MapPage | UnmapPage, 'resource'>>(
  event: T,
): { event: T & { resource: boolean }; newer: boolean } {
  const resource = event.call === 'resource' || (event.attrs & MMIO) !== 0;
  return { event: { ...event, resource }, newer: true };
}

describe('a printed event', () => {
  for (const layout of ['ftrace', 'ftrace-tgid', 'trace-cmd', 'perf'] as Layout[])
    for (const [kind, sample] of Object.entries(samples))
      it(`reads back: ${kind} in the layout of ${layout}`, () => {
        fc.assert(
          fc.property(sample, ({ event, newer }) => {
            // perf prints no flags.
            const wanted = layout === 'perf' ? { ...event, flags: '' } : event;
            expect(parseLine(formatEvent(event, layout, newer), event.line)).to.deep.equal(wanted);
          }),
          { numRuns: 60 },
        );
      });

  it('never reads as another event when the line is cut anywhere before its last field', () => {
    const sample = samples['mapSg'];
    if (sample === undefined) throw new Error('no sample');
    fc.assert(
      fc.property(sample, fc.double({ min: 0, max: 1, noNaN: true }), ({ event, newer }, part) => {
        const whole = formatEvent(event, 'ftrace', newer);
        const cut = whole.slice(0, Math.floor(part * whole.indexOf(' attrs=')));
        const read = parseLine(cut, 1);
        if (read !== null && read !== 'unparsed') expect(read.kind).to.equal('other');
      }),
    );
  });

  it('makes an event, nothing or `unparsed` of any text, and never throws', () => {
    // Not `unit: 'binary'`, whose table of 1.1 million strings stays: each later garbage collection looks at them all.
    const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((c) => String.fromCodePoint(c));
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), (text) => {
        const read = parseLine(text, 1);
        if (read !== null && read !== 'unparsed') expect(read.line).to.equal(1);
      }),
      { numRuns: 500 },
    );
  });
});
