// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { cli } from './run-cli';

const LONG = process.env['TEST_LONG'] === '1';

interface Side {
  readonly policy: string;
  readonly invariants_checked: number;
  readonly wrong: readonly string[];
}

interface Document {
  readonly simulated: boolean;
  readonly comparisons: readonly {
    readonly base: string;
    readonly cost: { readonly vmexitNs: number };
    readonly rows: readonly {
      readonly sides: readonly Side[];
      readonly cpu: { readonly ratio: number };
      readonly faster: { readonly ratio: number };
    }[];
  }[];
}

describe('iommu-bounce compare', function () {
  this.timeout(LONG ? 300_000 : 20_000);

  it('refuses what it cannot compare in one line, status 2', async () => {
    for (const [args, expected] of [
      [['lazy-large'], /at least two policies/],
      [['lazy-large,pond'], /policy 'pond' is unknown/],
      [['pool,pool'], /pool twice/],
      [['swiotlb-force,lazy-large'], /no common base/],
      [['strict,lazy-large', '--base', '5.13'], /lazy-large does not run on 5\.13/],
      [['--base', '4.4'], /--base: base '4\.4' is unknown/],
      [['--pair', 'pool'], /--pair: expected two policies/],
      [['strict,pool', '--pair', 'pool,lazy'], /lazy is not among/],
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

  it('compares strict, lazy, lazy-large and pool unless told otherwise', async () => {
    const { out } = await cli('compare', '--help');
    expect(out.replace(/\s+/g, ' ')).to.include('(default: "strict,lazy,lazy-large,pool")');
  });

  if (LONG)
    // Two policies: docs/lazy-large-tables.md has the four, and its test compares them.
    it('compares on the machine that --set describes, and checks every run @long', async () => {
      const { status, out } = await cli(
        ...['compare', 'lazy,pool'],
        ...['--preset', 'laptop-virtio', '--set', 'vmexitNs=700', '--json'],
      );
      expect(status).to.equal(0);
      const { simulated, comparisons } = JSON.parse(out) as Document;
      expect(simulated).to.equal(true);
      expect(comparisons).to.have.length(1);
      expect(comparisons[0]?.base).to.equal('6.8');
      expect(comparisons[0]?.cost.vmexitNs).to.equal(700);
      expect(comparisons[0]?.rows).to.have.length(30);
      for (const { sides, cpu, faster } of comparisons[0]?.rows ?? []) {
        expect(sides.map(({ policy }) => policy).join()).to.equal('lazy,pool');
        expect(sides.every((one) => one.invariants_checked > 20)).to.equal(true);
        expect(sides.flatMap(({ wrong }) => wrong)).to.deep.equal([]);
        expect(cpu.ratio).to.be.within(0, 1);
        expect(faster.ratio).to.be.at.least(0.99);
      }
    });
});
