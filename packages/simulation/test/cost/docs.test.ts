// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CALIBRATION, COST_PARAMETERS } from '../../src/cost';

/** Rows of the page's tables, as cells. */
const ROWS = readFileSync(join(__dirname, '../../../../docs/cost-model.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/cost-model.md', () => {
  it('has the table of parameters as it is', () => {
    for (const p of COST_PARAMETERS)
      expect(ROWS.find((row) => row[1] === `\`${p.name}\``)?.slice(2, -1), p.name).to.deep.equal(
        [p.unit, p.default, p.min, p.max, p.what, p.source].map(String),
      );
  });

  it('says which parameters are identified as the calibration does', () => {
    for (const p of [...CALIBRATION.parameters, ...CALIBRATION.sums]) {
      const row = ROWS.filter((one) => one[1] === `\`${p.name}\``).at(-1);
      expect(row?.slice(3, 5), p.name).to.deep.equal([
        `${String(Math.round(100 * p.width_left))} %`,
        p.identified,
      ]);
    }
  });
});
