// SPDX-License-Identifier: GPL-2.0-only
// The scenarios' documents, of the command where it is quick: what their schema describes, and what the tables show.

import { expect } from 'chai';
import {
  devicesExperiment,
  type NetDocument,
  type NosyncDocument,
  nosyncExperiment,
  policiesNamed,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { MACHINE } from '@iommu-bounce/simulation/testing';
import { partsText } from '../../src/show/parts';
import { netParts } from '../../src/tables/net';
import { nosyncParts } from '../../src/tables/nosync';
import { expectValid } from '../schema';
import { expectDevices, expectFolds, expectNarrow, printed } from '../scenarios/printed';

const LONG = process.env['TEST_LONG'] === '1';

describe('the tables of the scenarios @long', function () {
  this.timeout(400_000);

  if (LONG)
    it('show many devices in at most 100 columns', () => {
      // With data; the command's own count of devices, without, is in scenarios/command.test.ts.
      const document = devicesExperiment(MACHINE, undefined, [4]);
      expectValid('scenario', document);
      expectDevices(document, '4 devices');
    });

  for (const shape of ['rx', 'tx'] as const)
    it(`show net-${shape} in at most 100 columns`, async () => {
      const args = ['--workload', `net-${shape}`, '--packets', LONG ? '2000' : '1000'];
      if (!LONG) args.push('--policy', shape === 'rx' ? 'strict,pool' : 'none,pool');
      const document = (await printed(...args)) as NetDocument;
      expect(document.workload).to.equal(`net-${shape}`);
      expect(document.runs.map(({ policy }) => policy)).to.include.members(
        LONG ? ['none', 'lazy-large', 'pool'] : ['pool'],
      );
      for (const run of document.runs) expect(wrongsOf(run), run.policy).to.deep.equal([]);
      const text = partsText(netParts(document));
      expectFolds(netParts(document));
      expectFolds(netParts(document));
      expectNarrow(text);
      expect(text).to.match(
        /^Simulated: pool has the highest throughput.*[^]*\n\nSimulated, not measured/,
      );
      expect(text).not.to.include('WRONG');
    });

  it('show drivers that do not sync in at most 100 columns @long-only', async () => {
    const document = LONG
      ? ((await printed('--scenario', 'nosync', '--seed', '7')) as NosyncDocument)
      : nosyncExperiment({ ...MACHINE, seed: 7 }, policiesNamed('lazy,pool'));
    expectValid('scenario', document);
    expect([document.scenario, document.seed]).to.deep.equal(['nosync', 7]);
    const text = partsText(nosyncParts(document));
    expectFolds(nosyncParts(document));
    expectNarrow(text);
    expect(text).to.match(/pool +│ 64k +│ a bounce buffer +│ loses data │ works +│ works/);
    expect(text).to.match(/pool +│ 256k +│ the driver's pages │ works +│ works +│ works/);
  });
});
