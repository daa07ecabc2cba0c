// SPDX-License-Identifier: GPL-2.0-only
// A fix changes no transcript but those that show its finding. differing-fixes.json has, by transcript, the fixes that
// change it.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseTranscript, replay } from '@iommu-bounce/integration';
import { FIXES, type Fix, fixOverlays } from '@iommu-bounce/simulation';

const LONG = process.env['TEST_LONG'] === '1';
const folder = join(__dirname, '../../../../test-fixtures/transcripts');
const differing = JSON.parse(
  readFileSync(join(__dirname, 'differing-fixes.json'), 'utf8'),
) as Readonly<Record<string, string>>;

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.jsonl'))
  .sort();
/** Transcripts are of the table driver: boot refuses those of virtio-iommu. */
const fixes = FIXES.filter(({ overlays }) => !overlays.virtio_iommu);

const namesIn = (file: string): string[] => differing[file]?.split(' ') ?? [];

/** Bytes. */
const SHORT = 10_000;

/** `npm test` takes short ones: each that shows a finding of its own, and of the others a few. */
function isTried(file: string, i: number): boolean {
  if (LONG) return true;
  if (readFileSync(join(folder, file)).length > SHORT) return false;
  return file.includes('quirk') || namesIn(file).length > 4 || i % 6 === 0;
}

describe('the transcripts of the real C, with all fixes on but those that change them', function () {
  this.timeout(60_000);

  for (const file of files.filter(isTried))
    it(`agree: ${file}, without ${namesIn(file).join(', ') || 'any'} @long`, () => {
      const transcript = parseTranscript(readFileSync(join(folder, file), 'utf8'));
      const differs = (some: readonly Fix[]): boolean =>
        replay(transcript, { overlays: fixOverlays(some) }).mismatch !== null;
      const named = fixes.filter(({ name }) => namesIn(file).includes(name));
      const others = fixes.filter((fix) => !named.includes(fix));
      if (differs(others)) {
        const alone = others.filter((fix) => differs([fix])).map(({ name }) => name);
        expect.fail(`${alone.join(', ') || 'no fix alone, but all together'}: differs`);
      }
      for (const fix of named) expect(differs([fix]), fix.name).to.equal(true);
    });

  it('and the fixes are those that there are', () => {
    expect(files).to.include.members(Object.keys(differing));
    const names = new Set(Object.values(differing).flatMap((text) => text.split(' ')));
    expect(fixes.map(({ name }) => name)).to.include.members([...names]);
  });
});
