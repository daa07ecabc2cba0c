// SPDX-License-Identifier: GPL-2.0-only
// Each finding shows on the series, and is gone with its fix.

import { expect } from 'chai';
import { FIXES } from '@iommu-bounce/simulation';
import { FINDINGS, showFinding } from '../../src/findings';

describe('the scenarios of findings', () => {
  for (const finding of FINDINGS) {
    const { id, title } = finding;
    it(`${String(id)} shows with the series${finding.fix === null ? '' : `, and not with ${finding.fix}`}: ${title}`, () => {
      const { shown, fixed, rows } = showFinding(finding);
      expect(shown, JSON.stringify(rows, null, 1)).to.equal(true);
      expect(fixed, JSON.stringify(rows, null, 1)).to.equal(finding.fix === null ? null : true);
    });
  }

  it('have a fix that says that it mends them, or name another design', () => {
    for (const { id, fix, design } of FINDINGS) {
      if (fix === null) expect(design, String(id)).to.be.a('string');
      else
        for (const name of fix.split(','))
          expect(FIXES.find((one) => one.name === name)?.findings, name).to.include(id);
    }
  });
});
