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
import { type Part, partsText } from '../../src/show/parts';
import { devicesParts } from '../../src/tables/devices';
import { netParts } from '../../src/tables/net';
import { nosyncParts } from '../../src/tables/nosync';
import { expectFits } from '../commands/run-cli';
import { expectValid } from '../schema';
import { printed } from '../scenarios/printed';

const LONG = process.env['TEST_LONG'] === '1';

function expectNarrow(text: string): void {
  for (const line of text.split('\n')) expect(Array.from(line).length, line).to.be.at.most(100);
}

/** On narrower and wider terminals, and in ASCII. */
function expectFolds(parts: readonly Part[]): void {
  for (const columns of [60, 80, 120]) {
    expectFits(partsText(parts, { columns, ascii: false }), columns);
    const text = partsText(parts, { columns, ascii: true });
    expectFits(text, columns);
    expect(text).to.match(/^[\n\x20-\x7e]*$/);
  }
}

describe('the tables of the scenarios', function () {
  this.timeout(400_000);

  it('show many devices in at most 100 columns', () => {
    // Devices and data take most of the time; the command's own count of devices is in docs/scenarios.md, without data.
    const machine = { ...MACHINE, moveData: LONG };
    const document = devicesExperiment(machine, undefined, LONG ? [1, 16] : [1]);
    expectValid('scenario', document);
    const text = partsText(devicesParts(document));
    expectFolds(devicesParts(document));
    expectNarrow(text);
    for (const word of [
      'per device, max peak',
      'arithmetic',
      ...(LONG ? ['16 devices'] : ['1 device']),
    ])
      expect(text).to.include(word);
    expect(text).not.to.include('WRONG');
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

  it('show drivers that do not sync in at most 100 columns', async () => {
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
