// SPDX-License-Identifier: GPL-2.0-only
// data/reach.json: the file format, and that what is shipped is still right.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { ReadError } from '@iommu-bounce/reader';
import { readMarginDocuments } from '../../src/margin/files';
import { readMargin } from '../../src/margin/read-margin';
import type { Reach } from '../../src/margin/margin';
import { type Named, functionsOf, outlineOf } from '../../tools/outline';
import { readReach } from '../../src/margin/reach';
import { formatReach } from '../../tools/format-reach';
import { ported, root } from '../../tools/sources';

const LONG = process.env['TEST_LONG'] === '1';

describe('reach.json', () => {
  it('says what was written into it', () => {
    const transcripts = ['a', 'b', 'c', 'd', 'e'];
    const tests = ['x', 'y', 'z'];
    const reach = fc.record<Reach>({
      transcripts: fc.subarray(transcripts),
      tests: fc.subarray(tests),
      linesHit: fc.nat(99),
      linesFound: fc.nat(99),
    });
    const name = fc.constantFrom('p/a.ts#f', 'p/a.ts#g', 'p/a.ts#c.h', 'p/b.ts#f', 'p/"c".ts#f');
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, reach), { selector: ([key]) => key }), (all) => {
        const text = formatReach(transcripts, tests, new Map(all));
        expect(Object.fromEntries(readReach(text))).to.deep.equal(Object.fromEntries(all));
      }),
    );
  });

  it('is refused when something else is in it', () => {
    const margin = (reach: string) => () =>
      readMargin([], { findings: null, porting: null, reach });
    for (const text of [
      '',
      '{}',
      '[]',
      'null',
      '{"transcripts":[],"tests":[],"sets":["0"],"functions":{"a":{"f":[1,1,0,0]}}}',
    ])
      expect(margin(text), text).to.throw(ReadError, /^reach\.json: .*`npm run reach`/);
  });
});

describe('the shipped reach.json', () => {
  const { reach } = readMargin([], readMarginDocuments());
  const functions = new Map<string, Named>(
    ported.flatMap((s) =>
      [...functionsOf(outlineOf(s))].map(([name, f]) => [`${s.path}#${name}`, f] as const),
    ),
  );

  it('has each function of the ported files, with its lines: if not, run `npm run reach`', () => {
    const found = (key: string): number | undefined => {
      const statements = functions.get(key)?.statements;
      return statements ? new Set(statements.map((s) => s.line)).size : undefined;
    };
    const stale = [...new Set([...functions.keys(), ...reach.keys()])].filter(
      (key) => reach.get(key)?.linesFound !== found(key),
    );
    expect(stale).to.deep.equal([]);
    expect([...reach.values()].filter((r) => r.linesHit > r.linesFound)).to.deep.equal([]);
  });

  it('names transcripts and tests that exist', () => {
    const named = new Set(
      [...reach.values()].flatMap((r) => [
        ...r.tests,
        ...r.transcripts.map((t) => `test-fixtures/transcripts/${t}`),
      ]),
    );
    expect([...named].filter((path) => !existsSync(join(root, path)))).to.deep.equal([]);
    expect(named.size).to.be.above(150);
  });

  it('is small', () => {
    expect(readMarginDocuments().reach?.length).to.be.below(300_000);
  });

  it('tells a configuration without pools from one with them', () => {
    const reaching = (key: string): readonly string[] => reach.get(key)?.transcripts ?? [];
    const stub = reaching('packages/dma-iommu/src/io-buffer-pool.h.ts#io_buffer_pool_map_page');
    const pool = reaching('packages/io-buffer-pool/src/io-buffer-pool.ts#io_buffer_pool_map_page');
    expect(stub.filter((t) => pool.includes(t))).to.deep.equal([]);
    expect(pool).to.include('unit/01-first-map-allocates-slot.jsonl');
  });

  it('has what a fresh run of some transcripts reaches @long', async function () {
    if (!LONG) this.skip();
    this.timeout(400_000);
    // On tarballs the sources of the other packages are not compiled, so there is nothing to read coverage of.
    if (!existsSync(join(root, 'lerna.json'))) {
      console.log('      skipped: needs a clone');
      this.skip();
    }
    const names = [
      'random/007.jsonl',
      'unit/11-sg-one-class.jsonl',
      'unit/33-untrusted-swiotlb-plain-stage0.jsonl',
    ];
    const env = { ...process.env };
    delete env['NODE_V8_COVERAGE']; // else the run is counted for the coverage of all tests
    const script = join(root, 'packages/reader/tools/record-reach.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=source', '--require', join(root, 'register.cjs'), script, ...names],
      { env, maxBuffer: 2 ** 26 },
    );
    const fresh = JSON.parse(stdout) as Record<string, string[]>;
    for (const name of names) {
      const recorded = [...reach].filter(([, r]) => r.transcripts.includes(name));
      const before = new Set(recorded.map(([key]) => key));
      const now = new Set(fresh[name]);
      expect(
        [...now].filter((key) => !before.has(key)),
        `${name}, not recorded`,
      ).to.deep.equal([]);
      expect(
        [...before].filter((key) => !now.has(key)),
        `${name}, no more`,
      ).to.deep.equal([]);
      expect(now.size).to.be.above(50);
    }
  });
});
