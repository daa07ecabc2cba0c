// SPDX-License-Identifier: GPL-2.0-only
// The kind of a byte, for each place and content.

import { expect } from 'chai';
import { contentOf, placeOf } from '@iommu-bounce/safety';
import { Classifier } from '../../src/oracle/classify';
import { PlaceNumber } from '../../src/oracle/kinds';
import type { LivePiece } from '../../src/oracle/live';
import { Origin, Origins } from '../../src/oracle/origins';
import { CAN_READ, CAN_WRITE } from '../../src/oracle/reach';
import { Runs } from '../../src/oracle/runs';

function words(kind: number | undefined): string {
  return kind === undefined || kind === 0 ? '' : `${placeOf(kind)} ${contentOf(kind)}`;
}

describe('Classifier', () => {
  const origins = new Origins();
  const own = origins.add(0);
  const earlier = origins.add(0);
  const toCome = origins.add(0);
  const foreign = origins.add(1);
  origins.give(own);
  origins.give(earlier);

  const live = (change: Partial<LivePiece> = {}): LivePiece => ({
    ...{ from: 0, to: 4096, domain: 0, mapping: own },
    ...{ mayRead: true, mayWrite: true, isCpus: false, ...change },
  });

  function kinds(
    tag: number,
    pieces: readonly LivePiece[],
    change: { readonly isBounce?: boolean; readonly rights?: number } = {},
  ): [string, string] {
    const classifier = new Classifier(origins);
    const seen = {
      ...{ domain: 0, rights: CAN_READ + CAN_WRITE },
      ...{ elsewhere: PlaceNumber.stale, isBounce: false, ...change },
    };
    classifier.classify(seen, new Runs(tag).list, pieces);
    return [words(classifier.reads.values[0]), words(classifier.writes.values[0])];
  }

  it('finds nothing wrong with a mapping that holds its own data, or what its device wrote', () => {
    expect(kinds(origins.byCpu(own), [live()])).to.deep.equal(['', '']);
    expect(kinds(origins.byDevice(own), [live()])).to.deep.equal(['', '']);
    expect(kinds(Origin.zero, [live()])).to.deep.equal(['', '']);
  });

  it('finds what else a mapping in force holds', () => {
    expect(kinds(origins.byCpu(earlier), [live()])).to.deep.equal(['live residue', '']);
    expect(kinds(origins.byCpu(toCome), [live()])).to.deep.equal(['live private', '']);
    expect(kinds(origins.byCpu(foreign), [live()])).to.deep.equal(['live other_domain', '']);
    expect(kinds(origins.byDevice(foreign), [live()])).to.deep.equal(['live other_domain', '']);
    expect(kinds(Origin.uninitialised, [live()])).to.deep.equal(['live uninitialised', '']);
  });

  it('finds accesses against the direction', () => {
    const readOnly = live({ mayWrite: false });
    expect(kinds(origins.byCpu(own), [readOnly])).to.deep.equal(['', 'direction driver_data']);
    expect(kinds(origins.byCpu(own), [readOnly], { isBounce: true })[1]).to.equal(
      'direction bounce',
    );
    expect(kinds(origins.byCpu(toCome), [live({ mayRead: false })])[0]).to.equal(
      'direction private',
    );
  });

  it('finds writes while the CPU has the bytes', () => {
    const taken = live({ isCpus: true });
    expect(kinds(origins.byDevice(own), [taken])).to.deep.equal(['', 'cpu driver_data']);
    expect(kinds(origins.byDevice(own), [taken], { isBounce: true })[1]).to.equal('cpu bounce');
  });

  it('names what lies outside of all mappings', () => {
    const outside = (tag: number): [string, string] => kinds(tag, []);
    expect(outside(Origin.zero)).to.deep.equal(['stale nothing', 'stale nothing']);
    expect(outside(Origin.private)).to.deep.equal(['stale private', 'stale private']);
    expect(outside(Origin.driverMetadata)[1]).to.equal('stale driver_metadata');
    expect(outside(Origin.osMetadata)[1]).to.equal('stale os_metadata');
    expect(outside(Origin.colocated)[1]).to.equal('stale colocated');
    expect(outside(origins.byCpu(earlier))).to.deep.equal(['stale residue', 'stale driver_data']);
    expect(outside(origins.byDevice(own))).to.deep.equal(['stale nothing', 'stale driver_data']);
    expect(outside(origins.byCpu(foreign))).to.deep.equal([
      'stale other_domain',
      'stale other_domain',
    ]);
  });

  it("takes another domain's mapping for no permission", () => {
    expect(kinds(origins.byCpu(foreign), [live({ domain: 1, mapping: foreign })])).to.deep.equal([
      'stale other_domain',
      'stale other_domain',
    ]);
  });

  it('finds nothing that the IOMMU does not let through', () => {
    expect(kinds(Origin.private, [], { rights: CAN_READ })).to.deep.equal(['stale private', '']);
    expect(kinds(Origin.private, [], { rights: CAN_WRITE })).to.deep.equal(['', 'stale private']);
  });

  it('cuts a page where mappings and origins begin and end', () => {
    const classifier = new Classifier(origins);
    const content = new Runs(Origin.private);
    content.set(1000, 2000, origins.byCpu(own));
    classifier.classify(
      { domain: 0, rights: CAN_READ, elsewhere: PlaceNumber.page, isBounce: false },
      content.list,
      [
        live({ from: 500, to: 1500 }),
        live({ from: 600, to: 700, domain: 1, mapping: foreign }),
        live({ from: 1900, to: 2100 }),
      ],
    );
    const { count, ends, values } = classifier.reads;
    const all = ends.slice(0, count).map((end, i) => `${String(end)} ${words(values[i])}`);
    expect(all).to.deep.equal([
      '500 page private',
      '1000 live private',
      '1500 ',
      '1900 page residue',
      '2000 ',
      '2100 live private',
      '4096 page private',
    ]);
  });
});
