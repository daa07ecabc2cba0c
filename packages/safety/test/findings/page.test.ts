// SPDX-License-Identifier: GPL-2.0-only
// docs/findings.md says what the data says.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FINDINGS, PROMISES } from '../../src';
import { PAGE, findingsPage } from '../../tools/findings-page';

const page = readFileSync(PAGE, 'utf8');
const entries = page.split(/^(?=#{2,3} )/m);

describe('docs/findings.md', function () {
  this.timeout(20_000);

  it('is as `npm run findings` makes it', () => {
    expect(findingsPage(page)).to.equal(page);
  });

  it('names the places in the C that the data names', () => {
    for (const { id, where } of FINDINGS) {
      const entry = entries.find((one) => one.startsWith(`### ${String(id)}. `)) ?? '';
      const c = /^C: (.*?)(?:\n\n)/ms.exec(entry)?.[1] ?? '';
      for (const name of where) expect(c, `finding ${String(id)}`).to.contain(name);
    }
  });

  it('is refused where a title differs', () => {
    const other = page.replace(/^### 1\. .*$/m, '### 1. Another title');
    expect(() => findingsPage(other)).to.throw('expected the title of finding 1');
  });
});

describe('PROMISES', () => {
  it('are broken by findings that there are', () => {
    const ids = FINDINGS.map(({ id }) => id);
    const known = PROMISES.flatMap(({ brokenBy }) => brokenBy).filter((id) => id <= 36);
    expect(known.filter((id) => !ids.includes(id))).to.deep.equal([]);
  });
});
