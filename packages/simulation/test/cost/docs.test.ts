// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CALIBRATION, COST_PARAMETERS } from '../../src/cost';

const PAGE = readFileSync(join(__dirname, '../../../../docs/cost-model.md'), 'utf8');
const NOT_IDENTIFIED = /^Not identified, [^]*?\n\n/m.exec(PAGE)?.[0].replaceAll(/\s+/g, ' ') ?? '';

/** Rows of the page's tables, as cells. */
const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/cost-model.md', () => {
  it('has the table of parameters as it is', () => {
    for (const p of COST_PARAMETERS)
      expect(ROWS.find((row) => row[1] === `\`${p.name}\``)?.slice(2, -1), p.name).to.deep.equal([
        String(p.default),
        `${String(p.min)}–${String(p.max)}`,
        p.what,
        p.source,
      ]);
  });

  it('names each parameter by its unit', () => {
    const units = { Ns: 'ns', BytesPerS: 'bytes/s', Iops: 'I/Os per s', Depth: 'count' };
    for (const { name, unit } of COST_PARAMETERS)
      expect(Object.entries(units).find(([end]) => name.endsWith(end))?.[1], name).to.equal(unit);
  });

  it('says which parameters are identified as the calibration does', () => {
    for (const p of [...CALIBRATION.parameters, ...CALIBRATION.sums]) {
      const left = String(Math.round(100 * p.width_left));
      if (p.identified === 'no') expect(NOT_IDENTIFIED).to.include(`\`${p.name}\` ${left}`);
      else
        expect(
          ROWS.filter((row) => row[1] === `\`${p.name}\``)
            .at(-1)
            ?.slice(3, 5),
          p.name,
        ).to.deep.equal([left, p.identified]);
    }
  });
});
