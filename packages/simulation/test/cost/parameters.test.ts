// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  COST_PARAMETERS,
  PRESET_NAMES,
  costParameters,
  parseCostFile,
  parseAssignment,
  preset,
  presetInfo,
  presetNamed,
  priorOf,
} from '../../src/cost';
import { InputError } from '../../src/errors';

const FIGURES = readFileSync(
  join(__dirname, '../../../../test-fixtures/figures/cost-figures.md'),
  'utf8',
);

describe('COST_PARAMETERS', () => {
  for (const p of COST_PARAMETERS)
    it(`has a range, a default in it, a source and a purpose for ${p.name}`, () => {
      expect(p.min).to.be.greaterThan(0).and.lessThan(p.max);
      expect(p.default).to.be.within(p.min, p.max);
      expect(p.what).to.have.length.greaterThan(20);
      expect(p.source).to.match(/^(assumption|cost-figures\.md: )/);
    });

  it('names rows that the figures have', () => {
    const rows = COST_PARAMETERS.flatMap(
      (p) => /cost-figures\.md: ([\w-]+ ?[\w-]*)/.exec(p.source)?.[1] ?? [],
    );
    expect(rows).to.have.length.greaterThan(8);
    for (const row of rows) expect(FIGURES, row).to.include(row);
  });

  it('names each parameter once', () => {
    const names = COST_PARAMETERS.map((p) => p.name);
    expect(new Set(names).size).to.equal(names.length);
    expect(Object.keys(preset('laptop-virtio')).sort()).to.deep.equal([...names].sort());
  });
});

describe('the drive', () => {
  it('can be one of today, which calibration does not draw', () => {
    expect(parseAssignment('nvmeIops=3000000')).to.deep.equal({ nvmeIops: 3e6 });
    expect(parseAssignment('nvmeBytesPerS=16e9')).to.deep.equal({ nvmeBytesPerS: 16e9 });
    expect(() => parseAssignment('nvmeIops=3000001')).to.throw(/expected 60000 to 3000000 I\/Os/);
    expect(priorOf('nvmeIops')).to.deep.equal([60_000, 500_000]);
    expect(priorOf('pinNs')).to.deep.equal([100, 1100]);
  });
});

describe('preset', () => {
  for (const name of PRESET_NAMES)
    it(`keeps ${name} inside the ranges`, () => {
      const values = preset(name);
      for (const p of COST_PARAMETERS) expect(values[p.name], p.name).to.be.within(p.min, p.max);
      expect(presetInfo(name).what).to.have.length.greaterThan(20);
    });

  it('gives a copy', () => {
    (preset('laptop-virtio') as { pinNs: number }).pinNs = 1;
    expect(preset('laptop-virtio').pinNs).to.be.greaterThan(1);
  });

  it('survives JSON', () => {
    const values = preset('bare-metal-smmuv3');
    expect(parseCostFile(JSON.stringify(values), 'p.json')).to.deep.equal(values);
  });
});

describe('costParameters', () => {
  const throws = (run: () => unknown, text: string | RegExp): void => {
    expect(run).to.throw(InputError, text);
  };

  it('lays a file over the preset, and --set over the file', () => {
    const file = { name: 'my.cost', text: '# mine\nvmexitNs = 900\n\npinNs=2e2 # less\n' };
    const values = costParameters('laptop-virtio', file, ['pinNs=300', 'unpinNs = 150']);
    expect(values).to.deep.equal({
      ...preset('laptop-virtio'),
      vmexitNs: 900,
      pinNs: 300,
      unpinNs: 150,
    });
  });

  it('reads JSON', () => {
    expect(parseCostFile('{\n  "pinNs": 200\n}', 'x.json')).to.deep.equal({ pinNs: 200 });
  });

  it('names line and what was expected of a file', () => {
    throws(() => parseCostFile('pinNs=200\nfoo=1', 'x'), /^x:2: there is no cost parameter 'foo'/);
    for (const empty of ['', '# nothing\n', '{}'])
      throws(() => parseCostFile(empty, 'x'), /^x: sets no cost parameter/);
    throws(() => parseCostFile('pinNs', 'x'), "x:1: expected 'name=value', got 'pinNs'");
    throws(() => parseCostFile('pinNs=abc', 'x'), "x:1: expected a number after '=', got 'abc'");
    throws(
      () => parseCostFile('y'.repeat(2000), 'x'),
      `x:1: expected 'name=value', got '${'y'.repeat(60)}…'`,
    );
    throws(() => parseCostFile('pinNs=1\n', 'x'), 'x:1: pinNs: expected 100 to 1100 ns, got 1');
    throws(() => parseCostFile('pinNs=200\npinNs=300', 'x'), 'x:2: pinNs is set in line 1 already');
    throws(
      () => parseCostFile(`{"pinNs": "${'y'.repeat(2000)}"}`, 'x'),
      `x:1: pinNs: expected a number, got "${'y'.repeat(59)}…`,
    );
    throws(() => parseCostFile('{\n"pinNs": "a"}', 'x'), 'x:2: pinNs: expected a number, got "a"');
    throws(
      () => parseCostFile('{\n"pinNs": 1}', 'x'),
      'x:2: pinNs: expected 100 to 1100 ns, got 1',
    );
    throws(() => parseCostFile('{\n"pinNs": 200,\n}', 'x'), /^x:3: expected JSON/);
  });

  it('names the parameter of an assignment', () => {
    throws(() => parseAssignment('pinNs=-5'), 'pinNs: expected 100 to 1100 ns, got -5');
    throws(() => parseAssignment('pinNs=NaN'), "expected a number after '=', got 'NaN'");
    throws(() => parseAssignment('pinns=200'), "'pinns'; expected one of pinNs");
    throws(() => parseAssignment('nvmeQueueDepth=2.5'), 'expected a whole number, got 2.5');
    throws(() => parseAssignment('__proto__=1'), "no cost parameter '__proto__'");
  });

  it('names the presets', () => {
    expect(presetNamed(undefined)).to.equal('laptop-virtio');
    throws(
      () => presetNamed('desktop'),
      "preset 'desktop' is unknown, expected laptop-virtio, bare-metal-vtd, bare-metal-smmuv3",
    );
  });
});
