// SPDX-License-Identifier: GPL-2.0-only
// docs/teaching.md: each exercise opens a step that exists, and its answer is what the port does next.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { announcement } from '../../src/play/view/announce';
import { placeFromHash } from '../../src/play/view/link';
import { Reach } from '../../src/play/view/reach';
import { scenarioSteps } from './play-file';

const ROOT = join(__dirname, '../../../..');
const text = readFileSync(join(ROOT, 'docs/teaching.md'), 'utf8');
const findings = readFileSync(join(ROOT, 'docs/findings.md'), 'utf8');

/** Heading and body of each exercise. */
const exercises = text
  .split(/^### /m)
  .slice(1)
  .map((part) => ({ title: part.split('\n', 1)[0] ?? '', body: part.split(/^## /m, 1)[0] ?? '' }));

describe('docs/teaching.md', () => {
  it('has at least twelve exercises, numbered from 1 on', () => {
    expect(exercises.length).to.be.at.least(12);
    for (const [i, { title }] of exercises.entries())
      expect(title).to.match(new RegExp(`^${String(i + 1)}\\. `));
  });

  for (const { title, body } of exercises)
    it(`says what the port does: ${title}`, () => {
      const { scenario = '', step = -1 } = placeFromHash(/Open `(#[^`]+)`/.exec(body)?.[1] ?? '');
      const steps = scenarioSteps(scenario);
      const [before, after] = [steps.frame(step), steps.frame(step + 1)];
      const said = [...body.matchAll(/^> (.*)$/gm)].map(([, line]) => line);
      const counts = /^Answer: (\d+) requests with the pool, (\d+) without it\.$/m.exec(body);
      if (counts) {
        const last = steps.frame(steps.length);
        expect(counts.slice(1).map(Number)).to.deep.equal([
          last.counts.requests,
          last.countsWithout.requests,
        ]);
      } else expect(said).to.have.length(1);
      for (const line of said)
        expect(line).to.be.oneOf([
          announcement(before, after, 'request'),
          new Reach((at) => steps.frame(at)).view(step + 1).summary,
        ]);
    });

  it('names findings that there are', () => {
    const named = [...text.matchAll(/finding (\d+)|findings (\d+) and (\d+)/g)].flatMap(([all]) => [
      ...all.matchAll(/\d+/g),
    ]);
    expect(named.length).to.be.above(4);
    for (const [number] of named) expect(findings).to.match(new RegExp(`^### ${number}\\. `, 'm'));
  });
});
