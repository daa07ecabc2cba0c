// SPDX-License-Identifier: GPL-2.0-only
// docs/findings.md says what the data says.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FINDINGS, PROMISES, judge, runSearches } from '../../src';
import { PAGE, findingsPage } from '../../tools/findings-page';

const page = readFileSync(PAGE, 'utf8');
const entries = page.split(/^(?=#{2,3} )/m);

describe('docs/findings.md', function () {
  this.timeout(20_000);

  it('is as `npm run findings` makes it @long-only', () => {
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
  const broken = (id: string): readonly number[] =>
    PROMISES.find((one) => one.id === id)?.brokenBy ?? [];

  it('are broken neither by what the series has not, nor by what they do not say', () => {
    // 13 is in the fix of 2 July, 20 is of buffers in use, 63 of buffers that go in their time, 29 is no failure.
    expect(broken('strict-protection')).to.not.include(13);
    expect(broken('grows-on-demand')).to.not.include.oneOf([20, 63]);
    // 18 is what the promise says: the normal handling.
    expect(broken('falls-back')).to.not.include.oneOf([18, 29]);
  });

  it('are broken by all that say so', () => {
    // 10 gives a page in place of another driver's data; a sync after the unmap (25) does nothing in swiotlb_bounce.
    expect(broken('swiotlb-drivers')).to.include.members([10, 25]);
    // A device that is not translated has no driver that works.
    const untranslated = FINDINGS.filter(({ fix }) => fix?.includes('pool-optional'));
    expect(broken('swiotlb-drivers')).to.include.members(untranslated.map(({ id }) => id));
    // Slots that correct and empty lists lose end in mappings that are not bounced, although nothing has failed.
    expect(broken('small-mappings-bounce')).to.include.members([8, 27]);
  });

  it('are shown with what a search leaves out', async () => {
    const tried = [
      {
        kind: 'operations',
        count: 61_063,
        tests: ['falls-back'],
        failures: [],
        leavesOut: 'but 3',
      },
    ] as const;
    const kept = judge([], tried).find(({ promise }) => promise.id === 'falls-back');
    expect(kept?.evidence).to.match(/; 61,063 operations tried, none failed \(but 3\)$/);
    const searched = await runSearches(() => ({ count: 9, failures: [] }), {
      seconds: 0.001,
      seed: 1,
    });
    expect(searched.map(({ leavesOut }) => leavesOut?.includes('findings 1 to 3'))).to.deep.equal([
      true,
      undefined,
      undefined,
    ]);
  });

  it('name each finding that random operations cannot meet', async () => {
    const [operations] = await runSearches(() => ({ count: 9, failures: [] }), {
      seconds: 0.001,
      seed: 1,
    });
    const named = [...(operations?.leavesOut ?? '').matchAll(/(\d+)(?: to (\d+))?/g)].flatMap(
      ([, from = '', to = from]) =>
        Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i),
    );
    const broken = PROMISES.filter(({ id }) => operations?.tests.includes(id));
    expect(named).to.include.members(broken.flatMap(({ brokenBy }) => brokenBy));
  });

  it('are broken by findings that there are', () => {
    const ids = FINDINGS.map(({ id }) => id);
    const known = PROMISES.flatMap(({ brokenBy }) => brokenBy).filter((id) => id <= 36);
    expect(known.filter((id) => !ids.includes(id))).to.deep.equal([]);
  });
});
