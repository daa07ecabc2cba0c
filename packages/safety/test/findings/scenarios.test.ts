// SPDX-License-Identifier: GPL-2.0-only
// Each finding shows on the series, and is gone with its fix.

import { expect } from 'chai';
import { FIXES, fixesNamed, mendsPartly } from '@iommu-bounce/simulation';
import {
  BY_READING,
  FINDINGS,
  type Finding,
  type ShownFinding,
  showFinding,
} from '../../src/findings';

/** Each finding is shown once, for whichever test asks first. */
const known = new Map<Finding, ShownFinding>();

function shownOf(finding: Finding): ShownFinding {
  const seen = known.get(finding) ?? showFinding(finding);
  known.set(finding, seen);
  return seen;
}

describe('the scenarios of findings', () => {
  for (const finding of FINDINGS) {
    const { id, title } = finding;
    it(`${String(id)} shows with the series${finding.fix === null ? '' : `, and not with ${finding.fix}`}: ${title}`, () => {
      const { shown, fixed, rows } = shownOf(finding);
      expect(shown, JSON.stringify(rows, null, 1)).to.equal(true);
      expect(fixed, JSON.stringify(rows, null, 1)).to.equal(finding.fix === null ? null : true);
    });
  }

  it('are gone without the pool too, but for 55 and 57, whose fixes say so', () => {
    const open = FINDINGS.map((finding) => shownOf(finding))
      .filter(({ fixedWithoutPool }) => fixedWithoutPool === false)
      .map(({ finding }) => finding);
    expect(open.map(({ id }) => id)).to.deep.equal([55, 57]);
    for (const { id, fix } of open)
      expect(
        fixesNamed(fix ?? '').some((one) => mendsPartly(one, id)),
        String(id),
      ).to.equal(true);
    const [bounced, either] = [1, 47].map((n) => FINDINGS.find(({ id }) => id === n));
    if (!bounced || !either) throw new Error('expected findings 1 and 47');
    expect(shownOf(bounced).fixedWithoutPool).to.equal(null);
    expect(shownOf(either).fixedWithoutPool).to.equal(true);
  }).timeout(60_000);

  it('have a fix that says that it mends them, or name what would', () => {
    for (const { id, fix, design, noOverlay } of [...FINDINGS, ...BY_READING]) {
      if (fix === null) expect(design, String(id)).to.be.a('string');
      else expect([design, noOverlay], String(id)).to.deep.equal([undefined, undefined]);
      if (fix === null) continue;
      for (const name of fix.split(','))
        expect(FIXES.find((one) => one.name === name)?.findings, name).to.include(id);
    }
    const open = [...FINDINGS, ...BY_READING].filter(({ fix }) => fix === null);
    const small = open.filter(({ noOverlay }) => noOverlay !== undefined).map(({ id }) => id);
    expect(open.map(({ id }) => id)).to.have.members([4, 52, 68, 73, 78, 82, 83, 84]);
    expect(small).to.have.members([52, 73, 78, 82]);
  });
});
