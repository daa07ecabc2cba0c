// SPDX-License-Identifier: GPL-2.0-only
// A fix changes no transcript but those that show its finding. changed-transcripts.json names these, or says how many.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Transcript, parseTranscript, replay } from '@iommu-bounce/integration';
import { FIXES, type Fix, fixOverlays } from '@iommu-bounce/simulation';

const LONG = process.env['TEST_LONG'] === '1';
const folder = join(__dirname, '../../../../test-fixtures/transcripts');
const changed = JSON.parse(
  readFileSync(join(__dirname, 'changed-transcripts.json'), 'utf8'),
) as Readonly<Record<string, number | readonly string[]>>;

/** Fixes of the series' own code that `npm test` tries, on the short transcripts: none of them is about the long ones. */
const FEW = ['same-list', 'sync-entry', 'pool-optional'];
/** Bytes. */
const SHORT = 30_000;

function transcripts(): Map<string, Transcript> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => (LONG ? file.endsWith('.jsonl') : /^unit.*\.jsonl$/.test(file)))
    .sort();
  const texts = files.map((file) => [file, readFileSync(join(folder, file), 'utf8')] as const);
  return new Map(
    texts
      .filter(([, text]) => LONG || text.length < SHORT)
      .map(([file, text]) => [file, parseTranscript(text)]),
  );
}

describe('the transcripts of the real C, with a fix on', function () {
  this.timeout(LONG ? 300_000 : 60_000);

  let all = new Map<string, Transcript>();
  before(() => {
    all = transcripts();
  });

  const differing = (fix: Fix): string[] =>
    [...all].flatMap(([file, transcript]) =>
      replay(transcript, { overlays: fixOverlays([fix]) }).mismatch ? [file] : [],
    );

  for (const fix of FIXES) {
    const expected = changed[fix.name];
    if (expected === undefined) continue;
    if (!LONG && !FEW.includes(fix.name)) continue;
    const what = typeof expected === 'number' ? `all but ${String(expected)}` : expected.join(', ');
    it(`${fix.name}: agree but for ${what === '' ? 'none' : what}`, () => {
      const found = differing(fix);
      if (typeof expected !== 'number')
        expect(found).to.deep.equal(expected.filter((file) => all.has(file)));
      else if (LONG) expect(found).to.have.length(expected);
    });
  }

  it('are named for each fix of findings 1 to 52', () => {
    const own = FIXES.filter(({ findings }) => findings[0] <= 52);
    expect(own.filter(({ name }) => !(name in changed)).map(({ name }) => name)).to.deep.equal([]);
  });
});
