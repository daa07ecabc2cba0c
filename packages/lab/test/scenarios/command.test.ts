// SPDX-License-Identifier: GPL-2.0-only
// `fio --scenario` and `fio --workload` as a user types them, and what they refuse.

import { expect } from 'chai';
import type { DevicesDocument, NetDocument } from '@iommu-bounce/simulation';
import { expectDevices, printed } from './printed';
import { cli } from '../commands/run-cli';

const LONG = process.env['TEST_LONG'] === '1';

describe('iommu-bounce fio --scenario and --workload', function () {
  this.timeout(400_000);

  if (LONG)
    it('print many devices, without data @long', async () => {
      const args = ['--scenario', 'devices', '--no-data', '--cpus', '2'];
      const document = (await printed(...args)) as DevicesDocument;
      expect(document).to.deep.include({ scenario: 'devices', cpus: 2, data_moved: false });
      expectDevices(document, '256 devices');
    });

  it('take policies, fixes, costs and the card’s parameters for a network card', async () => {
    const document = (await printed(
      ...['--workload', 'net-rx', '--packets', '1000', '--policy', 'pool', '--fix', 'copy-in'],
      ...['--set', 'nicBytesPerS=1e8', '--set', 'vmexitNs=5000'],
    )) as NetDocument;
    expect(document.runs.map(({ policy, fixes }) => [policy, fixes])).to.deep.equal([
      ['pool', []],
      ['pool+fixes', ['copy-in']],
    ]);
    expect(document.nic.nicBytesPerS).to.equal(1e8);
    expect(document.cost.vmexitNs).to.equal(5000);
    const [plain, fixed] = document.runs;
    expect(fixed?.copies).to.be.above(1.5 * (plain?.copies ?? Infinity));
  });

  it('print the same bytes for the same seed @long-only', async () => {
    const once = async (seed: string): Promise<string> =>
      (
        await cli(
          ...['fio', '--workload', 'net-rx', '--packets', '1000'],
          ...['--policy', 'pool', '--seed', seed, '--json'],
        )
      ).out;
    const three = await once('3');
    expect(await once('3')).to.equal(three);
    expect(three).not.to.equal(await once('4'));
  });

  for (const [args, says] of [
    [['--scenario', 'everything'], /--scenario: expected devices or nosync, got 'everything'/],
    [['--workload', 'net'], /--workload: expected net-rx or net-tx, got 'net'/],
    [['--scenario', 'nosync', '--workload', 'net-rx'], /expected one of the two/],
    [['--scenario', 'devices', 'some.fio'], /some\.fio: a job file and --scenario devices/],
    [['--scenario', 'devices', '--bs', '4k'], /--bs: says nothing about --scenario devices/],
    [['--scenario', 'devices', '--policy', 'pool'], /--policy: says nothing about --scenario/],
    [['--scenario', 'nosync', '--cpus', '2'], /--cpus: says nothing about --scenario nosync/],
    [['--scenario', 'nosync', '--no-data'], /--no-data: says nothing about --scenario nosync/],
    [['--scenario', 'devices', '--set', 'nicRxNs=500'], /--set nicRxNs=500: .*no network card/],
    [['--scenario', 'devices', '--seed', 'x'], /--seed: expected a whole number/],
    [['--scenario', 'devices', '--layout', 'neat'], /--layout: expected/],
    [['--workload', 'net-rx', '--iodepth', '4'], /--iodepth: says nothing about --workload net-rx/],
    [['--workload', 'net-rx', '--packets', '5'], /--packets: expected a whole number from 1000/],
    [
      ['--workload', 'net-rx', '--policy', 'none!'],
      /--policy: policy 'none!' is unknown, expected none/,
    ],
    [
      ['--workload', 'net-rx', '--set', 'nicTurbo=1'],
      /--set: card parameter 'nicTurbo' is unknown, expected nicBytesPerS/,
    ],
    [
      ['--workload', 'net-rx', '--set', 'nicRxNs=1'],
      /nicRxNs: expected a number from 100 to 20000/,
    ],
    [['--workload', 'net-rx', '--set', 'nicRxNs'], /nicRxNs: expected a number .*got ''/],
    [['--workload', 'net-rx', '--set', 'vmexitNs=-5'], /vmexitNs/],
    [['--packets', '5000'], /--packets: expected --workload net-rx or net-tx/],
  ] as const)
    it(`refuse \`${args.join(' ')}\` with one line and status 2`, async () => {
      const { status, out, err } = await cli('fio', ...args, '--json');
      expect(err).to.match(/^iommu-bounce: [^\n]+\n$/);
      expect(err).to.match(says);
      expect([status, out]).to.deep.equal([2, '']);
    });
});

describe('iommu-bounce scenario and net', function () {
  this.timeout(400_000);

  it('print what the options of fio print @long', async () => {
    const net = ['--packets', '1000', '--policy', 'pool', '--seed', '3', '--json'];
    const byVerb = await cli('net', 'rx', ...net);
    expect(byVerb.status, byVerb.err).to.equal(0);
    expect(byVerb.out).to.equal((await cli('fio', '--workload', 'net-rx', ...net)).out);
    if (!LONG) return;
    const nosync = await cli('scenario', 'nosync', '--json');
    expect(nosync.status, nosync.err).to.equal(0);
    expect(nosync.out).to.equal((await cli('fio', '--scenario', 'nosync', '--json')).out);
  });

  for (const [args, says] of [
    [['scenario', 'everything'], /scenario: expected devices or nosync, got 'everything'/],
    [['scenario', 'constructor'], /scenario: expected devices or nosync/],
    [['scenario'], /missing required argument 'name'/],
    [['scenario', 'nosync', '--cpus', '2'], /--cpus: says nothing about scenario nosync/],
    [['scenario', 'nosync', '--set', 'nicRxNs=500'], /--set: says nothing about scenario nosync/],
    [['scenario', 'devices', '--set', 'nicRxNs=500'], /scenario devices has no network card/],
    [['net', 'both'], /net: expected rx or tx, got 'both'/],
    [['net', 'rx', '--packets', '1'], /--packets: expected/],
    [['net', 'rx', '--bs', '4k'], /unknown option '--bs'/],
  ] as const)
    it(`refuse ${args.join(' ')} with one line and status 2`, async () => {
      const { status, out, err } = await cli(...args);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.match(says);
      expect(err.trimEnd()).not.to.include('\n');
    });
});
