// SPDX-License-Identifier: GPL-2.0-only
// The examples of docs/safety.md print what it says.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import * as safety from '@iommu-bounce/safety';

const page = readFileSync(join(__dirname, '../../../docs/safety.md'), 'utf8');
const examples = [...page.matchAll(/```js\n(.*?)```\n+```text\n(.*?)```/gs)];

describe('docs/safety.md', () => {
  it('has examples', () => {
    expect(examples).to.have.lengthOf.at.least(2);
  });

  examples.forEach(([, code = '', prints], i) =>
    it(`prints what it says, example ${String(i + 1)} @long-only`, function () {
      this.timeout(400_000);
      const printed: string[] = [];
      const log = (...values: unknown[]): void => {
        printed.push(`${values.map((v) => (typeof v === 'string' ? v : inspect(v))).join(' ')}\n`);
      };
      const plain = code.replace(
        /^import (\{[^}]*\}) from '@iommu-bounce\/safety';$/gm,
        'const $1 = safety;',
      );
      // oxlint-disable-next-line typescript/no-implied-eval -- the page's own text
      (new Function('safety', 'console', plain) as (...given: unknown[]) => void)(safety, { log });
      expect(printed.join('')).to.equal(prints);
    }),
  );
});
