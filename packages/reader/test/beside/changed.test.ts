// SPDX-License-Identifier: GPL-2.0-only

import { expect } from 'chai';
import { changedFunctions } from '../../src/beside/changed';
import type { ChangedFunction } from '../../src/beside/beside';
import { loadCReader } from '../../src/c/files';
import type { CReader } from '../../src/c/parse';
import type { CFile } from '../../src/tree/c-file';
import { fileOf, fixturePort, fixtureTree } from '../fixture-tree';
import { realReading } from '../real-series';

const short = (changed: ChangedFunction): string =>
  [changed.name, changed.tsBefore ?? '-', changed.tsAfter ?? '-']
    .map((p) => p.replace(/.*\//u, ''))
    .join(' ');

/** The same file with only the lines that its deltas show. */
function byHunks(file: CFile, sections: readonly string[]): CFile {
  return {
    ...file,
    states: file.states.map((text, n) => {
      const known = new Set<number | null>();
      for (const row of file.deltas.find((d) => d.patch === n)?.hunks.flat() ?? [])
        known.add(row.after);
      for (const row of file.deltas.find((d) => d.patch === n + 1)?.hunks.flat() ?? [])
        known.add(row.before);
      return text && { whole: false, lines: text.lines.filter((line) => known.has(line.number)) };
    }),
    deltas: file.deltas.map((delta) => ({ ...delta, sections })),
  };
}

describe('what a patch changed', () => {
  let reader: CReader;
  before(async () => {
    reader = await loadCReader();
  });

  it('is told function by function, on both sides, renamed and new ones too', () => {
    const [tree, port] = [fixtureTree(), fixturePort()];
    const of = (patch: number): string[] => changedFunctions(reader, tree, port, patch).map(short);
    expect(of(1)).to.deep.equal([
      'tally_alloc_mark before-patch-1.ts before-patch-2.ts',
      'tally_put_mark before-patch-1.ts before-patch-2.ts',
      'tally_put_pair before-patch-1.ts before-patch-2.ts',
    ]);
    expect(of(3)).to.include('__tally_alloc_mark before-patch-3.ts tally.ts');
    expect(of(3)).to.include('__tally_insert tally.ts tally.ts');
    expect(of(4)).to.include('tally_pool_get - tally-pool.ts');
    expect(of(4)).to.include('tally_put_mark before-patch-4.ts tally.ts');
  });

  it('has the rows of the patch, and those of the TypeScript with lines of both files', () => {
    const [tree, port] = [fixtureTree(), fixturePort()];
    for (const patch of [1, 2, 3, 4])
      for (const changed of changedFunctions(reader, tree, port, patch)) {
        expect(changed.c.some((row) => row.kind !== 'context')).to.equal(true);
        for (const row of changed.ts) {
          const lines = (path: string | null): readonly string[] =>
            port.files.find((f) => f.path === path)?.lines ?? [];
          if (row.before !== null)
            expect(lines(changed.tsBefore)[row.before - 1]).to.equal(row.text);
          if (row.after !== null) expect(lines(changed.tsAfter)[row.after - 1]).to.equal(row.text);
        }
      }
  });

  it('takes the name of a function from the section of its hunk where the rest is not known', () => {
    const text = (x: string): string =>
      `int f(void)\n{\n${'\tint a;\n'.repeat(9)}\t${x}\n${'\tint b;\n'.repeat(9)}}\n`;
    const whole = fileOf('drivers/box/box.c', [text('one();'), text('two();')]);
    const tree = { files: [byHunks(whole, ['int f(void)'])], notes: [] };
    const changed = changedFunctions(reader, tree, { files: [], patches: 1 }, 1);
    expect(changed.map((c) => c.name)).to.deep.equal(['f']);
    expect(
      changed[0]?.c.filter((row) => row.kind !== 'context').map((row) => row.text.trim()),
    ).to.deep.equal(['one();', 'two();']);
  });

  it('is nothing where a patch leaves a file as it is', () => {
    const file = fileOf('drivers/box/box.c', ['int f(void)\n{\n}\n', 'int f(void)\n{\n}\n']);
    expect(
      changedFunctions(reader, { files: [file], notes: [] }, { files: [], patches: 1 }, 1),
    ).to.deep.equal([]);
  });

  it('has the eleven functions that before-patch-4.ts keeps', async function () {
    const reading = await realReading();
    if (!reading) this.skip();
    const changed = changedFunctions(reading.c.reader, reading.c.tree, reading.port, 4);
    expect(changed.filter((c) => c.tsBefore?.endsWith('before-patch-4.ts'))).to.have.length(11);
    expect(changed.filter((c) => c.cPath.endsWith('pool.c'))).to.have.length(19);
  });
});
