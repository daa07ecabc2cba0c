// SPDX-License-Identifier: GPL-2.0-only
// Drivers that sync and one that does not: data is lost exactly where it must be, byte for byte.

import { expect } from 'chai';
import { MAPPING_BYTES, type NosyncDocument, ROUNDS, nosyncExperiment } from '../../src/scenarios';
import { POLICIES } from '../../src/policies';
import { MACHINE } from '../../src/testing';

const LONG = process.env['TEST_LONG'] === '1';

/** Where a device sees other pages than the driver's. */
const BOUNCES = new Set([
  'swiotlb-force 65536',
  'swiotlb-force 262144',
  'swiotlb-dynamic 65536',
  'swiotlb-dynamic 262144',
  'pool 65536',
]);

describe('fio --scenario nosync', function () {
  this.timeout(60_000);
  let document: NosyncDocument;

  before(() => {
    document = nosyncExperiment(MACHINE);
  });

  it('tries every policy, size and driver', () => {
    expect(document.rows).to.have.length(POLICIES.length * MAPPING_BYTES.length * 3);
  });

  for (const layout of LONG
    ? (['fresh', 'fragmented', 'contiguous'] as const)
    : (['fresh'] as const))
    it(`loses every byte where the device uses a bounce buffer and the driver does not sync, and none elsewhere (${layout}) @long`, () => {
      const { rows } = layout === 'fresh' ? document : nosyncExperiment({ ...MACHINE, layout });
      for (const row of rows) {
        const bounces = BOUNCES.has(`${row.policy} ${String(row.bytes)}`);
        const place = `${row.policy}, ${String(row.bytes)}, ${row.driver}`;
        expect(row.mapping, place).to.equal(bounces ? 'bounce buffer' : 'own pages');
        const loses = bounces && row.driver === 'skips';
        expect(row.works, place).to.equal(!loses);
        const written = ROUNDS * row.bytes;
        expect(row.to_device, place).to.deep.equal({ bytes: written, lost: loses ? written : 0 });
        expect(row.from_device, place).to.deep.equal({ bytes: written, lost: loses ? written : 0 });
        expect(row.after_unmap, place).to.deep.equal({
          bytes: row.bytes,
          lost: loses ? row.bytes : 0,
        });
      }
    });

  it('has the pool and swiotlb=force lose alike', () => {
    const of = (policy: string): unknown =>
      document.rows
        .filter((row) => row.policy === policy && row.bytes === 65536)
        .map(({ driver, works, to_device, from_device }) => ({
          ...{ driver, works, to_device, from_device },
        }));
    expect(of('pool')).to.deep.equal(of('swiotlb-force'));
  });
});
