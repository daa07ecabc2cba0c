// SPDX-License-Identifier: GPL-2.0-only
// The scenarios' documents: what their schema describes, and what the tables of the terminal show.

import { expect } from 'chai';
import {
  DEVICE_COUNTS,
  devicesExperiment,
  netExperiment,
  nicParameters,
  nosyncExperiment,
  policiesNamed,
  type ScenarioMachine,
} from '@iommu-bounce/simulation';
import { COSTS } from '@iommu-bounce/simulation/testing';
import { partsText } from '../../src/show/parts';
import { devicesParts } from '../../src/tables/devices';
import { netParts, netWrongs } from '../../src/tables/net';
import { nosyncParts } from '../../src/tables/nosync';
import { expectValid } from '../scenarios/schema';

const LONG = process.env['TEST_LONG'] === '1';

const MACHINE: ScenarioMachine = {
  preset: 'laptop-virtio',
  cost: COSTS,
  cpus: 4,
  layout: 'fresh',
  seed: 1,
  moveData: true,
};

function expectNarrow(text: string): void {
  for (const line of text.split('\n')) expect(Array.from(line).length, line).to.be.at.most(100);
}

describe('the tables of the scenarios', function () {
  this.timeout(120_000);

  it('show many devices in at most 100 columns', () => {
    // 256 devices take most of the time.
    const document = devicesExperiment(MACHINE, undefined, LONG ? DEVICE_COUNTS : [1, 16]);
    expectValid(document);
    const text = partsText(devicesParts(document));
    expectNarrow(text);
    for (const word of [
      '16 devices',
      'per device, max peak',
      'arithmetic',
      ...(LONG ? ['148.1 MiB'] : []),
    ])
      expect(text).to.include(word);
    expect(text).not.to.include('WRONG');
  });

  for (const shape of ['rx', 'tx'] as const)
    it(`show net-${shape} in at most 100 columns`, () => {
      const document = netExperiment({
        ...MACHINE,
        shape,
        packets: 2000,
        policies: policiesNamed('all'),
        nic: nicParameters(),
      });
      expectValid(document);
      for (const run of document.runs) expect(netWrongs(run), run.policy).to.deep.equal([]);
      const text = partsText(netParts(document));
      expectNarrow(text);
      expect(text).to.match(/^Simulated, not measured/);
      expect(text).not.to.include('WRONG');
    });

  it('show drivers that do not sync in at most 100 columns', () => {
    const document = nosyncExperiment(MACHINE);
    expectValid(document);
    const text = partsText(nosyncParts(document));
    expectNarrow(text);
    expect(text).to.match(/pool +│ 64k +│ a bounce buffer +│ loses data │ works +│ works/);
    expect(text).to.match(/pool +│ 256k +│ the driver's pages │ works +│ works +│ works/);
  });
});
