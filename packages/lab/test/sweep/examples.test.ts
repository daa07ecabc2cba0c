// SPDX-License-Identifier: GPL-2.0-only
// The examples of docs/sweeps.md: as many points as it says, and each has its columns.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSpec } from '../../src/sweep/spec';
import { runPoint } from '../../src/sweep/run-point';
import { cli } from '../commands/run-cli';

const FOLDER = join(__dirname, '../../examples');
const docs = readFileSync(join(__dirname, '../../../../docs/sweeps.md'), 'utf8');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

/** The options of a verb are the parser's business: here any is one. */
function anyVerb(name: string): { name: string; options: Map<string, never> } {
  const options = {
    get: (flag: string) => ({
      flag,
      takesValue: !['--no-data', '--write'].includes(flag),
      takesSetting: flag === '--set',
    }),
    has: (flag: string) => flag !== '--data',
    keys: () => [],
  };
  return { name, options: options as unknown as Map<string, never> };
}

/** The same point, with as few I/Os or packets as show what it prints. */
function reduced(args: readonly string[]): string[] {
  return args.map((word, i) => {
    if (args[i - 1] === '--number-ios') return '50';
    return args[i - 1] === '--packets' ? '1000' : word;
  });
}

describe('docs/sweeps.md', function () {
  this.timeout(400_000);

  it('lists the examples', () => {
    const listed = [...docs.matchAll(/^\d\. `([\w-]+\.yaml)`/gm)].map(([, name]) => name);
    expect(listed).to.have.members(files);
    expect(files).to.have.length(5);
  });

  for (const name of files)
    it(`counts the points of ${name}, whose first and last one have every column`, async () => {
      const file = join(FOLDER, name);
      const { status, out } = await cli('sweep', file, '--dry-run');
      expect(status).to.equal(0);
      const [count = ''] = out.split('\n');
      expect(docs).to.include(`\`${name}\`, ${count}:`);

      const { points, columns } = await readSpec(file, readFileSync(file, 'utf8'), anyVerb);
      const all = [...points.from()];
      expect(out.split('\n')[1]).to.include(all[0]?.hash);
      for (const point of [all[0], all.at(-1)]) {
        if (!point) continue;
        const { values } = await runPoint({ hash: point.hash, args: reduced(point.args), columns });
        expect(values).to.have.length(columns.length);
        // A break-even that is not there is null.
        if (name !== 'random-machines.yaml') expect(values).to.not.include(null);
      }
    });
});
