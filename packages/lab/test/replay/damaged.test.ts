// SPDX-License-Identifier: GPL-2.0-only
// Damaged captures through every verb that reads captures: an answer, or one line that refuses them.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { random } from '@iommu-bounce/linux-shim/testing';
import { cli, fixtures, withFolder } from '../commands/run-cli';

type Random = ReturnType<typeof random>;

const LONG = process.env['TEST_LONG'] === '1';
/** `advise` replays a capture ten times. */
const ROUNDS = (verb: string): number => (verb === 'advise' ? (LONG ? 4 : 1) : LONG ? 10 : 2);
const SEED = Number(process.env['DAMAGE_SEED'] ?? 20210707);
const FOLDER = join(fixtures, 'formats');
const CAPTURES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => join(FOLDER, name));

/** What happens to the lines of a file. */
const FAULTS: readonly ((lines: string[], r: Random) => void)[] = [
  (lines, r) => lines.splice(r.below(lines.length)),
  (lines, r) => lines.splice(r.below(lines.length), 1 + r.below(20)),
  (lines, r) => {
    const at = r.below(lines.length);
    lines.splice(at, 0, ...Array<string>(1 + r.below(3)).fill(lines[at] ?? ''));
  },
  (lines, r) => {
    const [moved = ''] = lines.splice(r.below(lines.length), 1);
    lines.splice(r.below(lines.length + 1), 0, moved);
  },
  (lines, r) => {
    const at = r.below(lines.length);
    const line = lines[at] ?? '';
    const from = r.below(line.length + 1);
    lines[at] = line.slice(0, from) + String.fromCharCode(r.below(256)) + line.slice(from + 1);
  },
  (lines, r) => {
    const at = r.below(lines.length);
    // A number becomes another one: an address, a size, a time.
    lines[at] = (lines[at] ?? '').replace(/\d+(?=\D*$)/, () => String(r.below(2 ** 31)));
  },
  (lines, r) => {
    lines.splice(r.below(lines.length), 0, '\u0000\u0001\u001b[31m \ufffd'.repeat(1 + r.below(50)));
  },
  (lines, r) => {
    for (let i = r.below(lines.length); i < lines.length; i++)
      lines[i] = (lines[i] ?? '').replace(/ \d+\.(?=\d{6})/, ' 1.');
  },
];

function damaged(text: string, r: Random): string {
  const lines = text.split('\n');
  for (let i = 1 + r.below(4); i > 0 && lines.length > 1; i--) r.pick(FAULTS)(lines, r);
  return lines.join('\n');
}

const VERBS: Readonly<Record<string, (file: string, whole: string, out: string) => string[]>> = {
  replay: (file) => ['replay', file, '--policy', 'pool,lazy', '--json'],
  lint: (file) => ['lint', file, '--json'],
  advise: (file) => ['advise', file, '--json'],
  diff: (file, whole) => ['diff', whole, file, '--json'],
  anonymise: (file, _whole, out) => ['anonymise', file, '-o', out, '--seed', '1', '--json'],
};

describe(`damaged captures through each verb, DAMAGE_SEED=${String(SEED)} @long`, function () {
  this.timeout(LONG ? 600_000 : 60_000);

  for (const [verb, args] of Object.entries(VERBS))
    it(`${verb}: answers or refuses in one line`, async () => {
      const r = random(SEED);
      let answered = 0;
      for (let round = 0; round < ROUNDS(verb); round++)
        await withFolder(async (folder) => {
          const whole = r.pick(CAPTURES);
          const file = join(folder, 'damaged.txt');
          writeFileSync(file, damaged(readFileSync(whole, 'latin1'), r), 'latin1');
          const { status, out, err } = await cli(...args(file, whole, join(folder, 'out.txt')));
          const where = `round ${String(round)}, ${whole}: ${err}`;
          expect([0, 1, 2], where).to.include(status);
          if (status !== 2) {
            answered++;
            return;
          }
          expect(out, where).to.equal('');
          expect(err, where).to.match(/^(?:warning: .*\n)*iommu-bounce: [^\n]+\n$/);
          expect(err.replaceAll('\n', ''), where).not.to.match(/\p{Cc}/u);
        });
      expect(answered, 'answered').to.be.above(0);
    });
});
