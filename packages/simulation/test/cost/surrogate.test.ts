// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  COVER_LETTER,
  Surrogate,
  chargeOf,
  coverLetterRows,
  noSteps,
  preset,
  timeOf,
} from '../../src/cost';

interface CoverLetterFile {
  rows: { bs: number; throughput_ratio: number; unmap_time_per_gb_reduction: number }[];
}

describe('COVER_LETTER', () => {
  it('has the figures of the cover letter', () => {
    const file = JSON.parse(
      readFileSync(join(__dirname, '../../../../test-fixtures/cover-letter.json'), 'utf8'),
    ) as CoverLetterFile;
    expect(COVER_LETTER).to.deep.equal(
      file.rows.map((row) => ({
        bytes: row.bs,
        speedup: row.throughput_ratio,
        unmapReduction: row.unmap_time_per_gb_reduction,
      })),
    );
  });
});

describe('chargeOf', () => {
  it('charges each step its parameter', () => {
    const steps = {
      ...noSteps(),
      plainCalls: 1,
      iovaCached: 1,
      vmexits: 4,
      mapRequests: 4,
      pins: 5,
    };
    const charge = chargeOf(steps, 'map', 'device');
    expect(charge).to.deep.equal({
      ...{ dmaMapNs: 1, iovaCachedNs: 0.5, vmexitNs: 4, vmmRequestNs: 4, pinNs: 5 },
    });
    const p = preset('laptop-virtio');
    expect(timeOf(charge, p)).to.be.closeTo(
      p.dmaMapNs + p.iovaCachedNs / 2 + 4 * (p.vmexitNs + p.vmmRequestNs) + 5 * p.pinNs,
      1e-6,
    );
  });

  it('divides bytes by the bandwidth of where they come from', () => {
    const steps = { ...noSteps(), copies: 1, copiedBytes: 4096 };
    const p = preset('laptop-virtio');
    expect(timeOf(chargeOf(steps, 'unmap', 'device'), p)).to.be.closeTo(
      p.copyFixedNs + 4096e9 / p.copyColdBytesPerS,
      1e-6,
    );
    expect(chargeOf(steps, 'map', 'cpu')).to.deep.equal({
      copyWarmBytesPerS: 4096,
      copyFixedNs: 1,
    });
  });
});

describe('Surrogate', () => {
  const rows = coverLetterRows();
  const surrogate = new Surrogate(rows);
  const base = preset('laptop-virtio');

  it('adds up the CPU, and takes the narrowest place', () => {
    for (const [i, row] of surrogate.explain(base).entries()) {
      const io = base.submitNs + base.completeNs + base.interruptNs;
      expect(row.strict.cpuNs).to.be.closeTo(io + row.strict.mapNs + row.strict.unmapNs, 1e-6);
      expect(row.strict.bound).to.equal('cpu');
      const drive = Math.max(1e9 / base.nvmeIops, (row.bytes * 1e9) / base.nvmeBytesPerS);
      expect(row.pool.intervalNs).to.be.closeTo(Math.max(row.pool.cpuNs, drive), 1e-6);
      expect(row.speedup).to.be.closeTo(row.strict.intervalNs / row.pool.intervalNs, 1e-9);
      expect(row.strict.mapNs).to.be.closeTo(timeOf(rows[i]?.strict.map ?? {}, base), 1e-6);
    }
  });

  it('is bound by what is made narrow', () => {
    const bound = (over: object) => surrogate.explain({ ...base, ...over })[0]?.pool.bound;
    expect(bound({ nvmeIops: 60000, submitNs: 1000, interruptNs: 300 })).to.equal('iops');
    expect(bound({ nvmeBytesPerS: 1e8 })).to.equal('bandwidth');
    expect(bound({ nvmeIops: 500000, nvmeBytesPerS: 3e9 })).to.equal('cpu');
    const slow = new Surrogate(rows, 1).explain({ ...base, nvmeLatencyNs: 100000 });
    expect(slow[0]?.pool.bound).to.equal('latency');
  });

  it('does not notice when every cost grows by one factor', () => {
    const grown = Object.fromEntries(
      Object.entries(base).map(([name, value]: [string, number]) => [
        name,
        /BytesPerS|Iops/.test(name) ? value / 3 : name === 'nvmeQueueDepth' ? value : value * 3,
      ]),
    ) as unknown as typeof base;
    const before = Array.from(surrogate.evaluate(surrogate.vector(base)));
    surrogate.evaluate(surrogate.vector(grown)).forEach((x, i) => {
      expect(x).to.be.closeTo(before[i] ?? NaN, 1e-9);
    });
  });
});
