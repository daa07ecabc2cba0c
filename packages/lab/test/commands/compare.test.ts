// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { cli } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';

describe('iommu-bounce compare', function () {
  this.timeout(LONG ? 300_000 : 20_000);

  it('refuses what it cannot compare in one line, status 2', async () => {
    for (const [args, expected] of [
      [['lazy-large'], /two policies/],
      [['lazy-large,pool,none'], /two policies/],
      [['lazy-large,pond'], /policy 'pond' is unknown/],
      [['pool,pool'], /two different policies/],
      [['--preset', 'mainframe'], /--preset/],
      [['--json', '--markdown'], /one of the two/],
      [['--set', 'vmexitNs=-1'], /vmexitNs/],
    ] as const) {
      const { status, out, err } = await cli('compare', ...args);
      expect(status, args.join(' ')).to.equal(2);
      expect(out).to.equal('');
      expect(err.trimEnd().split('\n')).to.have.length(1);
      expect(err).to.match(expected);
    }
  });

  if (LONG)
    it('compares on the machine that --set describes', async () => {
      const { status, out } = await cli(
        'compare',
        ...['--preset', 'laptop-virtio', '--set', 'vmexitNs=700', '--json'],
      );
      expect(status).to.equal(0);
      const { simulated, comparisons } = JSON.parse(out) as {
        simulated: boolean;
        comparisons: { cost: { vmexitNs: number }; rows: { cpu: number; faster: number }[] }[];
      };
      expect(simulated).to.equal(true);
      expect(comparisons).to.have.length(1);
      expect(comparisons[0]?.cost.vmexitNs).to.equal(700);
      expect(comparisons[0]?.rows).to.have.length(30);
      for (const { cpu, faster } of comparisons[0]?.rows ?? []) {
        expect(cpu).to.be.within(0, 1);
        expect(faster).to.be.at.least(0.999);
      }
    });
});
