// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { BreakEvenModel, preset } from '@iommu-bounce/simulation';
import { cli } from './run-cli';

describe('BreakEvenModel', () => {
  const bare = new BreakEvenModel({ iommu: 'bare-metal', layout: 'contiguous', direction: 'read' });
  const vtd = preset('bare-metal-vtd');

  it('finds the size where both cost the same', () => {
    const { bytes, copyingWins } = bare.find(vtd);
    expect(copyingWins).to.equal('below');
    const { strict, pool } = bare.times(bytes ?? 0, vtd);
    expect(strict).to.be.closeTo(pool, 1e-3);
    expect(bare.advantage((bytes ?? 0) / 2, vtd)).to.be.greaterThan(1);
    expect(bare.advantage((bytes ?? 0) * 2, vtd)).to.be.below(1);
  });

  it('knows that copying may always win, or never', () => {
    expect(bare.find({ ...vtd, iommuUnmapPageNs: 594 }).copyingWins).to.equal('always');
    expect(bare.find({ ...vtd, poolMapNs: 1e5 }).copyingWins).to.equal('never');
  });

  it('finds a size below a page', () => {
    const { bytes } = bare.find({ ...vtd, invalidateNs: 200, dmaMapNs: 50, dmaUnmapNs: 50 });
    expect(bytes).to.be.within(1, 4096);
  });

  it('gives the elasticity that a small step shows', () => {
    const { of, list } = bare.elasticities(vtd);
    expect(of).to.equal('break_even_bytes');
    const e = list.find((one) => one.name === 'invalidateNs')?.elasticity ?? NaN;
    const moved = bare.find({ ...vtd, invalidateNs: vtd.invalidateNs * 1.001 }).bytes ?? NaN;
    expect(Math.log(moved / (bare.find(vtd).bytes ?? NaN)) / Math.log(1.001)).to.be.closeTo(
      e,
      0.02,
    );
  });

  it('is moved by vmexits and unpinning behind virtio-iommu, by invalidations on bare metal @long-only', () => {
    const virtio = new BreakEvenModel({
      iommu: 'virtio-iommu',
      layout: 'contiguous',
      direction: 'read',
    });
    const names = (model: BreakEvenModel) => model.sensitivity(vtd).map((row) => row.name);
    expect(names(virtio)).to.deep.equal(['vmexitNs', 'unpinNs', 'copyColdBytesPerS']);
    expect(names(bare)).to.include('invalidateNs');
    const cheap = { ...preset('laptop-virtio'), unpinNs: 100, pinNs: 100 };
    const [vmexit] = virtio.sensitivity(cheap);
    const sizes = vmexit?.at.map((one) => one.break_even.bytes ?? Infinity) ?? [];
    expect([...sizes].sort((a, b) => a - b)).to.deep.equal(sizes);
    expect(sizes.at(-1)).to.be.greaterThan(sizes[0] ?? Infinity);
  });
});

describe('iommu-bounce breakeven', () => {
  it('prints one document', async () => {
    const { status, out } = await cli('breakeven', '--preset', 'bare-metal-vtd', '--json');
    expect(status).to.equal(0);
    const d = JSON.parse(out) as Record<string, unknown>;
    expect(d).to.include({ preset: 'bare-metal-vtd', copying_wins: 'below', layout: 'contiguous' });
    expect(d['break_even_bytes']).to.be.within(4096, 32768);
  });

  it('has one name for a layout, and takes the older one @long-only', async () => {
    const { out } = await cli('breakeven', '--layout', 'fresh-boot', '--json');
    expect((JSON.parse(out) as { layout: string }).layout).to.equal('fresh');
    expect((await cli('breakeven', '--help')).out).to.not.include('fresh-boot');
  });

  it('says that it is a model, and what moves the size most', async () => {
    const { out } = await cli(
      'breakeven',
      '--set',
      'unpinNs=100',
      '--set',
      'pinNs=100',
      '--layout',
      'contiguous',
    );
    expect(out)
      .to.include('not measured')
      .and.to.match(/\w+\s+moves\s+it\s+most\.$/m);
    expect(out).to.include('vmexitNs').and.to.include('unpinNs');
  });

  for (const [args, message] of [
    [
      ['--preset', 'x'],
      "--preset: preset 'x' is unknown, expected laptop-virtio, bare-metal-vtd, bare-metal-smmuv3",
    ],
    [['--set', 'vmexitNs=1'], '--set: vmexitNs: expected 700 to 20000 ns, got 1'],
    [['--layout', 'x'], "--layout: expected one of contiguous, fresh, fragmented, got 'x'"],
    [['--costs', '/nonexistent'], '/nonexistent: no such file, expected cost parameters'],
  ] as const)
    it(`ends with status 2: ${args.join(' ')}`, async () => {
      const { status, out, err } = await cli('breakeven', ...args);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err.trimEnd()).to.equal(`iommu-bounce: ${message}`);
    });
});

describe('iommu-bounce calibrate', () => {
  it('refuses numbers that are none', async () => {
    const { status, err } = await cli('calibrate', '--seed', '-1');
    expect(status).to.equal(2);
    expect(err).to.include("--seed: expected a whole number from 0 to 2147483647, got '-1'");
  });
});
